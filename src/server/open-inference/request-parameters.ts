import { InputError } from "../../../dsl/errors.js";
import { splitKeys } from "../../config/step-models.js";
import type { Config } from "../../config/schema.js";
import { describeValue } from "../../util/format-value.js";
import type { InferenceRequest, ParameterValue } from "./protocol.js";

/** What a request's parameters say. */
export interface RequestParameters {
  /** Answer the validations as tensors too. */
  readonly anomaly: boolean;
  readonly timeoutMs: number | null;
  /** For the pipeline's splits; undefined if it has none. */
  readonly metadata: Readonly<Record<string, ParameterValue>> | undefined;
}

/** Parameters of the protocol and of its clients. They never reach splits. */
const reserved: ReadonlySet<string> = new Set([
  ...["anomaly", "timeout", "binary_data_output", "priority", "content_type", "headers"],
  ...["sequence_id", "sequence_start", "sequence_end"],
]);

const none: RequestParameters = { anomaly: false, timeoutMs: null, metadata: undefined };

/**
 * Reads the parameters of a request. In a pipeline with splits, each one that is not the protocol's is metadata, and
 * the engine refuses one that no split reads. Without splits, others are ignored.
 *
 * @throws InputError SL5040 for a value of another type, and for a split's key that the protocol uses
 */
export function readParameters(config: Config, parameters: InferenceRequest["parameters"]): RequestParameters {
  let isEmpty = true;
  for (const _ in parameters) {
    isEmpty = false;
    break;
  }
  if (isEmpty) return none;
  const { anomaly = false, timeout } = parameters;
  if (typeof anomaly !== "boolean")
    throw new InputError("SL5040", `the parameter 'anomaly' is true or false, got ${describeValue(anomaly)}`);
  const keys = splitKeys(config.steps);
  const taken = keys.find((key) => reserved.has(key) && Object.hasOwn(parameters, key));
  if (taken !== undefined)
    throw new InputError(
      "SL5040",
      `the parameter '${taken}' is one of the protocol, so a split cannot read it here; send it as metadata of /api/v1/pipelines/${config.name}/infer, or give the split another key`,
      { key: taken },
    );
  const metadata =
    keys.length === 0
      ? undefined
      : Object.fromEntries(Object.entries(parameters).filter(([key]) => !reserved.has(key)));
  return { anomaly, timeoutMs: timeout === undefined ? null : milliseconds(timeout), metadata };
}

/** Triton's unit is the microsecond, and 0 is no limit. */
function milliseconds(timeout: ParameterValue): number | null {
  const microseconds = typeof timeout === "string" && /^\d{1,15}$/.test(timeout) ? Number(timeout) : timeout;
  if (typeof microseconds !== "number" || !(microseconds >= 0))
    throw new InputError(
      "SL5040",
      `the parameter 'timeout' is a number of microseconds, such as 500000, got ${describeValue(timeout)}`,
    );
  return microseconds === 0 ? null : microseconds / 1000;
}
