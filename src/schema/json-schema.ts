import type { AnyPipeline } from "../../dsl/index.js";
import { rowShape } from "../../dsl/rows.js";
import type { Dim, DType, Port } from "../../dsl/tensor.js";
import { type PipelinePorts, pipelinePorts } from "./pipeline-ports.js";

/** A JSON Schema as data, with keywords that drafts 7 to 2020-12 share. It has no `$schema`: readers take their own. */
export type JSONSchema = Readonly<Record<string, unknown>>;

/** The JSON Schemas of a pipeline's requests and answers, as lists of records. */
export interface PipelineJSONSchema {
  readonly request: JSONSchema;
  readonly result: JSONSchema;
}

/**
 * The JSON Schemas of a pipeline's requests and answers as JSON: for Fastify, OpenAPI and other languages.
 * JSON has no NaN and no infinities: they are the texts `"NaN"`, `"Infinity"` and `"-Infinity"`.
 *
 * @throws PipelineError for a pipeline with problems
 * @example app.post("/score", { schema: { body: toJSONSchema(fraud).request } }, ({ body }) => live.infer(body));
 */
export function toJSONSchema(pipeline: AnyPipeline): PipelineJSONSchema {
  return portsJSONSchema(pipelinePorts(pipeline));
}

/** The JSON Schemas of a pipeline with these ports. */
export function portsJSONSchema(ports: PipelinePorts): PipelineJSONSchema {
  const row = record(ports.inputs.map((port) => [port.name, requestValue(port, ports.missing.includes(port.name))]));
  const flags = ports.validations.map((name) => [name, { type: "boolean" }] as const);
  const answer = record(
    [
      ["time", { type: "string", format: "date-time" }],
      ["in", portsRecord(ports.inputs)],
      ["out", portsRecord(ports.outputs)],
      ["anomaly", record([["count", count], ...flags])],
      ["check_failures", count],
      ...Object.entries(ports.models).map(([name, outputs]) => [name, portsRecord(outputs)] as const),
    ],
    Object.entries(ports.challengers).map(([name, outputs]) => [name, portsRecord(outputs, true)] as const),
  );
  const list = (what: string, items: JSONSchema): JSONSchema => ({
    title: `${what} of pipeline ${ports.name}`,
    type: "array",
    items,
  });
  return { request: { ...list("Requests", row), minItems: 1 }, result: list("Answers", answer) };
}

const count: JSONSchema = { type: "integer", minimum: 0 };

type Members = readonly (readonly [string, JSONSchema])[];

function record(required: Members, optional: Members = []): JSONSchema {
  return {
    type: "object",
    properties: Object.fromEntries([...required, ...optional]),
    required: required.map(([name]) => name),
    additionalProperties: false,
  };
}

function portsRecord(ports: readonly Port[], nullable = false): JSONSchema {
  return record(
    ports.map((port) => {
      const value = listOf(port, element(port.dtype));
      return [port.name, nullable ? { anyOf: [value, { type: "null" }] } : value];
    }),
  );
}

/** A row of one number may be the number itself. */
function requestValue(port: Port, nullAsNaN: boolean): JSONSchema {
  const one = nullAsNaN ? { anyOf: [element(port.dtype), { type: "null" }] } : element(port.dtype);
  const list = listOf(port, one);
  const sizes = rowShape(port.shape);
  return sizes !== null && sizes.length > 0 && sizes.every((size) => size === 1) ? { anyOf: [list, one] } : list;
}

function listOf({ shape }: Port, item: JSONSchema): JSONSchema {
  const sizes: readonly Dim[] | null = rowShape(shape);
  // Lists of any depth.
  if (sizes === null) return { anyOf: [item, { type: "array" }] };
  return sizes.reduceRight<JSONSchema>(
    (items, size) => ({ type: "array", items, ...(typeof size === "number" && { minItems: size, maxItems: size }) }),
    item,
  );
}

/** Larger numbers round to an infinity. */
const float16Limit = 65520;
const float32Limit = 2 ** 128 - 2 ** 103;
const float = (limit?: number): JSONSchema => ({
  anyOf: [
    { type: "number", ...(limit !== undefined && { exclusiveMinimum: -limit, exclusiveMaximum: limit }) },
    { enum: ["NaN", "Infinity", "-Infinity"] },
  ],
});
const integer = (minimum: number, maximum: number): JSONSchema => ({ type: "integer", minimum, maximum });
const { MIN_SAFE_INTEGER: least, MAX_SAFE_INTEGER: greatest } = Number;
/** JSON readers round larger numbers: they are texts of digits. */
const wide = (minimum: number): JSONSchema => ({
  anyOf: [integer(minimum, greatest), { type: "string", pattern: "^-?[0-9]{16,20}$" }],
});

const elements: Readonly<Record<DType, JSONSchema>> = {
  float16: float(float16Limit),
  float32: float(float32Limit),
  float64: float(),
  int8: integer(-128, 127),
  int16: integer(-32768, 32767),
  int32: integer(-2147483648, 2147483647),
  int64: wide(least),
  uint8: integer(0, 255),
  uint16: integer(0, 65535),
  uint32: integer(0, 4294967295),
  uint64: wide(0),
  bool: { type: "boolean" },
  string: { type: "string" },
};

const element = (dtype: DType): JSONSchema => elements[dtype];
