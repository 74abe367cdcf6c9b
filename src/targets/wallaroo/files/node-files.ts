import { resolve } from "node:path";
import type { Table } from "apache-arrow";
import type { AnyRecord, ExportedLogs, ExportOptions } from "../../../../dsl/deployment.js";
import { invalid } from "../../../client/http/invalid-option.js";
import type { Config } from "../../../config/schema.js";
import { findModelFiles, type WantedModel } from "../../../engine/session/model-files.js";
import { ReadingPace } from "../../../files/reading-pace.js";
import { readRows } from "../../../files/read-rows.js";
import { defaultMaxBytes } from "../../../files/wanted-rows.js";
import { parseByteSize } from "../../../util/quantities/parse-quantity.js";
import { parseExportOptions } from "../../local/options/export-options.js";
import type { PlatformClient } from "../connection/client.js";
import { uploadModel } from "../deploying/upload-model.js";
import type { LogSelection } from "../rows/log-pages.js";
import { exportPages } from "./export-pages.js";

// Loaded in Node only, for the calls that read and write files.

/** Uploads the files of models, found by their digests. */
export async function uploadFiles(
  client: PlatformClient,
  workspace: number,
  models: readonly WantedModel[],
  folder: string,
): Promise<void> {
  const files = await findModelFiles(folder, models);
  for (const model of models) {
    const file = files.get(model.name);
    if (file !== undefined) await uploadModel(client, workspace, model, file);
  }
}

/** The rows of a file as a request. */
export async function readRequest(
  path: string,
  { name: pipeline, inputs }: Config,
  { ignoreUnknown, maxBytes: given = defaultMaxBytes }: { ignoreUnknown: boolean; maxBytes?: number | string },
): Promise<readonly AnyRecord[]> {
  const maxBytes = parseByteSize(given);
  if (maxBytes === null || maxBytes === 0) throw invalid("inferFromFile()", "maxBytes", 'is a size such as "4GB"');
  const wanted = { pipeline, inputs, ignoreUnknown, maxBytes, pace: new ReadingPace() };
  const { request } = await readRows({ name: path, path: resolve(path) }, wanted);
  return request as readonly AnyRecord[];
}

/** Writes a log to files. */
export function exportLog(
  pipeline: string,
  options: ExportOptions,
  pages: (selection: Pick<LogSelection, "query" | "signal">) => AsyncIterable<Table>,
): Promise<ExportedLogs> {
  const { signal, ...wanted } = parseExportOptions(pipeline, options);
  const { query, limit } = wanted;
  // One more row shows whether the limit cut off any.
  return exportPages(pages({ query: { ...query, ...(limit !== null && { limit: limit + 1 }) }, signal }), wanted);
}
