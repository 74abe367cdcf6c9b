import { tableToIPC } from "apache-arrow";
import type { FastifyInstance } from "fastify";
import type { Config } from "../../../config/schema.js";
import type { LogBatch, LogQuery } from "../../../logs/pipeline-log.js";
import { bounds } from "../../../util/bounds.js";
import { isRecord } from "../../../util/objects.js";
import { parseTime } from "../../../util/quantities/parse-time.js";
import type { Callers } from "../callers.js";
import type { ControlPlane } from "../control-plane.js";
import { noNames, versionNames } from "../deploying/version-names.js";
import { notFound, PlatformError } from "../errors.js";
import { topicOf } from "../rest/pipeline-calls.js";
import type { PipelineVersionRow } from "../state/rows.js";
import { readDataset } from "./dataset-query.js";
import { arrowFile } from "./infer-route.js";
import { parseBody } from "./read-input.js";
import { type PlatformForm, platformTable } from "./platform-columns.js";

const failures = "-failures";
const defaultPage = 100;

interface Records {
  readonly Params: { readonly topic: string };
  readonly Body: Buffer | undefined;
}

type PageStatus = "All" | "SchemaChange" | "RecordLimited" | "ByteLimited";

/** `POST /v1/logs/topic/<topic>/records`: one page of a pipeline's log. The body is the iterator of the page before. */
export function registerLogs(scope: FastifyInstance, plane: ControlPlane, callers: Callers): void {
  scope.post<Records>("/v1/logs/topic/:topic/records", { config: { role: "read" } }, async (request, reply) => {
    callers.note(request);
    await plane.sync();
    const { topic } = request.params;
    const valid = topic.endsWith(failures) ? { valid: false } : {};
    const wanted = topic.endsWith(failures) ? topic.slice(0, -failures.length) : topic;
    const { tables } = plane.seenBy(callers.memberOf(request));
    const pipeline = tables.find("pipeline", (row) => topicOf(row) === wanted || topicOf(row) === topic);
    if (pipeline === undefined) throw notFound(`the log '${topic}'`);
    const url = request.raw.url ?? "";
    const { query, size } = readQuery(url, request.body ?? Buffer.alloc(0));
    const versions = plane.pipelines.versionsOf(pipeline.id);
    const rowOf = (version: number | undefined): PipelineVersionRow | undefined =>
      versions.find((row) => row.engine_version === String(version));
    const hasNoLog = versions.every((row) => row.engine_version === null);
    if (hasNoLog) throw new PlatformError(404, `pipeline '${pipeline.pipeline_id}' was never deployed; it has no log`);
    const page = await plane.host.usingOpen(pipeline.engine_name, async (live) => {
      const configs = new Map<number, Config>();
      const found = await live.logPage({ ...query, ...valid, limit: size, bytes: bounds.platformLogPage.limit });
      const batches = oneSchema(found);
      for (const { version } of batches)
        if (!configs.has(version)) configs.set(version, await live.configuration(String(version)));
      const last = batches.at(-1);
      const after = last?.rowIds[last.rows - 1];
      let status: PageStatus = "All";
      if (batches.length < found.length) status = "SchemaChange";
      else if (after !== undefined) {
        const [next] = await live.logPage({ ...query, ...valid, after, limit: 1, metadata: false });
        const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
        if (next !== undefined && next.rows > 0) status = rows < size ? "ByteLimited" : "RecordLimited";
      }
      return { batches, configs, status, next: status === "All" ? null : { after: String(after) } };
    });
    const form: PlatformForm = {
      dataset: readDataset(url),
      checkFailures: callers.readsCheckFailures(request),
      versionOf(version) {
        const row = rowOf(version);
        const names = row === undefined ? noNames : versionNames(row);
        return { name: row?.version ?? String(version ?? ""), config: page.configs.get(version ?? -1) ?? null, names };
      },
    };
    const status = JSON.stringify({ status: page.status, next: page.next });
    const table = platformTable(page.batches, form, new Map([["status", status]]));
    return reply.type(arrowFile).send(Buffer.from(tableToIPC(table, "file")));
  });
}

function readQuery(url: string, body: Buffer): { readonly query: LogQuery; readonly size: number } {
  const given = new URLSearchParams(url.split("?").slice(1).join("?"));
  const [start, end] = [readTime(given, "time.start"), readTime(given, "time.end")];
  if ((start === undefined) !== (end === undefined))
    throw new PlatformError(400, "give both time.start and time.end, or neither");
  const size = given.get("page_size");
  const isRanged = start !== undefined;
  if (size !== null && !/^\d{1,9}$/.test(size))
    throw new PlatformError(400, `page_size '${size}' is no number of rows`);
  const iterator: unknown = body.length === 0 ? {} : parseBody(body);
  const after = isRecord(iterator) ? iterator["after"] : undefined;
  if (after !== undefined && !(typeof after === "string" && /^\d{1,19}$/.test(after)))
    throw new PlatformError(400, "the iterator in the body is not one of an earlier page");
  const order = given.get("order") ?? (isRanged ? "asc" : "desc");
  return {
    query: {
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
      ...(typeof after === "string" && { after: BigInt(after) }),
      ...(order === "asc" && { oldestFirst: true }),
    },
    size: size === null ? (isRanged ? maxPage : defaultPage) : Math.min(Number(size), maxPage),
  };
}

/** Rows of a page; the bound on its bytes may end it before. */
const maxPage = 100_000;

function readTime(given: URLSearchParams, key: string): Date | undefined {
  const text = given.get(key);
  if (text === null) return undefined;
  // In a URL that is not encoded, the sign of an offset arrives as a space.
  const time = parseTime(text.replace(/ (\d\d:?\d\d)$/, "+$1")) ?? null;
  if (time === null) throw new PlatformError(400, `${key} '${text}' is no time such as 2026-01-31T12:00:00+00:00`);
  return time;
}

/** The first rows that have one schema. */
function oneSchema(found: readonly LogBatch[]): readonly LogBatch[] {
  const end = found.findIndex(({ version }) => version !== found[0]?.version);
  return end === -1 ? found : found.slice(0, end);
}
