import * as arrow from "apache-arrow";
import type { ByteBudget } from "./batch-reader.js";
import { DamagedArrowError } from "./ipc-messages.js";

/** The most that 32-bit offsets can refer to. */
export const maxOffset = 2 ** 31 - 1;

/**
 * The entries of a column at the given places, in that order; -1 gives a null.
 *
 * @param budget counts what is written: places may repeat, so that a small file gives very many entries
 * @throws DamagedArrowError for a column with other entries than numbers, booleans, texts and lists of them
 */
export function gather(data: arrow.Data, places: Int32Array, budget: ByteBudget): arrow.Data {
  const { length } = places;
  budget.take(length * 8);
  const nulls = gatherNulls(data, places);
  const type = data.type;
  if (arrow.DataType.isBool(type)) {
    const bytes = data.values as Uint8Array;
    const bits = new Uint8Array((length + 7) >> 3);
    for (const [i, at] of places.entries())
      if (at >= 0 && (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) === 1)
        bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
    return arrow.makeData({ type, length, ...nulls, data: bits });
  }
  if (arrow.DataType.isInt(type) || arrow.DataType.isFloat(type)) {
    const from = data.values as Float64Array;
    const values = new (from.constructor as Float64ArrayConstructor)(length);
    for (const [i, at] of places.entries()) if (at >= 0) values[i] = from[at] ?? 0;
    return arrow.makeData({ type: type as arrow.Float64, length, ...nulls, data: values });
  }
  if (arrow.DataType.isFixedSizeList(type)) {
    const size = type.listSize;
    budget.take(length * size * 4);
    const inner = new Int32Array(length * size);
    for (let i = 0; i < inner.length; i++) {
      const at = places[Math.floor(i / size)] ?? -1;
      inner[i] = at < 0 ? -1 : at * size + (i % size);
    }
    return arrow.makeData({ type, length, ...nulls, child: gather(data.children[0] as arrow.Data, inner, budget) });
  }
  const offsets = data.valueOffsets as Int32Array;
  const range = (at: number): [from: number, to: number] =>
    at < 0 ? [0, 0] : [offsets[at] ?? 0, offsets[at + 1] ?? 0];
  const valueOffsets = new Int32Array(length + 1);
  for (const [i, at] of places.entries()) {
    const [from, to] = range(at);
    const end = (valueOffsets[i] ?? 0) + to - from;
    if (end > maxOffset) throw new DamagedArrowError("a batch has more than 2 GB of values; write smaller batches");
    valueOffsets[i + 1] = end;
  }
  const total = valueOffsets[length] ?? 0;
  if (arrow.DataType.isUtf8(type)) {
    budget.take(total);
    const bytes = data.values as Uint8Array;
    const texts = new Uint8Array(total);
    for (const [i, at] of places.entries()) texts.set(bytes.subarray(...range(at)), valueOffsets[i]);
    return arrow.makeData({ type, length, ...nulls, valueOffsets, data: texts });
  }
  if (!arrow.DataType.isList(type)) throw new DamagedArrowError("it has views of values that no tensor has");
  budget.take(total * 4);
  const inner = new Int32Array(total);
  for (const [i, at] of places.entries()) {
    const [from, to] = range(at);
    for (let j = from; j < to; j++) inner[(valueOffsets[i] ?? 0) + j - from] = j;
  }
  return arrow.makeData({
    type,
    length,
    ...nulls,
    valueOffsets,
    child: gather(data.children[0] as arrow.Data, inner, budget),
  });
}

/**
 * The entries of two columns of numbers, booleans or texts of one type, one after another.
 *
 * @param budget counts what is written: a dictionary may grow by very many batches, each of which copies it
 */
export function concat(first: arrow.Data, second: arrow.Data, budget: ByteBudget): arrow.Data {
  const type = first.type;
  budget.take(first.byteLength + second.byteLength + (first.length + second.length) * 16);
  const chunks = [first, second];
  const length = first.length + second.length;
  const nullBitmap = new Uint8Array((length + 7) >> 3);
  const bits = new Uint8Array((length + 7) >> 3);
  let at = 0;
  for (const chunk of chunks) {
    const values = chunk.values as Uint8Array;
    for (let i = 0; i < chunk.length; i++, at++) {
      const bit = 1 << (at & 7);
      if (chunk.getValid(i)) nullBitmap[at >> 3] = (nullBitmap[at >> 3] ?? 0) | bit;
      if (((values[i >> 3] ?? 0) >> (i & 7)) & 1) bits[at >> 3] = (bits[at >> 3] ?? 0) | bit;
    }
  }
  const nulls = { nullCount: first.nullCount + second.nullCount, nullBitmap };
  if (arrow.DataType.isBool(type)) return arrow.makeData({ type, length, ...nulls, data: bits });
  if (!arrow.DataType.isUtf8(type)) {
    const [a, b] = chunks.map((chunk) => (chunk.values as Float64Array).subarray(0, chunk.length));
    const values = new ((a as Float64Array).constructor as Float64ArrayConstructor)(length);
    values.set(a as Float64Array);
    values.set(b as Float64Array, first.length);
    return arrow.makeData({ type: type as arrow.Float64, length, ...nulls, data: values });
  }
  const texts = chunks.flatMap((chunk) => {
    const [offsets, bytes] = [chunk.valueOffsets as Int32Array, chunk.values as Uint8Array];
    return Array.from({ length: chunk.length }, (_, i) => bytes.subarray(offsets[i], offsets[i + 1]));
  });
  const valueOffsets = new Int32Array(length + 1);
  for (const [i, text] of texts.entries()) valueOffsets[i + 1] = (valueOffsets[i] ?? 0) + text.length;
  return arrow.makeData({ type, length, ...nulls, valueOffsets, data: Buffer.concat(texts) });
}

function gatherNulls(
  data: arrow.Data,
  places: Int32Array,
): { readonly nullCount: number; readonly nullBitmap?: Uint8Array } {
  let nullCount = 0;
  const nullBitmap = new Uint8Array((places.length + 7) >> 3).fill(0xff);
  for (const [i, at] of places.entries()) {
    if (at >= 0 && (data.nullCount === 0 || data.getValid(at))) continue;
    nullCount++;
    nullBitmap[i >> 3] = (nullBitmap[i >> 3] ?? 0) & ~(1 << (i & 7));
  }
  return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap };
}
