import { DataType, Precision, Vector, type Data, type Dictionary, type Utf8View } from "apache-arrow";
import type { ErrorCode } from "../../dsl/messages/error-codes.js";
import { InputError } from "../../dsl/errors.js";
import type { DType, Port } from "../../dsl/tensor.js";
import { allocate } from "./dtypes.js";
import type { TensorData, TensorElements } from "./tensor-data.js";

/**
 * Converts an Arrow column to the tensor of a port. Accepts `List`, `LargeList` and `FixedSizeList` nested to the
 * port's rank, several chunks and sliced vectors. The element type must be the port's.
 *
 * @param vector the column
 * @param port the expected dtype and shape; an open dimension must be the same in every row
 * @param where the column's name in messages: `column 'dense_input'`
 * @throws InputError SL5018 wrong element type, SL5008 wrong rank, SL5005 a null, SL5007 a wrong length, SL5009 ragged
 * rows, SL5019 a damaged column
 * @example tensorFromVector(table.getChild("x"), { name: "x", dtype: "float32", shape: ["N", 29] }, "column 'x'")
 */
export function tensorFromVector(vector: Vector, port: Port, where: string): TensorData {
  const column = new Column(port, where);
  const [depth, leaf] = innermostType(vector.type);
  const expectedDepth = port.shape === null ? depth : Math.max(port.shape.length - 1, 0);
  if (depth !== expectedDepth) {
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
  const sizes = Array.from({ length: depth }, (_, level) => fixedSize(port, level + 1));
  const leaves: Leaf[] = [];
  let row = 0;
  for (const data of vector.data) {
    leaves.push(column.descend(data, 0, data.length, sizes, 0, row, 1));
    row += data.length;
  }
  const dims = [row, ...sizes.map((size, level) => size ?? listSize(vector.type, level) ?? 0)];
  return { dtype: port.dtype, dims, data: joinLeaves(port.dtype, leaves, column) };
}

/** A range of innermost elements of one chunk. */
interface Leaf {
  readonly data: Data;
  readonly start: number;
  readonly count: number;
}

class Column {
  readonly #port: Port;
  readonly #where: string;

  constructor(port: Port, where: string) {
    this.#port = port;
    this.#where = where;
  }

  /** Descends one list level. The first list sets `sizes[level]` if it is open; `perRow` entries belong to one row. */
  descend(
    data: Data,
    start: number,
    count: number,
    sizes: (number | null)[],
    level: number,
    firstRow: number,
    perRow: number,
  ): Leaf {
    const row = (entry: number) => firstRow + Math.floor(entry / Math.max(perRow, 1));
    this.#refuseNulls(data, start, count, row);
    if (level === sizes.length) return { data, start, count };
    const child = data.children[0];
    if (child === undefined) throw this.damaged();
    const offsets = data.valueOffsets as Int32Array | BigInt64Array | undefined;
    const fixed = DataType.isFixedSizeList(data.type) ? data.type.listSize : null;
    for (let i = 0; i < (fixed === null ? count : Math.min(count, 1)); i++) {
      const length = fixed ?? Number(offsets?.[start + i + 1]) - Number(offsets?.[start + i]);
      if (!Number.isSafeInteger(length) || length < 0) throw this.damaged();
      const size = sizes[level] ?? (sizes[level] = length);
      if (length !== size) throw this.#wrongLength(row(i), level, length, size);
    }
    const size = sizes[level] ?? 0;
    const from = fixed === null ? Number(offsets?.[start] ?? 0) : start * fixed;
    if (from < 0 || from + count * size > child.length) throw this.damaged();
    return this.descend(child, from, count * size, sizes, level + 1, firstRow, perRow * size);
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
    const fixed = fixedSize(this.#port, level + 1) !== null;
    return this.error(
      fixed ? "SL5007" : "SL5009",
      fixed
        ? `row ${row} has a list of ${length}, ${describePort(this.#port)} takes ${size}; send lists of that length`
        : `row ${row} has a list of ${length}, the rows before it have ${size}; ${describePort(this.#port)} takes rows of one size in a batch`,
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

function joinLeaves(dtype: DType, leaves: readonly Leaf[], column: Column): TensorElements {
  const [only] = leaves;
  const plain = dtype !== "bool" && dtype !== "string";
  // A copy: challengers and the log read it later, when the caller may have reused the buffer.
  if (plain && only !== undefined && leaves.length === 1) return range(only, column).slice();
  const out = allocate(
    dtype,
    leaves.reduce((sum, leaf) => sum + leaf.count, 0),
  );
  let at = 0;
  for (const leaf of leaves) {
    if (dtype === "string") readStrings(leaf, out as string[], at, column);
    else if (dtype === "bool") readBits(leaf, out as Uint8Array, at, column);
    else (out as Float64Array).set(range(leaf, column) as Float64Array, at);
    at += leaf.count;
  }
  return out;
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
  if (DataType.isDictionary(data.type)) {
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
  if (DataType.isUtf8View(data.type)) {
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
  const views = new Vector([data as Data<Utf8View>]);
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

function innermostType(type: DataType): [depth: number, leaf: DataType] {
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
  return (
    (DataType.isList(type) || DataType.isFixedSizeList(type) || DataType.isLargeList(type)) &&
    type.children.length === 1
  );
}

function listSize(type: DataType, level: number): number | null {
  let inner = type;
  for (let i = 0; i < level; i++) inner = inner.children[0]?.type ?? inner;
  return DataType.isFixedSizeList(inner) ? inner.listSize : null;
}

function dtypeOf(type: DataType): DType | null {
  if (DataType.isBool(type)) return "bool";
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) return "string";
  if (DataType.isDictionary(type)) return dtypeOf(type.dictionary) === "string" ? "string" : null;
  if (DataType.isFloat(type))
    return type.precision === Precision.HALF ? "float16" : type.precision === Precision.SINGLE ? "float32" : "float64";
  if (DataType.isInt(type)) return `${type.isSigned ? "int" : "uint"}${type.bitWidth}`;
  return null;
}

function fixedSize(port: Port, axis: number): number | null {
  const dim = port.shape?.[axis];
  return typeof dim === "number" ? dim : null;
}

function describePort(port: Port): string {
  const shape = port.shape === null ? "" : `[${port.shape.map((dim) => dim ?? "?").join(", ")}]`;
  return `port '${port.name}' (${port.dtype}${shape})`;
}

function describeNesting(depth: number): string {
  return ["single values", "lists", "lists of lists"][depth] ?? `lists nested ${depth} deep`;
}
