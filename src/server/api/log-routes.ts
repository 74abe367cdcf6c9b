import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ExportOptions, LogBatchesOptions } from "../../../dsl/deployment.js";
import { ShapelineError, TargetError } from "../../../dsl/errors.js";
import { writeError } from "../../api/errors.js";
import type { LogLine } from "../../api/log-lines.js";
import { apiRoot, arrowStream, eventStream, jsonLines, tarArchive } from "../../api/routes.js";
import { writeJson } from "../../api/write-json.js";
import type { JSONSchema } from "../../schema/json-schema.js";
import type { LogSlice } from "../../targets/local/log-slices.js";
import { mergeWithheld } from "../../tensors/result.js";
import { bounds, exceeded } from "../../util/bounds.js";
import { parseByteSize } from "../../util/quantities/parse-quantity.js";
import type { RegisterRoutes } from "../context.js";
import { apiOperations } from "../openapi/api-operations.js";
import { connectionSignal } from "../http/connection-signal.js";
import { HttpError } from "../http/errors.js";
import type { PipelineHandle } from "../models/model-host.js";
import { arrowChunks } from "./arrow-chunks.js";
import type { LongReads } from "./long-reads.js";
import { parseQuery, queries } from "./queries.js";
import { tarChunks } from "./tar-chunks.js";

interface Named {
  readonly Params: { readonly name: string };
}

/** As `logs()` has it. */
const defaultLimit = 100;
const heartbeatMs = 15_000;
const noneWithheld = { excluded: [], redacted: [], digested: [] };

/** Logged rows, files of them, and alerts: all of them streams. */
export const logRoutes: RegisterRoutes = (app, { host, longReads }) => {
  const read = (openapi: JSONSchema) => ({ config: { role: "read" as const, openapi } });

  app.get<Named>(`${apiRoot}/pipelines/:name/logs`, read(apiOperations.logs), async (request, reply) => {
    const options = logOptions(parseQuery(queries.logs, request.query), request);
    const isTable = wants(request, [jsonLines, arrowStream]) === arrowStream;
    const handle = await host.handle(request.params.name);
    const chunks = isTable ? arrowChunks(handle.live.logBatches(options)) : logLines(handle.live.logSlices(options));
    return stream(reply.type(isTable ? arrowStream : jsonLines), chunks, handle);
  });

  app.get<Named>(`${apiRoot}/pipelines/:name/export`, read(apiOperations.exportLogs), async (request, reply) => {
    const { limit, dataSizeLimit = 100 * 2 ** 20, ...given } = parseQuery(queries.exportLogs, request.query);
    const bytes = parseByteSize(dataSizeLimit);
    if (bytes !== null && bytes > bounds.exportBytes.limit)
      throw new TargetError("SL6011", `exportLogs(): ${exceeded(bounds.exportBytes, bytes)}`, {
        option: "dataSizeLimit",
      });
    const handle = await host.handle(request.params.name);
    const options = { ...given, ...(limit !== undefined && { limit }), dataSizeLimit } as ExportOptions;
    const signal = connectionSignal(request.raw.socket);
    return stream(reply.type(tarArchive), exportedFiles(handle, options, longReads, signal), handle);
  });

  app.get<Named>(`${apiRoot}/pipelines/:name/alerts`, read(apiOperations.alerts), async (request, reply) => {
    parseQuery(queries.none, request.query);
    const handle = await host.handle(request.params.name);
    const events = alertEvents(handle, connectionSignal(request.raw.socket));
    return stream(reply.type(eventStream).header("cache-control", "no-store"), events, handle);
  });
};

function logOptions(
  { limit = defaultLimit, ...rest }: Readonly<Record<string, unknown>>,
  { raw }: FastifyRequest,
): LogBatchesOptions {
  return { ...rest, ...(limit !== "all" && { limit: limit as number }), signal: connectionSignal(raw.socket) };
}

/** The media type that a request accepts; the first one if it accepts all. */
function wants({ headers }: FastifyRequest, types: readonly [string, ...string[]]): string {
  const accepted = (headers.accept ?? "*/*").split(",").map((part) => part.split(";")[0]?.trim().toLowerCase() ?? "");
  for (const type of accepted) {
    if (types.includes(type)) return type;
    if (type === "*/*" || type === "application/*") return types[0];
  }
  throw new HttpError(406, `this is answered as ${types.join(" or ")}; name one of them in the header 'Accept'`);
}

/**
 * Sends chunks as they come: no faster than the client takes them. The first chunk is awaited, so that an error before
 * it has the status of an error.
 */
async function stream(
  reply: FastifyReply,
  chunks: AsyncGenerator<Uint8Array | string, void, undefined>,
  { release }: PipelineHandle,
): Promise<FastifyReply> {
  let first: IteratorResult<Uint8Array | string, void>;
  try {
    first = await chunks.next();
  } catch (error) {
    await release();
    throw error;
  }
  const rest = async function* () {
    try {
      if (first.done === true) return;
      yield first.value;
      yield* chunks;
    } finally {
      await chunks.return();
      await release();
    }
  };
  return reply.send(Readable.from(rest(), { objectMode: false }));
}

async function* logLines(slices: AsyncGenerator<LogSlice, void, undefined>): AsyncGenerator<string, void, undefined> {
  const line = (value: LogLine): string => `${writeJson(value)}\n`;
  let rows = 0;
  let withheld: LogSlice["withheld"] = noneWithheld;
  let typesBefore = "";
  try {
    for await (const { types, records, withheld: own } of slices) {
      const typesLine = line({ types });
      let text = typesLine === typesBefore ? "" : typesLine;
      typesBefore = typesLine;
      for (const row of records) text += line({ row: row as unknown as Readonly<Record<string, unknown>> });
      rows += records.length;
      withheld = mergeWithheld(withheld, own);
      yield text;
    }
  } catch (error) {
    // Before the first row, the answer still has a status.
    if (typesBefore === "" || !(error instanceof ShapelineError)) throw error;
    return yield line({ error: writeError(error) });
  }
  yield line({ end: { rows, withheld } });
}

/** Writes the files to a folder of their own, and sends them as an archive. No path comes from the request. */
async function* exportedFiles(
  { live }: PipelineHandle,
  options: ExportOptions,
  longReads: LongReads,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const directory = await mkdtemp(join(tmpdir(), "shapeline-export-"));
  try {
    const { files, ...result } = await longReads.run(() => live.exportLogs({ ...options, directory, signal }), signal);
    const summary = { files: files.map((file) => basename(file)), ...result };
    yield* tarChunks(files, { name: "export.json", text: `${writeJson(summary)}\n` });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function* alertEvents({ live }: PipelineHandle, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const changes = live.alerts({ signal });
  const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${writeJson(data)}\n\n`;
  // Sent at once, so that the client knows that it is connected.
  let pending = changes.next();
  try {
    // Refuses an undeployed pipeline with a status.
    await Promise.race([pending, new Promise(setImmediate)]);
    yield ": connected\n\n";
    for (;;) {
      const next = await Promise.race([pending, heartbeat()]);
      if (next === null) yield ": still connected\n\n";
      else if (next.done === true) return yield event("end", {});
      else {
        yield event("alert", next.value);
        pending = changes.next();
      }
    }
  } catch (error) {
    if (!(error instanceof ShapelineError)) throw error;
    yield event("error", writeError(error));
  } finally {
    await changes.return();
  }
}

function heartbeat(): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, heartbeatMs, null).unref());
}
