import { RequestTensors } from "../../engine/input/request-tensors.js";
import type { ModelHost } from "../models/model-host.js";
import type { ServedModel } from "../models/served-model.js";
import type { InferenceAnswer, InferenceRequest, InferenceTensor, ParameterValue } from "./protocol.js";
import { readParameters } from "./request-parameters.js";
import { requestedOutputs } from "./served-ports.js";

/** What bounds a request beside its own parameters. */
export interface RequestBounds {
  /** Milliseconds that no request may exceed. */
  readonly timeoutMs: number;
  /** Aborts when the client has gone. */
  readonly signal?: AbortSignal;
}

/**
 * Answers a request of the Open Inference Protocol, whatever carried it.
 *
 * @throws TargetError SL6007 for an unknown model, SL6012 for an unknown version, and as `answerFrom`
 */
export async function answerInference(
  host: ModelHost,
  request: InferenceRequest,
  limits: RequestBounds,
): Promise<InferenceAnswer> {
  return answerFrom(await host.findVersion(request.model, request.version), request, limits);
}

interface RunOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  metadata?: Readonly<Record<string, ParameterValue>>;
}

/**
 * Answers a request from a model that was found for it.
 *
 * @throws InputError SL5xxx for a request that the model does not accept, TargetError SL6xxx, StorageError SL7xxx
 */
export async function answerFrom(
  served: ServedModel,
  { id, parameters, inputs, outputs: names }: Omit<InferenceRequest, "model" | "version">,
  { timeoutMs, signal }: RequestBounds,
): Promise<InferenceAnswer> {
  const { config } = served;
  const { anomaly, timeoutMs: wanted, metadata } = readParameters(config, parameters);
  // Before the rows run: a pipeline logs them.
  const outputs = requestedOutputs(config, names, anomaly);
  // Conditional spreads would copy objects in every request.
  const options: RunOptions = { timeoutMs: wanted === null ? timeoutMs : Math.min(wanted, timeoutMs) };
  if (signal !== undefined) options.signal = signal;
  if (metadata !== undefined) options.metadata = metadata;
  const answer = await served.infer(new RequestTensors(inputs), options);
  // Another version may have answered, if one was deployed meanwhile.
  const answered = answer.config === config ? outputs : requestedOutputs(answer.config, names, anomaly);
  const tensors = new Array<InferenceTensor>(answered.length);
  for (let i = 0; i < answered.length; i++) tensors[i] = (answered[i] as (typeof answered)[number]).read(answer.batch);
  return {
    modelName: served.name,
    modelVersion: answer.version,
    id,
    outputs: tensors,
  };
}
