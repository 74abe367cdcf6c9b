import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Table } from "apache-arrow";
import type { InferOptions } from "../../../dsl/deployment.js";
import { InputError, TargetError } from "../../../dsl/errors.js";
import { apiRoot, arrowStream } from "../../api/routes.js";
import { writeJson } from "../../api/write-json.js";
import type { JSONSchema } from "../../schema/json-schema.js";
import type { TypedAnswer } from "../../targets/local/format-answer.js";
import type { LocalDeploymentImpl } from "../../targets/local/local-deployment.js";
import { parseFileOptions } from "../../targets/local/options/infer-options.js";
import { bounds } from "../../util/bounds.js";
import { errorSummary } from "../../util/error-message.js";
import type { RegisterRoutes, ServerContext } from "../context.js";
import { apiOperations } from "../openapi/api-operations.js";
import { connectionSignal } from "../http/connection-signal.js";
import { arrowChunks } from "./arrow-chunks.js";
import { inferBody, parseFields, parseQuery, queries } from "./queries.js";
import { isArrow, parseArrowBody, parseJsonBody, requireJson, restoreRows } from "./read-rows.js";

interface Named {
  readonly Params: { readonly name: string };
  readonly Body: Buffer | undefined;
}

/** Rows in, answers out. */
export const inferRoutes: RegisterRoutes = (app, context) => {
  const { host } = context;
  const infer = (openapi: JSONSchema) => ({ config: { role: "infer" as const, openapi } });
  app.post<Named>(`${apiRoot}/pipelines/:name/infer`, infer(apiOperations.infer), async (request, reply) => {
    const made = await host.using(request.params.name, async (live) => {
      const { rows, options } = await readRequest(request, live);
      return live.inferWithTypes(rows, limited(context, request, options));
    });
    return answer(reply, made);
  });

  app.post<Named>(`${apiRoot}/pipelines/:name/infer-file`, infer(apiOperations.inferFile), async (request, reply) => {
    const { file = "rows", ignoreUnknown, maxBytes, ...given } = parseQuery(queries.inferFile, request.query);
    const parsed = parseFileOptions(file, {
      ...optionsOf(given),
      ...(ignoreUnknown !== undefined && { ignoreUnknown: ignoreUnknown as boolean }),
      ...(maxBytes !== undefined && { maxBytes }),
    });
    const source = { name: file, bytes: request.body ?? new Uint8Array(0) };
    const settings = { ...parsed.file, maxBytes: Math.min(parsed.file.maxBytes, bounds.fileBytes.limit) };
    const options = limited(context, request, parsed.infer);
    const made = await host.using(request.params.name, (live) => live.inferFileWithTypes(source, settings, options));
    return answer(reply, made);
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
function limited({ settings }: ServerContext, { raw }: FastifyRequest<Named>, options: InferOptions): InferOptions {
  const { timeoutMs = settings.timeoutMs } = options;
  return {
    ...options,
    timeoutMs: typeof timeoutMs === "number" ? Math.min(timeoutMs, settings.timeoutMs) : timeoutMs,
    signal: connectionSignal(raw.socket),
  };
}

function answer(reply: FastifyReply, { form, answer: rows, types, version }: TypedAnswer): FastifyReply {
  void reply.header("shapeline-version", version);
  if (form === "table") {
    void reply.type(arrowStream);
    return reply.send(Readable.from(arrowChunks([rows as Table]), { objectMode: false }));
  }
  return reply.type("application/json").send(writeJson({ [form]: rows, types }));
}
