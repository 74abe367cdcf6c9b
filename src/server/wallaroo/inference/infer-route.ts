import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { tableToIPC } from "apache-arrow";
import { InputError } from "../../../../dsl/errors.js";
import type { InferOptions } from "../../../../dsl/deployment.js";
import { writeJson } from "../../../api/write-json.js";
import type { InferredBatch, LocalDeploymentImpl } from "../../../targets/local/local-deployment.js";
import { platformTensor } from "./platform-tensor.js";
import { isRecord } from "../../../util/objects.js";
import { connectionSignal } from "../../http/connection-signal.js";
import type { ServerContext } from "../../context.js";
import type { Callers } from "../callers.js";
import type { ControlPlane } from "../control-plane.js";
import { versionNames } from "../deploying/version-names.js";
import { faultMessage, PlatformError, platformProblem } from "../errors.js";
import type { Deployment } from "../state/rows.js";
import { asksMetadata, readDataset } from "./dataset-query.js";
import { failuresOf, type PlatformForm, platformRecords, platformTable } from "./platform-columns.js";
import { dictionaryParts, type InputPart, parseBody, parseTable, recordParts, tableParts } from "./read-input.js";

export const arrowFile = "application/vnd.apache.arrow.file";
/** Parts of a request that run at the same time. */
const partsAtOnce = 32;

interface Infer {
  readonly Params: { readonly deployment: string; readonly pipeline: string };
  readonly Body: Buffer | undefined;
}

/** `POST /v1/api/pipelines/infer/<deployment>/<pipeline>`: records, Arrow, or the platform's own JSON. */
export function registerInfer(
  scope: FastifyInstance,
  plane: ControlPlane,
  context: ServerContext,
  callers: Callers,
): void {
  const errorForm = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = platformProblem(error);
    if (problem === null) request.log.error({ err: error }, "a fault of the server");
    const { status, message } = problem ?? { status: 500, message: faultMessage };
    void reply.code(status).send(inferenceError(request.headers["user-agent"], status, message));
  };
  scope.post<Infer>(
    "/v1/api/pipelines/infer/:deployment/:pipeline",
    { config: { role: "infer" }, errorHandler: errorForm, bodyLimit: context.settings.maxBodyBytes },
    async (request, reply) => {
      callers.note(request);
      await plane.sync();
      const deployment = plane.deployments.named(request.params.deployment);
      const pipeline = plane.pipelines.get(deployment.pipeline_pk_id);
      if (pipeline.pipeline_id !== request.params.pipeline)
        throw new PlatformError(
          404,
          `deployment '${request.params.deployment}' is not one of pipeline '${request.params.pipeline}'`,
        );
      if (!deployment.deployed) throw new PlatformError(404, `pipeline '${pipeline.pipeline_id}' is not deployed`);
      return plane.host.usingOpen(pipeline.engine_name, (live) =>
        answer(request, reply, {
          live,
          plane,
          deployment,
          context,
          checkFailures: callers.readsCheckFailures(request),
        }),
      );
    },
  );
}

interface Call {
  readonly live: LocalDeploymentImpl;
  readonly plane: ControlPlane;
  readonly deployment: Deployment;
  readonly context: ServerContext;
  readonly checkFailures: boolean;
}

async function answer(request: FastifyRequest<Infer>, reply: FastifyReply, call: Call): Promise<FastifyReply> {
  const { live, plane, deployment } = call;
  const bytes = request.body ?? Buffer.alloc(0);
  const type = (request.headers["content-type"] ?? "").toLowerCase();
  const dataset = readDataset(request.raw.url ?? "");
  const { config } = live.current;
  const version = plane.pipelines.version(deployment.pipeline_version_pk_id);
  const form: PlatformForm = {
    dataset,
    checkFailures: call.checkFailures,
    versionOf: () => ({ name: version.version, config: live.current.config, names: versionNames(version) }),
  };
  if (type.startsWith("application/vnd.apache.arrow")) {
    const table = await parseTable(bytes);
    const made = await run(tableParts(table, config), request, call, asksMetadata(dataset));
    return reply.type(arrowFile).send(Buffer.from(tableToIPC(platformTable(batchesOf(made), form), "file")));
  }
  const value = parseBody(bytes);
  const isRecords = type.includes("pandas-records");
  if (isRecords && !Array.isArray(value)) throw new InputError("SL5000", "the body is no list of records");
  if (isRecords) {
    const made = await run(recordParts(value as unknown[], config), request, call, asksMetadata(dataset));
    return reply.type("application/json").send(writeJson(platformRecords(batchesOf(made), form)));
  }
  if (!Array.isArray(value) && !isRecord(value))
    throw new InputError("SL5000", "the body is neither a list nor a dictionary");
  const parts = Array.isArray(value) ? recordParts(value, config) : dictionaryParts(value, config);
  const made = await run(parts, request, call, true);
  return reply.type("application/json").send(writeJson(made.map((each) => inferenceResult(each, value, call))));
}

const batchesOf = (made: readonly InferredBatch[]): InferredBatch["batch"][] => made.map(({ batch }) => batch);

/** Runs the parts, some at a time; the answers are in their order. */
async function run(
  parts: readonly InputPart[],
  request: FastifyRequest,
  { live, context }: Call,
  metadata: boolean,
): Promise<InferredBatch[]> {
  if (parts.length === 0) throw new InputError("SL5001", "the request has no rows");
  const made: InferredBatch[] = [];
  const signal = connectionSignal(request.raw.socket);
  for (let from = 0; from < parts.length; from += partsAtOnce) {
    const some = parts.slice(from, from + partsAtOnce).map(({ input, metadata: keys }) => {
      const options: InferOptions = {
        timeoutMs: context.settings.timeoutMs,
        signal,
        ...(keys !== null && { metadata: keys }),
        ...(metadata && { dataset: ["*", "metadata"] }),
      };
      return live.inferBatchWithMetadata(input, options);
    });
    made.push(...(await Promise.all(some)));
  }
  return made;
}

/** One result in the platform's own JSON. */
function inferenceResult({ batch, config }: InferredBatch, request: unknown, { plane, deployment }: Call): unknown {
  const logged = batch as typeof batch & {
    readonly lastModel?: readonly string[];
    readonly elapsed?: readonly (readonly number[])[];
  };
  const model = config.models.find(({ name }) => name === logged.lastModel?.[0]) ?? config.models[0];
  const { pipeline_id } = plane.pipelines.get(deployment.pipeline_pk_id);
  const { models } = versionNames(plane.pipelines.version(deployment.pipeline_version_pk_id));
  const name = model?.name ?? "";
  return {
    model_name: models.get(name)?.name ?? name,
    model_version: model?.version ?? "",
    pipeline_name: pipeline_id,
    outputs: [...batch.outputs.values()].map((tensor) => platformTensor(tensor, batch.rows)),
    elapsed: (logged.elapsed?.[0] ?? []).map((ns) => Math.round(ns)),
    time: batch.time[0] ?? 0,
    original_data: request,
    check_failures: Array.from({ length: batch.rows }, (_, row) => failuresOf(batch, row, config)).flat(),
    shadow_data: Object.fromEntries(
      Array.from(batch.challengers, ([name, { outputs }]) => [
        name,
        [...outputs.values()].map((tensor) => platformTensor(tensor, batch.rows)),
      ]),
    ),
  };
}

/** Clients read one form only: releases before 2025 a list, later ones an object. */
function inferenceError(agent: string | undefined, status: number, message: string): unknown {
  return agent?.startsWith("python-requests/") === true
    ? [{ error_type: "InferenceError", error: message }]
    : { code: status, status: "error", error: message, source: "shapeline" };
}
