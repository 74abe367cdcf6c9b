import { rowRange } from "../../tensors/row-ranges.js";
import { isRagged, rowSize, type RowsTensor, type TensorElements } from "../../tensors/tensor-data.js";
import type { Feeds } from "./feeds.js";
import type { RowPlan } from "./row-plan.js";

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
    if (at === "shared" && !isRepeated(feed, rows)) keysOf.push(valueKeys(feed));
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
  const elements = ArrayBuffer.isView(feed.data) ? bytesOf(feed.data) : feed.data;
  const step = size * (ArrayBuffer.isView(feed.data) ? feed.data.BYTES_PER_ELEMENT : 1);
  for (let i = step; i < rows * step; i++) if (elements[i] !== elements[i - step]) return false;
  return true;
}

/**
 * Returns a function that gives a row's value as text; equal texts are equal values. Not a digest of our own: rows of
 * one digest can be made, and would be mixed.
 */
function valueKeys(feed: RowsTensor): (row: number) => string {
  const { data } = feed;
  if (!ArrayBuffer.isView(data)) return (row) => JSON.stringify(data.slice(...rowRange(feed, row)));
  const size = data.BYTES_PER_ELEMENT;
  // Each byte is another character.
  const latin1 = new TextDecoder("latin1");
  return (row) => {
    const [from, to] = rowRange(feed, row);
    return latin1.decode(bytesOf(data).subarray(from * size, to * size));
  };
}

/** The bytes of numbers: NaN equals itself there, and 0 is not -0. */
function bytesOf({ buffer, byteOffset, byteLength }: Exclude<TensorElements, readonly string[]>): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
