import { StorageError } from "../../../dsl/errors.js";
import type { Dim } from "../../../dsl/tensor.js";
import { failureCounts, type ResultBatch } from "../../tensors/result.js";
import { isRagged, rowCount, rowSize, type RaggedTensor, type RowsTensor } from "../../tensors/tensor-data.js";
import { toBigIntMilliseconds } from "../../util/quantities/to-bigint-milliseconds.js";
import type { ColumnKind, LogColumn, PortKind } from "../schema/columns.js";
import type { RowMeta } from "../pipeline-log.js";
import { dropLongRows, longRowDigests, redact } from "./withhold.js";

/** The values of one column in a range of rows. */
export interface Cells {
  /** Elements, row by row; bool as 0 and 1, float16 as bits. null if the column is empty in these rows. */
  readonly data: ArrayLike<number | bigint | string> | null;
  /** Elements per row. */
  readonly size: number;
  /** Lengths of the nested lists of a row. */
  readonly dims: readonly number[];
  /** true if every row has the same value: `data` then contains it once. */
  readonly same: boolean;
  /** The rows if they differ in shape: `size` is then 0, and `dims` has the length of a row's dimensions. */
  readonly ragged?: RaggedRows;
}

export interface RaggedRows {
  /** Lengths of the nested lists of each row. */
  readonly shapes: readonly (readonly number[])[];
  /** Row `i` has the elements from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: readonly number[];
}

/** Rows to write into a table. Fields without a column in the table are ignored. */
export interface Rows {
  readonly count: number;
  readonly firstRow: bigint;
  readonly batch: Pick<ResultBatch, "time" | "inputs" | "challengers" | "failures">;
  /** null if a challenger has no output. */
  readonly outputs: ReadonlyMap<string, RowsTensor> | null;
  readonly meta: RowMeta;
  readonly version: number;
  readonly note: string | null;
  /** Nanoseconds that the challenger ran; null if unknown. */
  readonly elapsed: number | null;
}

/** Converts rows to the cells of a table's columns. */
export type EncodeRows = (rows: Rows) => Cells[];

/**
 * Compiles the encoder of a table. All checks are in it, so that the write cannot fail because of the data. Cells that
 * most rows have in common, such as the model's name, are made once.
 *
 * @returns a function that throws StorageError SL7015 if the rows do not match the columns
 */
export function rowEncoder(columns: readonly LogColumn[]): EncodeRows {
  const encoders = columns.map((column) => encoderKinds[column.kind](column));
  return (rows) => {
    const cells = new Array<Cells>(encoders.length);
    for (let i = 0; i < encoders.length; i++) cells[i] = (encoders[i] as Encoder)(rows);
    return cells;
  };
}

type Encoder = (rows: Rows) => Cells;

const encoderKinds = {
  row: () => encodeRowIds,
  time: () => encodeTimes,
  in: (column) => (rows) => portCells(column, portTensor(rows, "in", column), rows.count),
  inShape: (column) => (rows) => shapeCells(column, portTensor(rows, "in", column)),
  out: (column) => (rows) => portCells(column, portTensor(rows, "out", column), rows.count),
  outShape: (column) => (rows) => shapeCells(column, portTensor(rows, "out", column)),
  modelOut: (column) => (rows) => portCells(column, portTensor(rows, "modelOut", column), rows.count),
  modelOutShape: (column) => (rows) => shapeCells(column, portTensor(rows, "modelOut", column)),
  longShape: (column) => (rows) => rowShapeCells(portTensor(rows, column.of ?? "in", column)),
  longDigest: (column) => (rows) => {
    const tensor = portTensor(rows, column.of ?? "in", column);
    return tensor === null || tensor === undefined
      ? noCells
      : perRow(longRowDigests(tensor, rows.count, column.maxElements ?? Infinity));
  },
  failureCount: () => encodeFailureCounts,
  validation: ({ name }) => {
    const cellsOf = remembered(perRow);
    return ({ batch, count }) => {
      const flags = batch.failures.get(name);
      if (flags?.length !== count)
        throw mismatchError(
          `the results of validation '${name}' are missing, or their number is not the number of rows`,
        );
      return cellsOf(flags);
    };
  },
  lastModel: () => {
    const cellsOf = remembered(sameValue);
    return ({ meta }) => cellsOf(meta.lastModel);
  },
  pipelineVersion: () => {
    const cellsOf = remembered(sameValue);
    return ({ version }) => cellsOf(version);
  },
  elapsed: () => encodeElapsed,
  metadata:
    () =>
    ({ meta }) =>
      meta.metadata === null ? noCells : sameValue(JSON.stringify(meta.metadata)),
  note:
    () =>
    ({ note }) =>
      note === null ? noCells : sameValue(note),
  challengerElapsed:
    () =>
    ({ elapsed }) =>
      elapsed === null ? noCells : sameValue(nanoseconds(elapsed)),
} satisfies Record<ColumnKind, (column: LogColumn) => Encoder>;

/** Makes the cells of a value again only if it is another value than the last. */
function remembered<V>(make: (value: V) => Cells): (value: V) => Cells {
  let last: { readonly value: V; readonly cells: Cells } | undefined;
  return (value) => {
    if (last?.value !== value) last = { value, cells: make(value) };
    return last.cells;
  };
}

function encodeRowIds({ firstRow, count }: Rows): Cells {
  if (count === 1) return sameValue(firstRow);
  const ids = new BigInt64Array(count);
  for (let row = 0, id = firstRow; row < count; row++, id++) ids[row] = id;
  return perRow(ids);
}

function encodeTimes({ batch: { time }, count }: Rows): Cells {
  if (time.length !== count || !areTimes(time)) throw mismatchError("the times of the rows are missing or not finite");
  if (count === 1) return sameValue(BigInt(Math.trunc(time[0] ?? 0)));
  return perRow(toBigIntMilliseconds(time));
}

function encodeFailureCounts({ batch: { failures }, count }: Rows): Cells {
  if (count > 1) return perRow(failureCounts({ rows: count, failures }));
  const failed = failuresOf(failures);
  return failed === 0 ? noFailures : sameValue(failed);
}

function encodeElapsed({ meta: { elapsed } }: Rows): Cells {
  const items = new Array<bigint>(elapsed.length);
  for (let i = 0; i < items.length; i++) items[i] = nanoseconds(elapsed[i] ?? 0);
  return sameList(items);
}

/** The values of a column's port; null if a challenger has no output. */
function portTensor(
  { batch, outputs }: Rows,
  kind: PortKind,
  { model, name }: LogColumn,
): RowsTensor | null | undefined {
  if (kind === "in") return batch.inputs.get(name);
  if (kind === "out") return outputs === null ? null : outputs.get(name);
  return batch.challengers.get(model)?.outputs.get(name);
}

const scalarDims: readonly number[] = [];
const noCells: Cells = { data: null, size: 0, dims: scalarDims, same: true };

function perRow(data: NonNullable<Cells["data"]>): Cells {
  return { data, size: 1, dims: scalarDims, same: false };
}

function sameValue(value: number | bigint | string): Cells {
  return { data: [value], size: 1, dims: scalarDims, same: true };
}

const noFailures = sameValue(0);

function sameList(items: readonly bigint[]): Cells {
  return { data: items, size: items.length, dims: [items.length], same: true };
}

/** Number of failed validations of the only row. */
function failuresOf(failures: ReadonlyMap<string, Uint8Array>): number {
  let count = 0;
  for (const failed of failures.values()) count += failed[0] ?? 0;
  return count;
}

function areTimes(list: Float64Array): boolean {
  for (let i = 0; i < list.length; i++) if (!(Math.abs(list[i] ?? NaN) < 2 ** 63)) return false;
  return true;
}

function nanoseconds(ns: number): bigint {
  return BigInt(Math.round(ns));
}

function portCells(column: LogColumn, tensor: RowsTensor | null | undefined, count: number): Cells {
  if (tensor === null) return noCells;
  const { name, type, depth, port, redacted, maxElements } = column;
  if (tensor === undefined) throw mismatchError(`port '${name}' is missing`);
  const stored = redacted ? redact(tensor) : tensor;
  const kept = port === null || maxElements === null ? stored : dropLongRows(stored, port, maxElements);
  const { dtype, data } = kept;
  const shape = port?.shape ?? null;
  if (dtype !== type) throw mismatchError(`port '${name}' is ${dtype}, its column is ${type}`);
  if (rowCount(kept) !== count)
    throw mismatchError(`port '${name}' has ${rowCount(kept)} rows, the batch has ${count}`);
  if (isRagged(kept)) return raggedCells(name, shape, kept);
  const { dims } = kept;
  if (shape !== null && !fits(shape, dims)) throw misfit(name, shape, dims);
  const size = rowSize(dims);
  if (data.length < count * size)
    throw mismatchError(`port '${name}' holds ${data.length} elements, its dimensions need ${count * size}`);
  return { data, size, dims: depth === 0 ? scalarDims : shape === null ? [size] : dims.slice(1), same: false };
}

function raggedCells(name: string, shape: readonly Dim[] | null, { shapes, offsets, data }: RaggedTensor): Cells {
  if (shape !== null)
    for (const dims of shapes) if (!fits(shape, [1, ...dims])) throw misfit(name, shape, [1, ...dims]);
  const end = offsets[shapes.length] ?? 0;
  if (data.length < end) throw mismatchError(`port '${name}' holds ${data.length} elements, its rows need ${end}`);
  const lengths = shape === null ? shapes.map((_, row) => [(offsets[row + 1] ?? 0) - (offsets[row] ?? 0)]) : shapes;
  return { data, size: 0, dims: lengths[0] ?? [], same: false, ragged: { shapes: lengths, offsets } };
}

function misfit(name: string, shape: readonly Dim[], dims: readonly number[]): StorageError {
  return mismatchError(
    `port '${name}' has dimensions [${dims.join(", ")}], its column takes [${shape.map((dim) => dim ?? "?").join(", ")}]`,
  );
}

function fits(shape: readonly Dim[], dims: readonly number[]): boolean {
  if (dims.length !== Math.max(shape.length, 1)) return false;
  for (let axis = 1; axis < dims.length; axis++)
    if (typeof shape[axis] === "number" && shape[axis] !== dims[axis]) return false;
  return true;
}

function shapeCells({ source, maxElements }: LogColumn, tensor: RowsTensor | null | undefined): Cells {
  if (tensor === null || tensor === undefined || source === null || maxElements === null) return rowShapeCells(tensor);
  return rowShapeCells(dropLongRows(tensor, source, maxElements));
}

function rowShapeCells(tensor: RowsTensor | null | undefined): Cells {
  if (tensor === null) return noCells;
  if (tensor === undefined || !isRagged(tensor)) return sameList((tensor?.dims.slice(1) ?? []).map(BigInt));
  const rank = tensor.shapes[0]?.length ?? 0;
  return { data: BigInt64Array.from(tensor.shapes.flat(), BigInt), size: rank, dims: [rank], same: false };
}

function mismatchError(text: string): StorageError {
  return new StorageError("SL7015", `the rows do not fit the log: ${text}; log what the pipeline's config describes`);
}
