import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Table } from "apache-arrow";
import type { InferOptions } from "../../../dsl/deployment.js";
import { InputError, TargetError } from "../../../dsl/errors.js";
import { apiRoot, arrowStream } from "../../api/routes.js";
import { writeJson } from "../../api/write-json.js";
import { ReadingPace } from "../../files/reading-pace.js";
import { RequestDeadline } from "../../engine/request-deadline.js";
import type { TypedAnswer } from "../../targets/local/format-answer.js";
import type { LocalDeploymentImpl } from "../../targets/local/local-deployment.js";
import { parseFileOptions } from "../../targets/local/options/infer-options.js";
import { bounds } from "../../util/bounds.js";
import { errorSummary } from "../../util/error-message.js";
import type { RegisterRoutes, ServerContext } from "../context.js";
import { arrowChunks } from "./arrow-chunks.js";
import { inferBody, parseFields, parseQuery, queries } from "./queries.js";
import { isArrow, parseArrowBody, parseJsonBody, requireJson, restoreRows } from "./read-rows.js";
import { untilClosed } from "./until-closed.js";

interface Named {
  readonly Params: { readonly name: string };
  readonly Body: Buffer | undefined;
}

/** Rows in, answers out. */
export const inferRoutes: RegisterRoutes = (app, context) => {
  const { host } = context;
  const infer = { config: { role: "infer" as const } };
  app.post<Named>(`${apiRoot}/pipelines/:name/infer`, infer, async (request, reply) => {
    const { live, release } = await host.handle(request.params.name);
    try {
      const { rows, options } = await readRequest(request, live);
      return await answer(reply, await live.inferWithTypes(rows, limited(context, reply, options)));
    } finally {
      await release();
    }
  });

  app.post<Named>(`${apiRoot}/pipelines/:name/infer-file`, infer, async (request, reply) => {
    const { file = "rows", ignoreUnknown, maxBytes, ...given } = parseQuery(queries.inferFile, request.query);
    const parsed = parseFileOptions(file, {
      ...optionsOf(given),
      ...(ignoreUnknown !== undefined && { ignoreUnknown: ignoreUnknown as boolean }),
      ...(maxBytes !== undefined && { maxBytes }),
    });
    const { live, release } = await host.handle(request.params.name);
    try {
      const startedAt = performance.now();
      const options = limited(context, reply, parsed.infer);
      const deadline = new RequestDeadline(options.timeoutMs, options.signal, startedAt);
      const { config } = live.current;
      const pace = new ReadingPace(() => {
        deadline.readTime();
        deadline.check(`pipeline '${config.name}', reading '${file}'`);
      });
      const { readRows } = await import("../../files/read-rows.js");
      const source = { name: file, bytes: request.body ?? new Uint8Array(0) };
      const { request: rows } = await readRows(source, {
        pipeline: config.name,
        inputs: config.inputs,
        pace,
        ...parsed.file,
        maxBytes: Math.min(parsed.file.maxBytes, bounds.fileBytes.limit),
      });
      const timeoutMs = Math.max(1, deadline.remainingMs);
      return await answer(reply, await live.inferWithTypes(rows, { ...options, timeoutMs }));
    } finally {
      await release();
    }
  });
};

async function readRequest(
  request: FastifyRequest<Named>,
  live: LocalDeploymentImpl,
): Promise<{ readonly rows: unknown; readonly options: InferOptions }> {
  const type = request.headers["content-type"];
  const bytes = request.body ?? new Uint8Array(0);
  if (isArrow(type)) {
    const options = optionsOf(parseQuery(queries.infer, request.query));
    return { rows: await parseArrowBody(bytes), options };
  }
  requireJson(type);
  parseQuery(queries.none, request.query);
  const { records, columns, ...options } = parseFields(inferBody, parseJsonBody(bytes), "member");
  if ((records === undefined) === (columns === undefined))
    throw new InputError(
      "SL5000",
      "the body of the request needs one of the members 'records', a list of rows, and 'columns', an object of columns",
    );
  if (records !== undefined && !Array.isArray(records))
    throw new InputError("SL5000", "the member 'records' of the request is no list of rows");
  return { rows: restoreRows(records ?? columns, live.current.config.inputs), options: options as InferOptions };
}

/** The options that stand in the URL beside rows that are no JSON. */
function optionsOf({ metadata, ...options }: Readonly<Record<string, unknown>>): InferOptions {
  if (typeof metadata !== "string") return options;
  try {
    return { ...options, metadata: JSON.parse(metadata) as NonNullable<InferOptions["metadata"]> };
  } catch (cause) {
    throw new TargetError(
      "SL6011",
      `the parameter 'metadata' of the request is not valid: give an object as JSON: ${errorSummary(cause)}`,
      { option: "metadata" },
      { cause },
    );
  }
}

/** The options with the server's own time limit, and a signal for a client that goes away. */
function limited({ settings }: ServerContext, reply: FastifyReply, options: InferOptions): InferOptions {
  const { timeoutMs = settings.timeoutMs } = options;
  return {
    ...options,
    timeoutMs: typeof timeoutMs === "number" ? Math.min(timeoutMs, settings.timeoutMs) : timeoutMs,
    signal: untilClosed(reply),
  };
}

async function answer(reply: FastifyReply, { form, answer: rows, types, version }: TypedAnswer): Promise<unknown> {
  void reply.header("shapeline-version", version);
  if (form === "table") {
    void reply.type(arrowStream);
    return reply.send(Readable.from(arrowChunks([rows as Table]), { objectMode: false }));
  }
  return reply.type("application/json").send(writeJson({ [form]: rows, types }));
}
