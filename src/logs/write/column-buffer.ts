import type { NumericElements } from "../../tensors/dtypes.js";
import { float16ToNumber } from "../../tensors/float16.js";
import { storedArray, type LogColumn } from "../schema/columns.js";
import type { Cells } from "./encode-rows.js";

/** Rows of a DuckDB data chunk. */
export const chunkRows = 2048;
/** A chunk buffer with this many bytes in a column takes no more rows. */
const chunkBytes = 8 * 2 ** 20;
/** Columns with fewer elements per row stay within `chunkBytes` even if the chunk is full of rows. */
const largeRowElements = 512;

/**
 * Buffers rows by column, in the memory layout of DuckDB's vectors. Rows that wait for their commit are stored as
 * bytes: objects would be copied by every garbage collection until then.
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

  /** Adds the rows from `from` to `to`, as many as fit. Returns the index after the last one added. */
  add(cells: readonly Cells[], from: number, to: number): number {
    let count = Math.min(to - from, chunkRows - this.rows);
    for (let i = 0; i < this.columns.length; i++) {
      const [column, columnCells] = [this.columns[i], cells[i]];
      if (column === undefined || columnCells === undefined || isSmall(columnCells)) continue;
      const fitting = fittingRows(columnCells, from, count, chunkBytes - column.bytes, column.elementBytes);
      if (fitting < count) {
        count = Math.max(1, fitting);
        this.#bytesFull = true;
      }
    }
    for (let i = 0; i < this.columns.length; i++) {
      const columnCells = cells[i];
      if (columnCells !== undefined) this.columns[i]?.add(columnCells, from, from + count, this.rows);
    }
    this.rows += count;
    return from + count;
  }
}

/** Small rows of one size always fit. */
function isSmall({ size, ragged }: Cells): boolean {
  return ragged === undefined && size < largeRowElements;
}

/** How many of `count` rows have elements of at most `bytes` together. */
function fittingRows(
  { size, ragged }: Cells,
  from: number,
  count: number,
  bytes: number,
  elementBytes: number,
): number {
  if (ragged === undefined) return Math.floor(bytes / (size * elementBytes));
  const begin = ragged.offsets[from] ?? 0;
  let rows = 0;
  while (rows < count && ((ragged.offsets[from + rows + 1] ?? begin) - begin) * elementBytes <= bytes) rows++;
  return rows;
}

/** One column of a chunk. */
export class ColumnBuffer {
  readonly column: LogColumn;
  /** Per nesting level, four numbers per list: offset and length, each as two 32-bit halves, lower half first. */
  readonly lists: Uint32Array[] = [];
  /** Per level: the number of lists. */
  readonly counts: number[] = [];
  /** Per level: the number of elements in all lists. */
  readonly totals: number[] = [];
  /** The innermost elements; null for strings, which are in `texts` (undefined for an empty row). */
  values: NumericElements | null;
  readonly texts: (string | undefined)[] = [];
  /** Number of elements. */
  used = 0;
  /** 1 for each empty row; null if no row is empty. */
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

  /** @param row index of the first of these rows in the chunk */
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
    if (cells.ragged !== undefined) {
      const { shapes, offsets } = cells.ragged;
      for (let i = from; i < to; i++) this.#addRowLists(shapes[i] ?? [], 1);
      this.#addElements(cells.data, offsets[from] ?? 0, (offsets[to] ?? 0) - (offsets[from] ?? 0));
      return;
    }
    this.#addRowLists(cells.dims, rows);
    this.#addValues(cells, from, to);
  }

  /** Adds the lists of all levels for `rows` rows of one shape. */
  #addRowLists(dims: readonly number[], rows: number): void {
    let lists = rows;
    for (let level = 0; level < this.column.depth; level++) {
      const length = dims[level] ?? 0;
      this.#addLists(level, length, lists);
      lists *= length;
    }
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

  /** Reserves elements for empty rows; their values are never read. */
  #skip(rows: number): void {
    if (this.values !== null) this.#ensureRoom(this.values, rows);
    else for (let i = 0; i < rows; i++) this.texts.push(undefined);
    this.used += rows;
  }

  #ensureRoom(values: NumericElements, count: number): NumericElements {
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
    const count = (to - from) * size;
    if (!same) {
      this.#addElements(data, from * size, count);
      return;
    }
    if (this.values === null) {
      for (let i = 0; i < count; i++) this.texts.push(String(data[i % size]));
      this.used += count;
      return;
    }
    const values = this.#ensureRoom(this.values, count);
    let at = this.used;
    this.used += count;
    for (let i = 0; at < this.used; i = i + 1 === size ? 0 : i + 1) values[at++] = data[i] as never;
  }

  /** Adds `count` elements from `first` on. */
  #addElements(data: NonNullable<Cells["data"]>, first: number, count: number): void {
    const { type } = this.column;
    if (this.values === null) {
      for (let i = first; i < first + count; i++) this.texts.push(String(data[i]));
      this.used += count;
      return;
    }
    const values = this.#ensureRoom(this.values, count);
    let at = this.used;
    this.used += count;
    const end = this.used;
    let read = first;
    if (type === "float16") for (; at < end; at++) values[at] = float16ToNumber(Number(data[read++]));
    else if (type === "bool") for (; at < end; at++) values[at] = data[read++] === 1 ? 1 : 0;
    else if (count > 16 && ArrayBuffer.isView(data)) {
      // `set` accepts numbers for numbers and bigints for bigints; the column type guarantees that.
      const all = read === 0 && data.length === count;
      (values as Float32Array).set(
        all ? (data as Float32Array) : (data as Float32Array).subarray(read, read + count),
        at,
      );
    } else for (; at < end; at++) values[at] = data[read++] as never;
  }
}
