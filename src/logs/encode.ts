import type { DuckDBValue } from "@duckdb/node-api";
import { StorageError } from "../../dsl/errors.js";
import type { Dim } from "../../dsl/tensor.js";
import { float16ToNumber } from "../tensors/float16.js";
import type { ResultBatch } from "../tensors/result.js";
import { failureCounts } from "../tensors/shape-result.js";
import { rowSize, type TensorData } from "../tensors/tensor-data.js";
import type { ColumnKind, LogColumn } from "./columns.js";
import type { DuckDB } from "./duckdb.js";
import type { RowMeta } from "./pipeline-log.js";

/** Gives the value of one column for a row. */
export type Cells = (row: number) => DuckDBValue;

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
export function cellsOf(duckdb: DuckDB, columns: readonly LogColumn[], rows: Rows): Cells[] {
  return columns.map((column) => makers[column.kind](rows, column, duckdb));
}

type Maker = (rows: Rows, column: LogColumn, duckdb: DuckDB) => Cells;

const makers = {
  row: ({ firstRow }) => (row) => firstRow + BigInt(row),
  time: ({ batch: { time }, count }, _, { DuckDBTimestampMillisecondsValue }) => {
    if (time.length !== count || !time.every(Number.isFinite)) throw unfit("the times of the rows are missing or not finite");
    return (row) => new DuckDBTimestampMillisecondsValue(BigInt(Math.trunc(time[row] ?? 0)));
  },
  in: ({ batch, count }, column, duckdb) => portCells(duckdb, column, batch.inputs.get(column.name), count),
  inShape: ({ batch }, column, duckdb) => shapeCells(duckdb, batch.inputs.get(column.name)),
  out: ({ outputs, count }, column, duckdb) => (outputs === null ? empty : portCells(duckdb, column, outputs.get(column.name), count)),
  outShape: ({ outputs }, column, duckdb) => (outputs === null ? empty : shapeCells(duckdb, outputs.get(column.name))),
  beside: ({ batch, count }, column, duckdb) => portCells(duckdb, column, batch.challengers.get(column.model)?.outputs.get(column.name), count),
  besideShape: ({ batch }, { model, name }, duckdb) => shapeCells(duckdb, batch.challengers.get(model)?.outputs.get(name)),
  count: ({ batch, count }) => {
    const counts = failureCounts({ rows: count, failures: batch.failures });
    return (row) => counts[row] ?? 0;
  },
  flag: ({ batch, count }, { name }) => {
    const flags = batch.failures.get(name);
    if (flags?.length !== count) throw unfit(`the results of validation '${name}' are missing or not one a row`);
    return (row) => flags[row] === 1;
  },
  lastModel: ({ meta }) => () => meta.lastModel,
  pipelineVersion: ({ version }) => () => version,
  elapsed: ({ meta }, _, { DuckDBListValue }) => {
    const value = new DuckDBListValue(meta.elapsed.map((ns) => BigInt(Math.round(ns))));
    return () => value;
  },
  metadata: ({ meta }) => {
    const text = meta.metadata === null ? null : JSON.stringify(meta.metadata);
    return () => text;
  },
  note: ({ note }) => () => note,
  took: ({ took }) => () => (took === null ? null : BigInt(Math.round(took))),
} satisfies Record<ColumnKind, Maker>;

const empty: Cells = () => null;

function portCells(duckdb: DuckDB, { name, type, depth, port }: LogColumn, tensor: TensorData | undefined, count: number): Cells {
  if (tensor === undefined) throw unfit(`port '${name}' is missing`);
  const { dtype, dims, data } = tensor;
  const shape = port?.shape ?? null;
  const flat = shape === null;
  if (dtype !== type) throw unfit(`port '${name}' is ${dtype}, its column is ${type}`);
  if (dims[0] !== count) throw unfit(`port '${name}' has ${dims[0] ?? 0} rows, the batch has ${count}`);
  if (shape !== null && !fits(shape, dims)) throw unfit(`port '${name}' has dimensions [${dims.join(", ")}], its column takes [${shape.map((dim) => dim ?? "?").join(", ")}]`);
  const size = rowSize(dims);
  if (data.length < count * size) throw unfit(`port '${name}' holds ${data.length} elements, its dimensions need ${count * size}`);
  const element = elementOf(tensor);
  if (depth === 0) return element;
  const { DuckDBListValue } = duckdb;
  const list = (axis: number, from: number, span: number): DuckDBValue => {
    const length = flat ? size : (dims[axis] ?? 0);
    const step = length === 0 ? 0 : span / length;
    const items = new Array<DuckDBValue>(length);
    const last = flat || axis === dims.length - 1;
    for (let i = 0; i < length; i++) items[i] = last ? element(from + i) : list(axis + 1, from + i * step, step);
    return new DuckDBListValue(items);
  };
  return (row) => list(1, row * size, size);
}

function fits(shape: readonly Dim[], dims: readonly number[]): boolean {
  return dims.length === Math.max(shape.length, 1) && dims.every((dim, axis) => axis === 0 || typeof shape[axis] !== "number" || shape[axis] === dim);
}

function elementOf({ dtype, data }: TensorData): (index: number) => DuckDBValue {
  if (dtype === "bool") return (index) => data[index] === 1;
  if (dtype === "float16") return (index) => float16ToNumber(Number(data[index]));
  if (dtype === "string") return (index) => String(data[index]);
  return (index) => data[index] ?? null;
}

function shapeCells({ DuckDBListValue }: DuckDB, tensor: TensorData | undefined): Cells {
  const value = new DuckDBListValue((tensor?.dims.slice(1) ?? []).map(BigInt));
  return () => value;
}

function unfit(text: string): StorageError {
  return new StorageError("SL7015", `the rows do not fit the log: ${text}; log what the pipeline's config describes`);
}
