import { StorageError } from "../../../dsl/errors.js";
import type { Dim } from "../../../dsl/tensor.js";
import type { ResultBatch } from "../../tensors/result.js";
import { failureCounts } from "../../tensors/format-result.js";
import { rowSize, type TensorData } from "../../tensors/tensor-data.js";
import { toBigIntMilliseconds } from "../../util/to-bigint-milliseconds.js";
import type { ColumnKind, LogColumn } from "../schema/columns.js";
import type { RowMeta } from "../pipeline-log.js";

/** One column of some rows: where its values lie. */
export interface Cells {
  /** Elements, row by row; bool as 0 and 1, float16 as bits. null: the column is empty in these rows. */
  readonly data: ArrayLike<number | bigint | string> | null;
  /** Elements of a row. */
  readonly size: number;
  /** The lengths of the nested lists of a row. */
  readonly dims: readonly number[];
  /** Every row holds the same, and `data` holds it once. */
  readonly same: boolean;
}

/** Rows on their way into a table. What a table has no column for stays empty. */
export interface Rows {
  readonly count: number;
  readonly firstRow: bigint;
  readonly batch: Pick<ResultBatch, "time" | "inputs" | "challengers" | "failures">;
  /** null where a challenger gave nothing. */
  readonly outputs: ReadonlyMap<string, TensorData> | null;
  readonly meta: RowMeta;
  readonly version: number;
  readonly note: string | null;
  /** A challenger's nanoseconds. */
  readonly took: number | null;
}

/**
 * The cells of a table's columns. Everything is checked here, so that writing cannot fail on the data.
 *
 * @throws StorageError SL7015 where the rows do not fit the columns
 */
export function encodeRows(columns: readonly LogColumn[], rows: Rows): Cells[] {
  return columns.map((column) => encoders[column.kind](rows, column));
}

type Encoder = (rows: Rows, column: LogColumn) => Cells;

const encoders = {
  row: ({ firstRow, count }) => {
    if (count === 1) return sameValue(firstRow);
    const ids = new BigInt64Array(count);
    for (let row = 0, id = firstRow; row < count; row++, id++) ids[row] = id;
    return perRow(ids);
  },
  time: ({ batch: { time }, count }) => {
    if (time.length !== count || !time.every(isTime))
      throw mismatchError("the times of the rows are missing or not finite");
    if (count === 1) return sameValue(BigInt(Math.trunc(time[0] ?? 0)));
    return perRow(toBigIntMilliseconds(time));
  },
  in: ({ batch, count }, column) => portCells(column, batch.inputs.get(column.name), count),
  inShape: ({ batch }, column) => shapeCells(batch.inputs.get(column.name)),
  out: ({ outputs, count }, column) =>
    outputs === null ? noCells : portCells(column, outputs.get(column.name), count),
  outShape: ({ outputs }, column) => (outputs === null ? noCells : shapeCells(outputs.get(column.name))),
  beside: ({ batch, count }, column) =>
    portCells(column, batch.challengers.get(column.model)?.outputs.get(column.name), count),
  besideShape: ({ batch }, { model, name }) => shapeCells(batch.challengers.get(model)?.outputs.get(name)),
  count: ({ batch: { failures }, count }) =>
    count === 1 ? sameValue(failuresOf(failures)) : perRow(failureCounts({ rows: count, failures })),
  flag: ({ batch, count }, { name }) => {
    const flags = batch.failures.get(name);
    if (flags?.length !== count)
      throw mismatchError(`the results of validation '${name}' are missing or not one a row`);
    return perRow(flags);
  },
  lastModel: ({ meta }) => sameValue(meta.lastModel),
  pipelineVersion: ({ version }) => sameValue(version),
  elapsed: ({ meta }) => sameList(meta.elapsed.map(nanoseconds)),
  metadata: ({ meta }) => (meta.metadata === null ? noCells : sameValue(JSON.stringify(meta.metadata))),
  note: ({ note }) => (note === null ? noCells : sameValue(note)),
  took: ({ took }) => (took === null ? noCells : sameValue(nanoseconds(took))),
} satisfies Record<ColumnKind, Encoder>;

const scalar: readonly number[] = [];
const noCells: Cells = { data: null, size: 0, dims: scalar, same: true };

function perRow(data: NonNullable<Cells["data"]>): Cells {
  return { data, size: 1, dims: scalar, same: false };
}

function sameValue(value: number | bigint | string): Cells {
  return { data: [value], size: 1, dims: scalar, same: true };
}

function sameList(items: readonly bigint[]): Cells {
  return { data: items, size: items.length, dims: [items.length], same: true };
}

/** Of the only row. */
function failuresOf(failures: ReadonlyMap<string, Uint8Array>): number {
  let count = 0;
  for (const failed of failures.values()) count += failed[0] ?? 0;
  return count;
}

function isTime(ms: number): boolean {
  return Math.abs(ms) < 2 ** 63;
}

function nanoseconds(ns: number): bigint {
  return BigInt(Math.round(ns));
}

function portCells({ name, type, depth, port }: LogColumn, tensor: TensorData | undefined, count: number): Cells {
  if (tensor === undefined) throw mismatchError(`port '${name}' is missing`);
  const { dtype, dims, data } = tensor;
  const shape = port?.shape ?? null;
  if (dtype !== type) throw mismatchError(`port '${name}' is ${dtype}, its column is ${type}`);
  if (dims[0] !== count) throw mismatchError(`port '${name}' has ${dims[0] ?? 0} rows, the batch has ${count}`);
  if (shape !== null && !fits(shape, dims))
    throw mismatchError(
      `port '${name}' has dimensions [${dims.join(", ")}], its column takes [${shape.map((dim) => dim ?? "?").join(", ")}]`,
    );
  const size = rowSize(dims);
  if (data.length < count * size)
    throw mismatchError(`port '${name}' holds ${data.length} elements, its dimensions need ${count * size}`);
  return { data, size, dims: depth === 0 ? scalar : shape === null ? [size] : dims.slice(1), same: false };
}

function fits(shape: readonly Dim[], dims: readonly number[]): boolean {
  return (
    dims.length === Math.max(shape.length, 1) &&
    dims.every((dim, axis) => axis === 0 || typeof shape[axis] !== "number" || shape[axis] === dim)
  );
}

function shapeCells(tensor: TensorData | undefined): Cells {
  return sameList((tensor?.dims.slice(1) ?? []).map(BigInt));
}

function mismatchError(text: string): StorageError {
  return new StorageError("SL7015", `the rows do not fit the log: ${text}; log what the pipeline's config describes`);
}
