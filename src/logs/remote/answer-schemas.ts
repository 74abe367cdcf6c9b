import * as z from "zod";
import { dtypes } from "../../../dsl/tensor.js";
import { allocate } from "../../tensors/dtypes.js";
import { elementCount, rowCount, type RowsTensor } from "../../tensors/tensor-data.js";
import type { LoggedComparison } from "../comparison.js";
import type { LogBatch, LogLayout } from "../pipeline-log.js";
import type { StoredPipeline, StoredVersion } from "../store.js";
import type { OwnerMethod } from "./owner-protocol.js";

/** A count of rows, elements or values. */
const count = z.int().min(0);
/** A measured number: NaN and the infinities too. */
const figure = z.custom<number>((value) => typeof value === "number", "it is not a number");
const rowCountSchema = count.max(2 ** 24);
const flags = z.instanceof(Uint8Array);

/** Whether a Date can hold it. */
const isTime = (ms: number) => Number.isInteger(ms) && Math.abs(ms) <= 8.64e15;

const port = z.object({
  name: z.string(),
  dtype: z.enum(dtypes),
  shape: z.array(z.union([count, z.string(), z.null()])).nullable(),
});
const modelOutputs = z.object({ name: z.string(), outputs: z.array(port) });
const withheld = z.object({
  excluded: z.array(z.string()),
  redacted: z.array(z.string()),
  maxElements: count.nullable(),
});

const layout = z.object({
  pipeline: z.string(),
  version: count,
  inputs: z.array(port),
  outputs: z.array(port),
  models: z.array(modelOutputs).optional(),
  challengers: z.array(modelOutputs),
  validations: z.array(z.string()),
  withheld: withheld.optional(),
});

const version = z.object({
  pipeline: z.string(),
  version: count,
  /** Whoever reads a config parses it again. */
  config: z.unknown(),
  models: z.array(z.object({ sha256: z.string(), path: z.string(), notice: z.string().optional() })),
  deployedAt: z.date(),
  log: z
    .object({ exclude: z.array(z.string()), redact: z.array(z.string()), maxElements: count.nullable() })
    .optional(),
});

const storedPipeline = z.object({
  name: z.string(),
  state: z.enum(["deployed", "undeployed"]),
  current: version,
});

/** A tensor whose elements are as many, and of the type, as its shape and dtype say. */
const tensor = z.custom<RowsTensor>((value) => isTensor(value), "it is not a tensor");

const dimensions = z.array(count);
const uniform = z.object({ dtype: z.enum(dtypes), dims: dimensions.min(1), data: z.unknown() });
const ragged = z.object({
  dtype: z.enum(dtypes),
  shapes: z.array(dimensions),
  offsets: z.array(count).min(1),
  data: z.unknown(),
});

function isTensor(value: unknown): boolean {
  const whole = uniform.safeParse(value);
  if (whole.success) {
    const { dtype, dims, data } = whole.data;
    return hasElements(dtype, data, elementCount(dims));
  }
  const uneven = ragged.safeParse(value);
  if (!uneven.success) return false;
  const { dtype, shapes, offsets, data } = uneven.data;
  return (
    offsets.length === shapes.length + 1 &&
    offsets[0] === 0 &&
    shapes.every((shape, row) => (offsets[row] ?? NaN) + elementCount(shape) === offsets[row + 1]) &&
    hasElements(dtype, data, offsets.at(-1) ?? NaN)
  );
}

function hasElements(dtype: RowsTensor["dtype"], data: unknown, length: number): boolean {
  if (dtype === "string")
    return Array.isArray(data) && data.length === length && data.every((each) => typeof each === "string");
  const empty = allocate(dtype, 0);
  return (
    ArrayBuffer.isView(data) &&
    data.constructor === empty.constructor &&
    (data as unknown as { readonly length: number }).length === length
  );
}

const requestMetadata = z.record(z.string(), z.union([z.string(), figure, z.boolean()]));
const partialPort = z.object({
  valid: flags,
  long: z.object({ shapes: z.array(z.array(count).nullable()), digests: z.array(z.string().nullable()) }).nullable(),
});

const batch = z
  .object({
    version: count,
    rows: rowCountSchema,
    rowIds: z.array(z.bigint()),
    time: z.instanceof(Float64Array).refine((times) => times.every(isTime), "a time is not in whole milliseconds"),
    inputs: z.map(z.string(), tensor),
    outputs: z.map(z.string(), tensor),
    challengers: z.map(z.string(), z.object({ outputs: z.map(z.string(), tensor), answered: flags })),
    failures: z.map(z.string(), flags),
    withheld: z
      .object({
        excluded: z.array(z.string()),
        redacted: z.array(z.string()),
        ports: z.map(z.string(), partialPort),
      })
      .optional(),
    lastModel: z.array(z.string()),
    elapsed: z.array(z.array(figure)),
    requests: z.array(requestMetadata.nullable()),
    notes: z.map(z.string(), z.array(z.string().nullable())),
  })
  .refine(hasEqualRows, "its columns do not have one entry per row");

interface BatchColumns extends Pick<LogBatch, "rows" | "rowIds" | "time" | "inputs" | "outputs" | "failures"> {
  readonly challengers: LogBatch["challengers"];
  readonly withheld?: LogBatch["withheld"] | undefined;
}

function hasEqualRows({ rows, rowIds, time, inputs, outputs, challengers, failures, withheld }: BatchColumns): boolean {
  const tensors = [inputs, outputs, ...[...challengers.values()].map((each) => each.outputs)];
  const lengths = [
    rowIds.length,
    time.length,
    ...tensors.flatMap((ports) => [...ports.values()].map(rowCount)),
    ...[...challengers.values()].map(({ answered }) => answered.length),
    ...[...failures.values()].map(({ length }) => length),
    ...[...(withheld?.ports.values() ?? [])].flatMap(({ valid, long }) => [
      valid.length,
      ...(long === null ? [] : [long.shapes.length, long.digests.length]),
    ]),
  ];
  return lengths.every((length) => length === rows);
}

const quantiles = z.object({
  p1: figure,
  p5: figure,
  p25: figure,
  p50: figure,
  p75: figure,
  p95: figure,
  p99: figure,
  estimated: z.boolean(),
});
const histogram = z.object({ from: figure, to: figure, counts: z.array(count) });
const numbers = z.object({
  values: count,
  notFinite: count,
  championMean: figure,
  challengerMean: figure,
  mean: figure,
  meanAbsolute: figure,
  least: figure,
  greatest: figure,
  quantiles,
  correlation: figure.nullable(),
  histogram,
  championValues: histogram,
  challengerValues: histogram,
  timeline: z.array(z.object({ time: figure, values: count, mean: figure, meanAbsolute: figure })),
});
const comparison = z.object({
  pipeline: z.string(),
  within: figure.nullable().default(null),
  rows: count,
  first: figure.nullable(),
  last: figure.nullable(),
  versions: z.array(count),
  failures: z.array(z.object({ validation: z.string(), rows: count, failed: count })),
  elapsed: quantiles.nullable(),
  challengers: z.array(
    z.object({
      name: z.string(),
      rows: count,
      answered: count,
      notes: z.array(z.object({ note: z.string(), rows: count })),
      elapsed: quantiles.nullable(),
      outputs: z.array(
        z.object({
          champion: z.string(),
          challenger: z.string(),
          rows: count,
          agreeing: count,
          sameGreatest: count.nullable(),
          numbers: numbers.nullable(),
        }),
      ),
    }),
  ),
  withheld: z.array(z.object({ column: z.string(), reason: z.enum(["excluded", "redacted", "long"]) })),
});

/** What each method answers. */
export interface Answers {
  readonly owner: number;
  readonly versions: StoredVersion[];
  readonly pipelines: StoredPipeline[];
  readonly layouts: LogLayout[];
  readonly readLog: LogBatch[];
  readonly compare: LoggedComparison;
}

/** The schemas of the answers. The casts only drop the `undefined` that Zod adds to optional keys. */
const results = {
  owner: z.int(),
  versions: z.array(version) as z.ZodType<unknown> as z.ZodType<StoredVersion[]>,
  pipelines: z.array(storedPipeline) as z.ZodType<unknown> as z.ZodType<StoredPipeline[]>,
  layouts: z.array(layout) as z.ZodType<unknown> as z.ZodType<LogLayout[]>,
  readLog: z.array(batch) as z.ZodType<unknown> as z.ZodType<LogBatch[]>,
  compare: comparison as z.ZodType<LoggedComparison>,
} satisfies { [Method in OwnerMethod]: z.ZodType<Answers[Method]> };

const error = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** An error of the owner, as it was sent. */
export type SentError = z.infer<typeof error>;

export type Answer<Method extends OwnerMethod> = { readonly result: Answers[Method] } | { readonly error: SentError };

/** Checks an answer; null if it is none to this method. */
export function parseAnswer<Method extends OwnerMethod>(method: Method, value: unknown): Answer<Method> | null {
  const parsed = z.union([z.object({ result: results[method] }), z.object({ error })]).safeParse(value);
  return parsed.success ? (parsed.data as Answer<Method>) : null;
}
