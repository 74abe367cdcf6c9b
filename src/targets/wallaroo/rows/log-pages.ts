import type { Table } from "apache-arrow";
import * as z from "zod";
import type { LogsOptions } from "../../../../dsl/deployment.js";
import { TargetError } from "../../../../dsl/errors.js";
import type { LogQuery } from "../../../logs/pipeline-log.js";
import { datasetQuery } from "../../../wallaroo/api/dataset-query.js";
import { mediaTypes } from "../../../wallaroo/api/media-types.js";
import { failuresTopic, recordsPath } from "../../../wallaroo/api/routes.js";
import type { PlatformClient } from "../connection/client.js";
import { unexpectedAnswer } from "../connection/platform-errors.js";
import { readArrow } from "./read-arrow.js";

/** What a page's schema says of the pages after it. */
const pageStatus = z.looseObject({
  status: z.enum(["All", "SchemaChange", "RecordLimited", "ByteLimited"]),
  next: z.unknown(),
});

/** Which rows and columns to read. */
export interface LogSelection {
  readonly query: LogQuery;
  readonly columns: Pick<LogsOptions, "dataset" | "datasetExclude" | "datasetSeparator">;
  readonly pageRows: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a pipeline's log page by page, newest rows first. All rows of a page have the same columns.
 *
 * @throws TargetError SL6011 for `valid: true`, which the platform cannot select; SL6055 for a page that is none
 */
export async function* logPages(
  client: PlatformClient,
  topic: string,
  { query, columns, pageRows, signal }: LogSelection,
): AsyncGenerator<Table, void, undefined> {
  const { limit = Infinity, valid, start, end } = query;
  if (valid === true)
    throw new TargetError(
      "SL6011",
      "the platform has the log of all rows and one of the rows that failed a validation: leave 'valid' out, or give false",
      { option: "valid" },
    );
  const path = recordsPath(valid === false ? failuresTopic(topic) : topic);
  const { dataset, datasetExclude, datasetSeparator } = columns;
  const chosen = datasetQuery({ dataset, exclude: datasetExclude, separator: datasetSeparator });
  let iterator: unknown = {};
  for (let left = limit; left > 0;) {
    const parameters: [string, string][] = [
      ["page_size", String(Math.min(left, pageRows))],
      ["order", "desc"],
      // The platform takes both times or none.
      ...(start === undefined && end === undefined
        ? []
        : ([
            ["time.start", (start ?? new Date(0)).toISOString()],
            ["time.end", (end ?? new Date(Date.now() + 60_000)).toISOString()],
          ] satisfies [string, string][])),
      ...chosen,
    ];
    const given = new URLSearchParams(parameters).toString();
    const where = `${client.url}${path}`;
    const request = {
      path: `${path}?${given}`,
      body: JSON.stringify(iterator),
      headers: { "content-type": mediaTypes.json, accept: mediaTypes.arrow },
      repeat: "harmless",
      signal,
    } as const;
    const table = await client.http.read(request, ({ bytes }) => readArrow(where, bytes));
    const { status, next } = readStatus(where, table);
    if (table.numRows > 0) yield table.slice(0, Math.min(left, table.numRows));
    left -= table.numRows;
    if (status === "All" || next === null || next === undefined) return;
    iterator = next;
  }
}

function readStatus(where: string, { schema }: Table): z.output<typeof pageStatus> {
  const text = schema.metadata.get("status");
  try {
    const parsed = pageStatus.safeParse(JSON.parse(text ?? ""));
    if (parsed.success) return parsed.data;
  } catch {
    // Refused below.
  }
  throw unexpectedAnswer(where, "the page does not say whether more rows follow");
}
