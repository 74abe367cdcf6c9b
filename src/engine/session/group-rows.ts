import { createHash } from "node:crypto";
import { rowRange } from "../../tensors/row-ranges.js";
import { isRagged, rowSize, type RowsTensor, type TensorElements } from "../../tensors/tensor-data.js";
import type { Feeds } from "./feeds.js";
import type { RowPlan } from "./row-plan.js";

/** Keys of values up to this many bytes are the bytes themselves, of larger ones their digest. */
const maxKeyBytes = 64;

/**
 * Groups the rows that can share a run: those with equal shapes, and with equal values of shared inputs. A row's group
 * does not depend on the order of the rows.
 *
 * @returns the rows of each group, ascending; null if all rows form one group
 */
export function groupRows(plan: RowPlan, feeds: Feeds, rows: number): readonly (readonly number[])[] | null {
  const keysOf: ((row: number) => string)[] = [];
  for (const { port, at } of plan.inputs) {
    const feed = feeds[port.name];
    if (feed === undefined) continue;
    if (isRagged(feed)) keysOf.push((row) => (feed.shapes[row] ?? []).join());
    if (at === "shared" && !isRepeated(feed, rows)) keysOf.push((row) => valueKey(feed, row));
  }
  if (keysOf.length === 0) return null;
  const groups = new Map<string, number[]>();
  for (let row = 0; row < rows; row++) {
    const key = keysOf.map((keyOf) => keyOf(row)).join(";");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups.size === 1 ? null : [...groups.values()];
}

/** Whether all rows have the same elements: the elements shifted by one row are then the elements. */
function isRepeated(feed: RowsTensor, rows: number): boolean {
  if (isRagged(feed)) return false;
  if (feed.dims[0] === 1) return true;
  const size = rowSize(feed.dims);
  const end = rows * size;
  if (ArrayBuffer.isView(feed.data)) {
    const bytes = bytesOf(feed.data, 0, end);
    const shift = size * feed.data.BYTES_PER_ELEMENT;
    return bytes.subarray(shift).equals(bytes.subarray(0, Math.max(0, bytes.length - shift)));
  }
  for (let i = size; i < end; i++) if (feed.data[i] !== feed.data[i - size]) return false;
  return true;
}

function valueKey(feed: RowsTensor, row: number): string {
  const [from, to] = rowRange(feed, row);
  if (!ArrayBuffer.isView(feed.data)) return JSON.stringify(feed.data.slice(from, to));
  const bytes = bytesOf(feed.data, from, to);
  return bytes.length <= maxKeyBytes ? bytes.toString("base64") : createHash("sha256").update(bytes).digest("base64");
}

function bytesOf(data: Exclude<TensorElements, readonly string[]>, from: number, to: number): Buffer {
  const { BYTES_PER_ELEMENT: size } = data;
  return Buffer.from(data.buffer, data.byteOffset + from * size, (to - from) * size);
}
