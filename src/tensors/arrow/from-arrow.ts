import type { Data, DataType, Dictionary, Utf8View, Vector } from "apache-arrow";
import type { ErrorCode } from "../../../dsl/messages/error-codes.js";
import { InputError } from "../../../dsl/errors.js";
import { rowShape } from "../../../dsl/rows.js";
import type { DType, Port } from "../../../dsl/tensor.js";
import { allocate } from "../dtypes.js";
import { elementCount, type RowsTensor, type TensorElements } from "../tensor-data.js";
import { hasId, isDictionary, isFixedSizeList, isFloat, isInt, isUtf8View, floatTypes } from "./type-ids.js";

/**
 * Converts an Arrow column to the rows of a port. Accepts `List`, `LargeList` and `FixedSizeList` nested to the rank of
 * the port's rows, several chunks and sliced vectors, and single values where a row is one number. The element type
 * must be the port's. Rows may differ in size along open dimensions.
 *
 * @param vector the column
 * @param port the expected dtype and shape
 * @param where the column's name in messages: `column 'dense_input'`
 * @param options `nullAsNaN`: a null element of a float column is NaN; `onElements` is told how many elements there
 *   are before they are allocated, and may throw
 * @throws InputError SL5018 wrong element type, SL5008 wrong rank, SL5005 a null, SL5007 a wrong length, SL5009 a
 * ragged row, SL5019 a damaged column
 * @example tensorFromVector(table.getChild("x"), { name: "x", dtype: "float32", shape: ["batch", 29] }, "column 'x'")
 */
export function tensorFromVector(
  vector: Vector,
  port: Port,
  where: string,
  { nullAsNaN = false, onElements }: VectorOptions = {},
): RowsTensor {
  const [depth, leaf] = innermostType(vector.type);
  const row = rowShape(port.shape);
  const column = new Column(port, where, nullAsNaN ? depth : null, vector.constructor as typeof Vector);
  const isOneNumber = depth === 0 && row !== null && row.every((dim) => dim === 1);
  const expectedDepth = row === null ? depth : row.length;
  if (depth !== expectedDepth && !isOneNumber) {
    throw column.error(
      "SL5008",
      `found ${describeNesting(depth)}, expected ${describeNesting(expectedDepth)} for ${describePort(port)}; nest the values as the shape says`,
    );
  }
  const found = dtypeOf(leaf);
  if (found !== port.dtype) {
    const expected = port.dtype === "string" ? "Utf8" : port.dtype;
    throw column.error(
      "SL5018",
      `found ${found ?? String(leaf)}, expected ${expected} for ${describePort(port)}; cast the column to ${expected} first`,
      {
        found: found ?? String(leaf),
        expected,
      },
    );
  }
  const { dtype } = port;
  const sizes = Array.from({ length: depth }, (_, level) => fixedSize(port, level));
  const leaves: Leaf[] = [];
  let rows = 0;
  for (const data of vector.data) {
    const found = column.descend(data, 0, data.length, sizes, 0, rows, 1);
    if (found === null) return raggedFromVector(vector, port, depth, column, onElements);
    leaves.push(found);
    rows += data.length;
  }
  const dims = sizes.map((size, level) => size ?? listSize(vector.type, level) ?? 0);
  const data = joinLeaves(dtype, leaves, column, onElements);
  return { dtype, dims: [rows, ...(isOneNumber ? row.map(Number) : dims)], data };
}

/** Rows that differ in shape. The lists of one row must have one length. */
function raggedFromVector(
  vector: Vector,
  port: Port,
  depth: number,
  column: Column,
  onElements: VectorOptions["onElements"],
): RowsTensor {
  const shapes: number[][] = [];
  const offsets = [0];
  const leaves: Leaf[] = [];
  for (const data of vector.data) {
    for (let i = 0; i < data.length; i++) {
      const shape: number[] = [];
      leaves.push(column.descendRow(data, i, 1, depth, shape, shapes.length));
      shapes.push(shape);
      offsets.push((offsets.at(-1) ?? 0) + elementCount(shape));
    }
  }
  return { dtype: port.dtype, shapes, offsets, data: joinLeaves(port.dtype, leaves, column, onElements) };
}

/** How a column is converted. */
interface VectorOptions {
  readonly nullAsNaN?: boolean;
  readonly onElements?: (count: number) => void;
}

const float16NaN = 0x7e00;

/** A range of innermost elements of one chunk. */
interface Leaf {
  readonly data: Data;
  readonly start: number;
  readonly count: number;
}

class Column {
  readonly #port: Port;
  readonly #where: string;
  /** The level whose nulls are NaN; null: no nulls are accepted. */
  readonly #nullableLevel: number | null;

  /** The class of vectors of the copy of apache-arrow that made the column. */
  readonly vectorClass: typeof Vector;

  constructor(port: Port, where: string, nullableLevel: number | null, vectorClass: typeof Vector) {
    this.vectorClass = vectorClass;
    this.#port = port;
    this.#where = where;
    this.#nullableLevel = nullableLevel;
  }

  get nullAsNaN(): boolean {
    return this.#nullableLevel !== null;
  }

  /**
   * Descends one list level. The first list sets `sizes[level]` if it is open; `perRow` entries belong to one row. Null
   * if lists of an open level differ in length.
   */
  descend(
    data: Data,
    start: number,
    count: number,
    sizes: (number | null)[],
    level: number,
    firstRow: number,
    perRow: number,
  ): Leaf | null {
    const row = (entry: number) => firstRow + Math.floor(entry / Math.max(perRow, 1));
    if (level !== this.#nullableLevel) this.#refuseNulls(data, start, count, row);
    if (level === sizes.length) return { data, start, count };
    const child = data.children[0];
    if (child === undefined) throw this.damaged();
    const offsets = data.valueOffsets as Int32Array | BigInt64Array | undefined;
    const fixed = isFixedSizeList(data.type) ? data.type.listSize : null;
    for (let i = 0; i < (fixed === null ? count : Math.min(count, 1)); i++) {
      const length = fixed ?? Number(offsets?.[start + i + 1]) - Number(offsets?.[start + i]);
      if (!Number.isSafeInteger(length) || length < 0) throw this.damaged();
      const size = sizes[level] ?? (sizes[level] = length);
      if (length === size) continue;
      if (fixedSize(this.#port, level) === null) return null;
      throw this.#wrongLength(row(i), level, length, size);
    }
    const size = sizes[level] ?? 0;
    const from = fixed === null ? Number(offsets?.[start] ?? 0) : start * fixed;
    if (from < 0 || from + count * size > child.length) throw this.damaged();
    return this.descend(child, from, count * size, sizes, level + 1, firstRow, perRow * size);
  }

  /** Descends the lists of one row: `count` lists from `start` on. Appends the sizes of their levels to `shape`. */
  descendRow(data: Data, start: number, count: number, depth: number, shape: number[], row: number): Leaf {
    const level = shape.length;
    if (level !== this.#nullableLevel) this.#refuseNulls(data, start, count, () => row);
    if (level === depth) return { data, start, count };
    const child = data.children[0];
    if (child === undefined) throw this.damaged();
    const offsets = data.valueOffsets as Int32Array | BigInt64Array | undefined;
    const fixed = isFixedSizeList(data.type) ? data.type.listSize : null;
    const expected = fixedSize(this.#port, level);
    const startOf = (list: number) => (fixed === null ? Number(offsets?.[list]) : list * fixed);
    let size = expected;
    for (let list = start; list < start + count; list++) {
      const length = startOf(list + 1) - startOf(list);
      if (!Number.isSafeInteger(length) || length < 0) throw this.damaged();
      size ??= length;
      if (length !== size) throw this.#wrongLength(row, level, length, size);
    }
    shape.push(size ?? 0);
    const from = count === 0 ? 0 : startOf(start);
    const inner = count * (size ?? 0);
    if (!(from >= 0 && from + inner <= child.length)) throw this.damaged();
    return this.descendRow(child, from, inner, depth, shape, row);
  }

  #refuseNulls(data: Data, start: number, count: number, row: (entry: number) => number): void {
    if (data.nullCount === 0) return;
    for (let i = 0; i < count; i++) {
      if (data.getValid(start + i)) continue;
      throw this.error(
        "SL5005",
        `row ${row(i)} holds a null, ${describePort(this.#port)} takes none; fill it in or drop the row`,
        { row: row(i) },
      );
    }
  }

  #wrongLength(row: number, level: number, length: number, size: number): InputError {
    const fixed = fixedSize(this.#port, level) !== null;
    return this.error(
      fixed ? "SL5007" : "SL5009",
      fixed
        ? `row ${row} has a list of ${length}, ${describePort(this.#port)} takes ${size}; send lists of that length`
        : `row ${row} has a list of ${length} beside one of ${size}; ${describePort(this.#port)} takes lists of one length within a row`,
      { row, found: length, expected: size },
    );
  }

  nullInDictionary(): InputError {
    return this.error(
      "SL5005",
      `its dictionary holds a null that a row uses, ${describePort(this.#port)} takes none; fill it in or drop the row`,
    );
  }

  damaged(): InputError {
    return this.error("SL5019", "its lists point outside its values; write the Arrow data again");
  }

  error(code: ErrorCode, text: string, details: Record<string, unknown> = {}): InputError {
    return new InputError(code, `${this.#where}: ${text}`, { port: this.#port.name, ...details });
  }
}

function joinLeaves(
  dtype: DType,
  leaves: readonly Leaf[],
  column: Column,
  onElements: VectorOptions["onElements"],
): TensorElements {
  const total = leaves.reduce((sum, leaf) => sum + leaf.count, 0);
  onElements?.(total);
  const [only] = leaves;
  const plain = dtype !== "bool" && dtype !== "string";
  // A copy: challengers and the log read it later, when the caller may have reused the buffer.
  if (plain && only !== undefined && leaves.length === 1 && !column.nullAsNaN) return range(only, column).slice();
  const out = allocate(dtype, total);
  let at = 0;
  for (const leaf of leaves) {
    if (dtype === "string") readStrings(leaf, out as string[], at, column);
    else if (dtype === "bool") readBits(leaf, out as Uint8Array, at, column);
    else (out as Float64Array).set(range(leaf, column) as Float64Array, at);
    if (column.nullAsNaN) setNaN(dtype, leaf, out as Float64Array, at);
    at += leaf.count;
  }
  return out;
}

function setNaN(dtype: DType, { data, start, count }: Leaf, out: Float64Array, at: number): void {
  if (data.nullCount === 0) return;
  const nan = dtype === "float16" ? float16NaN : NaN;
  for (let i = 0; i < count; i++) if (!data.getValid(start + i)) out[at + i] = nan;
}

function range({ data, start, count }: Leaf, column: Column): TensorElements {
  const values = data.values as Float64Array;
  if (values.length < start + count) throw column.damaged();
  return values.subarray(start, start + count);
}

function readBits({ data, start, count }: Leaf, out: Uint8Array, at: number, column: Column): void {
  const bytes = data.values as Uint8Array;
  const first = data.offset + start;
  if (bytes.length * 8 < first + count) throw column.damaged();
  for (let i = 0; i < count; i++) out[at + i] = ((bytes[(first + i) >> 3] ?? 0) >> ((first + i) & 7)) & 1;
}

const decoder = new TextDecoder();

function readStrings({ data, start, count }: Leaf, out: string[], at: number, column: Column): void {
  if (isDictionary(data.type)) {
    const words = dictionaryWords(data, column);
    const indices = data.values as Int32Array | BigInt64Array;
    for (let i = 0; i < count; i++) {
      const word = words[Number(indices[start + i])];
      if (word === undefined) throw column.damaged();
      if (word === null) throw column.nullInDictionary();
      out[at + i] = word;
    }
    return;
  }
  if (count === 0) return;
  if (isUtf8View(data.type)) {
    readViews({ data, start, count }, out, at, column);
    return;
  }
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  const bytes = data.values as Uint8Array;
  for (let i = 0; i < count; i++) {
    const from = Number(offsets[start + i]);
    const to = Number(offsets[start + i + 1]);
    if (!(from >= 0 && from <= to && to <= bytes.length)) throw column.damaged();
    out[at + i] = decoder.decode(bytes.subarray(from, to));
  }
}

function readViews({ data, start, count }: Leaf, out: string[], at: number, column: Column): void {
  const views = new column.vectorClass([data as Data<Utf8View>]);
  for (let i = 0; i < count; i++) {
    let text: string | null;
    try {
      text = views.get(start + i);
    } catch {
      throw column.damaged();
    }
    if (text === null) throw column.damaged();
    out[at + i] = text;
  }
}

function dictionaryWords(data: Data, column: Column): readonly (string | null)[] {
  const words: (string | null)[] = [];
  for (const chunk of (data as Data<Dictionary>).dictionary?.data ?? []) {
    const part = new Array<string>(chunk.length).fill("");
    readStrings({ data: chunk, start: 0, count: chunk.length }, part, 0, column);
    for (let i = 0; i < part.length; i++) words.push(chunk.getValid(i) ? (part[i] ?? "") : null);
  }
  return words;
}

/** How deep lists are nested, and the type of their elements. */
export function innermostType(type: DataType): [depth: number, leaf: DataType] {
  let depth = 0;
  let inner = type;
  while (isList(inner)) {
    inner = inner.children[0]?.type ?? inner;
    depth += 1;
  }
  return [depth, inner];
}

/** Compares type ids and not classes, so that tables of another copy of apache-arrow are accepted. */
function isList(type: DataType): boolean {
  return hasId(type, "list", "fixedSizeList", "largeList") && type.children.length === 1;
}

function listSize(type: DataType, level: number): number | null {
  let inner = type;
  for (let i = 0; i < level; i++) inner = inner.children[0]?.type ?? inner;
  return isFixedSizeList(inner) ? inner.listSize : null;
}

/** The dtype of elements of an Arrow type; null if no tensor has them. */
export function dtypeOf(type: DataType): DType | null {
  if (hasId(type, "bool")) return "bool";
  if (hasId(type, "utf8", "largeUtf8", "utf8View")) return "string";
  if (isDictionary(type)) return dtypeOf(type.dictionary) === "string" ? "string" : null;
  if (isFloat(type)) return floatTypes[type.precision];
  if (isInt(type)) return `${type.isSigned ? "int" : "uint"}${type.bitWidth}`;
  return null;
}

function fixedSize(port: Port, level: number): number | null {
  const dim = rowShape(port.shape)?.[level];
  return typeof dim === "number" ? dim : null;
}

function describePort(port: Port): string {
  const shape = port.shape === null ? "" : `[${port.shape.map((dim) => dim ?? "?").join(", ")}]`;
  return `port '${port.name}' (${port.dtype}${shape})`;
}

function describeNesting(depth: number): string {
  return ["single values", "lists", "lists of lists"][depth] ?? `lists nested ${depth} deep`;
}
