import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import type { RowsTensor, TensorData, TensorElements } from "../../tensors/tensor-data.js";
import { describeValue, isArrayOrTypedArray } from "../../util/format-value.js";
import { numberOf } from "../../util/quantities/counted.js";
import { describedValue, elementsOf } from "./flat-value.js";
import type { InputBatch } from "./input-batch.js";
import { missingInput, unknownInput } from "./names.js";
import { type RequestLimits, defaultRequestLimits, requireInputSize } from "./request-size.js";
import { describeList, describePlace, rowDims, rowShapeOf } from "./row-shape.js";
import { rowsReader } from "./rows.js";
import { repeatRow } from "./shared-inputs.js";
import { SymbolSizes } from "./symbols.js";

type Elements = Exclude<TensorElements, readonly string[]>;

/**
 * Creates the reader of `{ port: rows }`. Rows are a list with one entry per row, or all elements in the typed array of
 * the port's dtype (float16: bits in a Uint16Array; bool: 0 or 1 in a Uint8Array).
 */
export function columnReader(
  pipeline: string,
  ports: readonly Port[],
  shared: readonly string[] = [],
  missing: readonly string[] = [],
  limits: RequestLimits = defaultRequestLimits,
): (columns: object) => InputBatch {
  const readers = ports.map((port) => ({ port, read: rowsReader(port, null, missing.includes(port.name), limits) }));
  return (columns) => {
    const names = Object.keys(columns);
    const fault =
      missingInput(pipeline, ports, names, "the batch") ??
      (names.length > ports.length ? unknownInput(pipeline, ports, names, "the batch") : null);
    if (fault !== null) throw fault;
    const values = columns as Readonly<Record<string, unknown>>;
    const symbols = new SymbolSizes();
    const lists = readers.map(({ port }) =>
      shared.includes(port.name) ? [values[port.name]] : rowsOf(port, values[port.name], symbols, limits),
    );
    const counts = ports.flatMap((port, i) => (shared.includes(port.name) ? [] : [[port, countOf(lists[i])] as const]));
    const [[first, rows] = [undefined, 1]] = counts;
    for (const [port, count] of counts) {
      if (count === rows) continue;
      throw new InputError(
        "SL5013",
        `input '${port.name}' has ${numberOf(count, "row")} but input '${first?.name}' has ${rows}; give every input the same number of rows`,
      );
    }
    const readColumn = ({ read }: (typeof readers)[number], i: number): RowsTensor => {
      const list = lists[i] ?? [];
      return Array.isArray(list) ? read(list, symbols) : (list as TensorData);
    };
    // Shared inputs first: their symbols have one size in all rows.
    const repeated = readers.map((reader, i) => {
      if (!shared.includes(reader.port.name)) return null;
      const one = readColumn(reader, i) as TensorData;
      requireInputSize(reader.port, one.data.length * rows, limits);
      return repeatRow(one, rows);
    });
    return { form: "columns", rows, tensors: readers.map((reader, i) => repeated[i] ?? readColumn(reader, i)) };
  };
}

function countOf(list: readonly unknown[] | TensorData | undefined): number {
  return list === undefined ? 0 : Array.isArray(list) ? list.length : ((list as TensorData).dims[0] ?? 0);
}

/** The rows of a column: a list with one entry per row, or all elements. */
function rowsOf(
  port: Port,
  value: unknown,
  symbols: SymbolSizes,
  limits: RequestLimits,
): readonly unknown[] | TensorData {
  const details = { input: port.name };
  if (typeof value === "object" && value !== null && "data" in value && "shape" in value && !isArrayOrTypedArray(value))
    return described(port, value, symbols, limits);
  if (!isArrayOrTypedArray(value)) {
    throw new InputError(
      "SL5008",
      `input '${port.name}': expected a list with one entry per row, or a typed array of all elements, got ${describeValue(value)}`,
      details,
    );
  }
  if (value.length === 0) throw new InputError("SL5001", "the batch is empty: give at least one row");
  // A typed array holds the elements of all rows, one after another.
  if (ArrayBuffer.isView(value)) return readFlat(port, value as Elements, rowDims(port), limits);
  requireRowsInColumn(port, value as readonly unknown[]);
  return value as readonly unknown[];
}

/** A list of elements where each row is a list: often one record, given without the list around it. */
function requireRowsInColumn(port: Port, [first]: readonly unknown[]): void {
  const dims = rowDims(port) ?? [];
  // A row of one number may be the number. A list of texts holds all elements, as a typed array does.
  const isList = dims.some((dim) => typeof dim === "number" && dim > 1) && port.dtype !== "string";
  if (!isList || !["number", "bigint", "boolean"].includes(typeof first)) return;
  throw new InputError(
    "SL5008",
    `${describePlace(port.name, 0)}: expected ${describeList(port, 0, dims.length)}, got ${describeValue(first)}; an object holds columns with all rows: for one row, give a list with one record, [{ ${port.name}: … }]`,
    { row: 0, input: port.name },
  );
}

/** A column as `{ data, shape }`, the rows first in the shape. */
function described(
  port: Port,
  value: { readonly data: unknown; readonly shape: unknown },
  symbols: SymbolSizes,
  limits: RequestLimits,
): TensorData {
  const where = `input '${port.name}'`;
  const { data, shape } = describedValue(port, value, where, {});
  const dims = rowDims(port);
  const row = shape.slice(1);
  if (shape[0] === 0 || shape.length === 0) throw new InputError("SL5001", "the batch is empty: give at least one row");
  if (dims !== null && (dims.length !== row.length || dims.some((dim, i) => typeof dim === "number" && dim !== row[i])))
    throw new InputError(
      "SL5015",
      `${where}: the shape [${shape.join(", ")}] does not fit; give [rows, ${dims.map((dim) => dim ?? "?").join(", ")}]`,
      { input: port.name },
    );
  requireInputSize(port, data.length, limits);
  symbols.add(port, { first: rowShapeOf(row.map((size) => ({ size, origin: { kind: "first" } }))), each: null });
  // A copy: the rows may be logged after the answer, when the caller may have changed its array.
  return { dtype: port.dtype, dims: shape, data: data.slice() };
}

function readFlat(port: Port, value: Elements, dims: ReturnType<typeof rowDims>, limits: RequestLimits): TensorData {
  const details = { input: port.name };
  const elements = elementsOf(port, value, `input '${port.name}'`, {});
  const sizes = dims?.filter((dim) => typeof dim === "number");
  if (dims === null || sizes === undefined || sizes.length !== dims.length) {
    throw new InputError(
      "SL5015",
      `input '${port.name}' has no fixed row size, so a flat typed array cannot be cut into rows; give a list with one entry per row, or { data, shape: [rows, …] }`,
      details,
    );
  }
  const size = sizes.reduce((product, dim) => product * dim, 1);
  if (size === 0 || value.length % size !== 0) {
    throw new InputError(
      "SL5015",
      `input '${port.name}': ${value.length} elements cannot be split into rows of ${size}`,
      details,
    );
  }
  requireInputSize(port, value.length, limits);
  // A copy: the rows may be logged after the answer, when the caller may have changed its array.
  return { dtype: port.dtype, dims: [value.length / size, ...sizes], data: elements.slice() };
}
