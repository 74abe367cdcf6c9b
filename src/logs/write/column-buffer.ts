import type { NumericElements } from "../../tensors/dtypes.js";
import { float16ToNumber } from "../../tensors/float16.js";
import { storedArray, type LogColumn } from "../schema/columns.js";
import type { Cells } from "./encode-rows.js";

/** Rows of a chunk of DuckDB's. */
export const chunkRows = 2048;
/** A block with so many bytes of values takes no more rows. */
const chunkBytes = 8 * 2 ** 20;
/** Rows of fewer elements fit into a block's bytes, all that it takes. */
const largeSize = 512;

/**
 * Rows on their way into a table, column by column as DuckDB's vectors have them. Rows that wait for their commit lie here as bytes:
 * as objects of their own they would be copied by every collection of garbage until then.
 */
export class ChunkBuffer {
  readonly columns: readonly ColumnBuffer[];
  rows = 0;
  #bytesFull = false;

  constructor(columns: readonly LogColumn[]) {
    this.columns = columns.map((column) => new ColumnBuffer(column));
  }

  get full(): boolean {
    return this.rows === chunkRows || this.#bytesFull;
  }

  /** Takes rows from `from` on, as many as there is room for, and says up to which. */
  add(cells: readonly Cells[], from: number, to: number): number {
    let most = Math.min(to - from, chunkRows - this.rows);
    for (let i = 0; i < this.columns.length; i++) {
      const [column, own] = [this.columns[i], cells[i]];
      if (column === undefined || own === undefined || own.size < largeSize) continue;
      const room = Math.floor((chunkBytes - column.bytes) / (own.size * column.elementBytes));
      if (room < most) {
        most = Math.max(1, room);
        this.#bytesFull = true;
      }
    }
    for (let i = 0; i < this.columns.length; i++) {
      const own = cells[i];
      if (own !== undefined) this.columns[i]?.add(own, from, from + most, this.rows);
    }
    this.rows += most;
    return from + most;
  }
}

/** One column of a block. */
export class ColumnBuffer {
  readonly column: LogColumn;
  /** By level of nesting, four numbers a list: where it begins and how long it is, each as two halves, the lower one first. */
  readonly lists: Uint32Array[] = [];
  /** By level: how many lists there are. */
  readonly counts: number[] = [];
  /** By level: how many elements they hold in all. */
  readonly totals: number[] = [];
  /** The innermost elements; of strings `texts` holds them, undefined where a row has none. */
  values: NumericElements | null;
  readonly texts: (string | undefined)[] = [];
  /** Elements. */
  used = 0;
  /** 1 where a row holds nothing; null where all hold something. */
  empty: Uint8Array | null = null;

  constructor(column: LogColumn) {
    this.column = column;
    this.values = column.type === "string" ? null : new (storedArray(column.type))(64);
    for (let level = 0; level < column.depth; level++) {
      this.lists.push(new Uint32Array(64));
      this.counts.push(0);
      this.totals.push(0);
    }
  }

  get elementBytes(): number {
    return this.values?.BYTES_PER_ELEMENT ?? 16;
  }

  get bytes(): number {
    return this.used * this.elementBytes;
  }

  /** @param row where the first of them stands in the block */
  add(cells: Cells, from: number, to: number, row: number): void {
    const rows = to - from;
    const { depth } = this.column;
    if (cells.data === null) {
      this.empty ??= new Uint8Array(chunkRows);
      this.empty.fill(1, row, row + rows);
      if (depth > 0) this.#addLists(0, 0, rows);
      else this.#skip(rows);
      return;
    }
    let lists = rows;
    for (let level = 0; level < depth; level++) {
      const length = cells.dims[level] ?? 0;
      this.#addLists(level, length, lists);
      lists *= length;
    }
    this.#addValues(cells, from, to);
  }

  #addLists(level: number, length: number, count: number): void {
    const at = this.counts[level] ?? 0;
    let entries = this.lists[level] ?? new Uint32Array(0);
    if ((at + count) * 4 > entries.length) {
      const grown = new Uint32Array(Math.max((at + count) * 4, entries.length * 2));
      grown.set(entries);
      this.lists[level] = entries = grown;
    }
    let offset = this.totals[level] ?? 0;
    for (let i = at * 4; i < (at + count) * 4; i += 4, offset += length) {
      entries[i] = offset;
      entries[i + 2] = length;
    }
    this.counts[level] = at + count;
    this.totals[level] = offset;
  }

  /** The place of elements that are not there; what lies in it is never read. */
  #skip(rows: number): void {
    if (this.values !== null) this.#room(this.values, rows);
    else for (let i = 0; i < rows; i++) this.texts.push(undefined);
    this.used += rows;
  }

  #room(values: NumericElements, count: number): NumericElements {
    const { used, column } = this;
    if (used + count <= values.length) return values;
    const grown = new (storedArray(column.type as Exclude<LogColumn["type"], "string">))(
      Math.max(used + count, 2 * used),
    );
    (grown as Float32Array).set((values as Float32Array).subarray(0, used));
    return (this.values = grown);
  }

  #addValues({ data, size, same }: Cells, from: number, to: number): void {
    if (data === null) return;
    const { type } = this.column;
    const count = (to - from) * size;
    if (this.values === null) {
      for (let i = 0, read = same ? 0 : from * size; i < count; i++)
        this.texts.push(String(data[read + (same ? i % size : i)]));
      this.used += count;
      return;
    }
    const values = this.#room(this.values, count);
    let at = this.used;
    this.used += count;
    const end = this.used;
    if (same) {
      for (let i = 0; at < end; i = i + 1 === size ? 0 : i + 1) values[at++] = data[i] as never;
      return;
    }
    let read = from * size;
    if (type === "float16") for (; at < end; at++) values[at] = float16ToNumber(Number(data[read++]));
    else if (type === "bool") for (; at < end; at++) values[at] = data[read++] === 1 ? 1 : 0;
    else if (count > 16 && ArrayBuffer.isView(data)) {
      // Numbers of one kind with numbers, bigints with bigints: `set` takes no others.
      const all = read === 0 && data.length === count;
      (values as Float32Array).set(
        all ? (data as Float32Array) : (data as Float32Array).subarray(read, read + count),
        at,
      );
    } else for (; at < end; at++) values[at] = data[read++] as never;
  }
}
