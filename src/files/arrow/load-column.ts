import * as arrow from "apache-arrow";
import { Type } from "apache-arrow/fb/type";
import type { BatchReader, ByteBudget, FieldPart } from "./batch-reader.js";
import { textOverhead } from "../wanted-rows.js";
import { DamagedArrowError } from "./ipc-messages.js";
import { type IpcField, isList } from "./ipc-schema.js";
import { gather, maxOffset } from "./gather.js";

/** The values of each dictionary that was read so far. */
export type Dictionaries = ReadonlyMap<bigint, arrow.Data>;

/** Thrown for a column of a type that no tensor has. */
export class UnsupportedTypeError extends Error {}

/**
 * Loads a column of a batch. Views, large offsets and dictionaries are resolved: lists have 32-bit offsets, texts are
 * `Utf8`.
 *
 * @throws DamagedArrowError for buffers that contradict each other, UnsupportedTypeError for a type that no tensor has
 */
export function loadColumn(reader: BatchReader, field: IpcField, dictionaries: Dictionaries): arrow.Data {
  const part = reader.next(field);
  if (field.dictionary !== null) return loadDictionary(part, field, field.dictionary, dictionaries, reader.budget);
  if (isList(field)) return loadList(reader, part, field, dictionaries);
  const { elements } = field;
  if (elements === null) throw new UnsupportedTypeError(field.typeName);
  const nulls = readNulls(part);
  const { length } = part;
  if (arrow.DataType.isUtf8(elements)) reader.budget.take(length * textOverhead);
  if (field.type === Type.Utf8View)
    return arrow.makeData({
      type: new arrow.Utf8(),
      length,
      ...nulls,
      ...readViews(part, nulls.nullBitmap, reader.budget),
    });
  if (arrow.DataType.isUtf8(elements))
    return arrow.makeData({ type: elements, length, ...nulls, ...readTexts(part, field.type === Type.LargeUtf8) });
  if (arrow.DataType.isBool(elements)) {
    const data = part.buffer(1);
    if (data.length * 8 < length) throw new DamagedArrowError("a column of booleans is too short");
    return arrow.makeData({ type: elements, length, ...nulls, data });
  }
  const ArrayType = elements.ArrayType as unknown as ElementArray;
  // Each number type accepts its own typed array; the cast only picks one overload.
  return arrow.makeData({
    type: elements as arrow.Int8,
    length,
    ...nulls,
    data: elementsOf(ArrayType, part.buffer(1), length) as Int8Array,
  });
}

interface ElementArray {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): ArrayBufferView;
}

/** The first `length` elements of a buffer, which may begin at any byte. */
function elementsOf<T extends ElementArray>(ArrayType: T, bytes: Uint8Array, length: number): InstanceType<T> {
  const size = length * ArrayType.BYTES_PER_ELEMENT;
  if (size > bytes.length)
    throw new DamagedArrowError(`a buffer of ${bytes.length} bytes should hold ${length} values`);
  const aligned = bytes.byteOffset % ArrayType.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice(0, size);
  return new ArrayType(aligned.buffer, aligned.byteOffset, length) as InstanceType<T>;
}

function readNulls(part: FieldPart): { readonly nullCount: number; readonly nullBitmap?: Uint8Array } {
  if (part.nullCount === 0) return { nullCount: 0 };
  const nullBitmap = part.buffer(0);
  if (nullBitmap.length * 8 < part.length) throw new DamagedArrowError("a column's nulls are missing");
  return { nullCount: part.nullCount, nullBitmap };
}

/** Offsets as 32-bit numbers, from 0 on. `limit` is the end of what they refer to. */
function readOffsets(bytes: Uint8Array, length: number, isLarge: boolean, limit: number): Int32Array {
  // No entries may come without any offset.
  if (length === 0) return new Int32Array(1);
  const offsets = isLarge ? elementsOf(BigInt64Array, bytes, length + 1) : elementsOf(Int32Array, bytes, length + 1);
  const result = new Int32Array(length + 1);
  let last = 0;
  for (let i = 0; i <= length; i++) {
    const offset = Number(offsets[i]);
    if (!(offset >= last && offset <= limit)) throw new DamagedArrowError("a column's offsets are out of order");
    result[i] = last = offset;
  }
  return result;
}

function readTexts(
  part: FieldPart,
  isLarge: boolean,
): { readonly valueOffsets: Int32Array; readonly data: Uint8Array } {
  const data = part.buffer(2);
  if (data.length > maxOffset) throw new DamagedArrowError("a batch has more than 2 GB of text; write smaller batches");
  return { valueOffsets: readOffsets(part.buffer(1), part.length, isLarge, data.length), data };
}

/** Each entry has 16 bytes: a length, then the text itself or a prefix, a buffer and an offset in it. */
function readViews(
  part: FieldPart,
  nullBitmap: Uint8Array | undefined,
  budget: ByteBudget,
): { readonly valueOffsets: Int32Array; readonly data: Uint8Array } {
  const bytes = part.buffer(1);
  if (bytes.length < part.length * 16) throw new DamagedArrowError("a column of text views is too short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const buffers = part.dataBuffers();
  const nothing = new Uint8Array(0);
  const textAt = (i: number): Uint8Array => {
    // The view of a null may be anything.
    if (!bitAt(nullBitmap, i)) return nothing;
    const at = i * 16;
    const length = view.getInt32(at, true);
    const isInline = length <= 12;
    const source = isInline ? bytes : buffers[view.getInt32(at + 8, true)];
    const from = isInline ? at + 4 : view.getInt32(at + 12, true);
    if (source === undefined || length < 0 || from < 0 || from + length > source.length)
      throw new DamagedArrowError("a text view points outside its buffers");
    return source.subarray(from, from + length);
  };
  const valueOffsets = new Int32Array(part.length + 1);
  let end = 0;
  for (let i = 0; i < part.length; i++) {
    end += textAt(i).length;
    if (end > maxOffset) throw new DamagedArrowError("a batch has more than 2 GB of text; write smaller batches");
    valueOffsets[i + 1] = end;
  }
  // Views may share bytes, so that a small file holds very much text.
  budget.take(end);
  const data = new Uint8Array(end);
  for (let i = 0; i < part.length; i++) data.set(textAt(i), valueOffsets[i]);
  return { valueOffsets, data };
}

function loadList(reader: BatchReader, part: FieldPart, field: IpcField, dictionaries: Dictionaries): arrow.Data {
  const [item] = field.children;
  if (item === undefined || field.children.length !== 1)
    throw new DamagedArrowError("a list has no type of its entries");
  const nulls = readNulls(part);
  const { length } = part;
  const isLarge = field.type === Type.LargeList || field.type === Type.LargeListView;
  const isView = field.type === Type.ListView || field.type === Type.LargeListView;
  const [offsets, sizes] = [field.type === Type.FixedSizeList ? null : part.buffer(1), isView ? part.buffer(2) : null];
  const child = loadColumn(reader, item, dictionaries);
  const entry = new arrow.Field("item", child.type, true);
  if (offsets === null) {
    const size = field.listSize;
    if (size < 1) throw new UnsupportedTypeError(`FixedSizeList of ${size}`);
    if (child.length < length * size) throw new DamagedArrowError("a list ends outside its values");
    return arrow.makeData({ type: new arrow.FixedSizeList(size, entry), length, ...nulls, child });
  }
  const type = new arrow.List(entry);
  if (sizes === null)
    return arrow.makeData({
      type,
      length,
      ...nulls,
      valueOffsets: readOffsets(offsets, length, isLarge, child.length),
      child,
    });
  const Elements = isLarge ? BigInt64Array : Int32Array;
  const [starts, counts] = [elementsOf(Elements, offsets, length), elementsOf(Elements, sizes, length)];
  const rangeOf = (i: number): [start: number, count: number] =>
    nulls.nullBitmap !== undefined && !bitAt(nulls.nullBitmap, i) ? [0, 0] : [Number(starts[i]), Number(counts[i])];
  const valueOffsets = new Int32Array(length + 1);
  let end = 0;
  for (let i = 0; i < length; i++) {
    const [start, count] = rangeOf(i);
    if (!(start >= 0 && count >= 0 && start + count <= child.length))
      throw new DamagedArrowError("a list view points outside its values");
    end += count;
    if (end > maxOffset) throw new DamagedArrowError("a batch has more than 2 GB of values; write smaller batches");
    valueOffsets[i + 1] = end;
  }
  // Views may share values, so that a small file holds very many.
  reader.budget.take(end * 4);
  const places = new Int32Array(end);
  for (let i = 0, at = 0; i < length; i++) {
    const [start, count] = rangeOf(i);
    for (let j = 0; j < count; j++) places[at++] = start + j;
  }
  return arrow.makeData({ type, length, ...nulls, valueOffsets, child: gather(child, places, reader.budget) });
}

function loadDictionary(
  part: FieldPart,
  field: IpcField,
  { id, index }: NonNullable<IpcField["dictionary"]>,
  dictionaries: Dictionaries,
  budget: ByteBudget,
): arrow.Data {
  if (field.elements === null) throw new UnsupportedTypeError(`Dictionary of ${field.typeName}`);
  const values = dictionaries.get(id);
  if (values === undefined) throw new DamagedArrowError("a dictionary is missing");
  const { nullBitmap } = readNulls(part);
  const ArrayType = index.ArrayType as unknown as ElementArray;
  const elements = elementsOf(ArrayType, part.buffer(1), part.length) as unknown as ArrayLike<number | bigint>;
  budget.take(part.length * 4);
  const places = new Int32Array(part.length).map((_, i) => {
    if (nullBitmap !== undefined && !bitAt(nullBitmap, i)) return -1;
    const at = Number(elements[i]);
    if (!(at >= 0 && at < values.length)) throw new DamagedArrowError("an index points outside its dictionary");
    return at;
  });
  return gather(values, places, budget);
}

/** A member of a struct, null also where the struct is. */
export function withParentNulls(member: arrow.Data, parent: FieldPart, budget: ByteBudget): arrow.Data {
  if (member.length < parent.length) throw new DamagedArrowError("a struct ends outside its members");
  const { nullBitmap } = readNulls(parent);
  if (nullBitmap === undefined) return member;
  const places = new Int32Array(parent.length).map((_, i) => (bitAt(nullBitmap, i) ? i : -1));
  return gather(member, places, budget);
}

function bitAt(bitmap: Uint8Array | undefined, at: number): boolean {
  return bitmap === undefined || (((bitmap[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
}
