import type { Data } from "apache-arrow";
import { Bool, DataType, Field, List, Utf8, Vector, makeData } from "apache-arrow";
import { elementCount, isRagged, type RaggedTensor, type RowsTensor, type TensorData } from "../tensor-data.js";
import { arrowTypes } from "./arrow-types.js";

/**
 * Converts a tensor to an Arrow column: scalars for rank 1, one level of `List` for each further dimension. Numbers are
 * not copied; bool is packed and string is encoded.
 *
 * @param tensor the rows; the vector keeps `tensor.data`, so do not write to it afterwards
 * @param valid one entry per row: 0 makes the row null
 * @example
 * tensorToVector({ dtype: "float32", dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) }); // List<Float32>, 2 rows
 */
export function tensorToVector(tensor: RowsTensor, valid?: Uint8Array): Vector {
  return new Vector([tensorToArrowData(tensor, valid)]);
}

/** Like `tensorToVector`, as one chunk. */
export function tensorToArrowData(tensor: RowsTensor, valid?: Uint8Array): Data {
  if (isRagged(tensor)) return raggedToArrowData(tensor, valid);
  const rows = tensor.dims[0] ?? 0;
  const counts: number[] = [];
  let count = 1;
  for (const dim of tensor.dims) counts.push((count *= dim));
  const nulls = valid === undefined ? {} : bitmap(valid, rows);
  const leaf = leafData(tensor, counts.at(-1) ?? 0, counts.length <= 1 ? nulls : {});
  let data = leaf;
  for (let axis = counts.length - 1; axis >= 1; axis--) {
    const length = counts[axis - 1] ?? 0;
    data = nestInLists(data, length, tensor.dims[axis] ?? 0, axis === 1 ? nulls : {});
  }
  return data;
}

function raggedToArrowData(tensor: RaggedTensor, valid?: Uint8Array): Data {
  const { shapes } = tensor;
  const rank = shapes[0]?.length ?? 0;
  const nulls = valid === undefined ? {} : bitmap(valid, shapes.length);
  let data = leafData(tensor, tensor.offsets.at(-1) ?? 0, rank === 0 ? nulls : {});
  for (let axis = rank - 1; axis >= 0; axis--) data = listsOf(data, shapes, axis, axis === 0 ? nulls : {});
  return data;
}

/** The lists of one level: in each row as many as the outer dimensions say, each of the row's size along the axis. */
function listsOf(child: Data, shapes: RaggedTensor["shapes"], axis: number, nulls: Nulls): Data {
  const counts = shapes.map((shape) => elementCount(shape.slice(0, axis)));
  const length = counts.reduce((sum, count) => sum + count, 0);
  const valueOffsets = new Int32Array(length + 1);
  let list = 0;
  for (const [row, count] of counts.entries()) {
    const size = shapes[row]?.[axis] ?? 0;
    for (let i = 0; i < count; i++, list++) valueOffsets[list + 1] = (valueOffsets[list] ?? 0) + size;
  }
  return makeData({ type: new List(new Field("item", child.type, true)), length, ...nulls, valueOffsets, child });
}

/** The Arrow type of a column of tensors of this rank. */
export function columnType(dtype: TensorData["dtype"], rank: number): DataType {
  let type = arrowTypes[dtype];
  for (let axis = 1; axis < rank; axis++) type = new List(new Field("item", type, true));
  return type;
}

/** A column of nulls. */
export function nullData(type: DataType, rows: number): Data {
  const nulls = { nullCount: rows, nullBitmap: new Uint8Array(bitmapBytes(rows)) };
  if (DataType.isList(type)) {
    return makeData({
      type,
      length: rows,
      ...nulls,
      valueOffsets: new Int32Array(rows + 1),
      child: nullData(type.valueType, 0),
    });
  }
  if (DataType.isUtf8(type)) {
    return makeData({ type, length: rows, ...nulls, valueOffsets: new Int32Array(rows + 1), data: new Uint8Array(0) });
  }
  const ArrayType = type.ArrayType as new (length: number) => Uint8Array;
  return makeData({
    type: type as Bool,
    length: rows,
    ...nulls,
    data: new ArrayType(DataType.isBool(type) ? bitmapBytes(rows) : rows),
  });
}

interface Nulls {
  readonly nullCount?: number;
  readonly nullBitmap?: Uint8Array;
}

function nestInLists(child: Data, length: number, size: number, nulls: Nulls): Data {
  const valueOffsets = new Int32Array(length + 1);
  for (let i = 1; i <= length; i++) valueOffsets[i] = i * size;
  return makeData({ type: new List(new Field("item", child.type, true)), length, ...nulls, valueOffsets, child });
}

function leafData({ dtype, data }: RowsTensor, length: number, nulls: Nulls): Data {
  const type = arrowTypes[dtype];
  if (dtype === "string") return utf8(data as readonly string[], length, nulls);
  const values = data as Uint8Array;
  if (dtype === "bool") return makeData({ type: new Bool(), length, ...nulls, data: packBits(values, length) });
  // Each number type accepts its own typed array; the cast only picks one overload.
  return makeData({
    type: type as Bool,
    length,
    ...nulls,
    data: values.length === length ? values : values.subarray(0, length),
  });
}

function utf8(texts: readonly string[], length: number, nulls: Nulls): Data {
  const valueOffsets = new Int32Array(length + 1);
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (let i = 0; i < length; i++) {
    const piece = Buffer.from(texts[i] ?? "", "utf8");
    pieces.push(piece);
    bytes += piece.length;
    valueOffsets[i + 1] = bytes;
  }
  return makeData({ type: new Utf8(), length, ...nulls, valueOffsets, data: Buffer.concat(pieces, bytes) });
}

function bitmap(valid: Uint8Array, rows: number): Nulls {
  let nullCount = 0;
  for (let i = 0; i < rows; i++) if (valid[i] !== 1) nullCount += 1;
  return nullCount === 0 ? {} : { nullCount, nullBitmap: packBits(valid, rows) };
}

/** One bit per entry, lowest bit first, padded to 64 bits as Arrow requires. */
function packBits(flags: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(bitmapBytes(length));
  for (let i = 0; i < length; i++) if (flags[i] === 1) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  return bytes;
}

function bitmapBytes(length: number): number {
  return ((length + 63) & ~63) >> 3;
}
