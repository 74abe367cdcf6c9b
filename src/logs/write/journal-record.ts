import { crc32 } from "node:zlib";
import { elementCount } from "../../tensors/tensor-data.js";
import type { LogColumn } from "../schema/columns.js";
import type { Cells } from "./encode-rows.js";

/** Rows of one table in a journal record. */
export interface JournalRows {
  readonly table: string;
  /** `columnsDigest` of the table's columns. */
  readonly digest: number;
  readonly rows: number;
  readonly cells: readonly Cells[];
}

const magic = 0x314a4c53;
const magicBytes = Buffer.from("SLJ1");
const headerBytes = 32;

const arrays = [
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
] as const;
/** Cell kinds that are not typed arrays. */
const [textKind, numberKind, bigintKind, emptyKind] = [
  arrays.length,
  arrays.length + 1,
  arrays.length + 2,
  arrays.length + 3,
];

/** In the header of cells: every row has the same value; rows differ in shape. */
const [sameFlag, raggedFlag] = [256, 512];

const digests = new WeakMap<readonly LogColumn[], number>();

/** A digest of names and types: rows are replayed only into a table with the same columns. */
export function columnsDigest(columns: readonly LogColumn[]): number {
  let digest = digests.get(columns);
  if (digest === undefined)
    digests.set(
      columns,
      (digest = crc32(JSON.stringify(columns.map(({ column, type, depth }) => [column, type, depth])))),
    );
  return digest;
}

/** Builds a journal record: the rows of one journal write. Its buffer is reused for the next record. */
export class JournalRecordWriter {
  #bytes = Buffer.alloc(64 * 1024);
  #at = headerBytes;

  get empty(): boolean {
    return this.#at === headerBytes;
  }

  add({ table, digest, rows, cells }: JournalRows): void {
    this.#reserve(64 + table.length * 4);
    this.#writeNumber(rows);
    this.#writeNumber(digest);
    this.#writeNumber(cells.length);
    this.#writeText(table);
    for (const column of cells) this.#writeCells(column, rows);
  }

  /**
   * Returns the complete record; the next `add` overwrites it.
   *
   * @param moved the record up to which all rows are in the database
   */
  finish(sequence: number, moved: number): Buffer {
    const bytes = this.#bytes.subarray(0, this.#at);
    bytes.writeDoubleLE(sequence, 16);
    bytes.writeDoubleLE(moved, 24);
    bytes.writeUInt32LE(magic, 0);
    bytes.writeUInt32LE(this.#at, 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(16)), 8);
    this.#at = headerBytes;
    return bytes;
  }

  #writeCells({ data, size, dims, same, ragged }: Cells, rows: number): void {
    const count = ragged !== undefined ? (ragged.offsets[rows] ?? 0) : same ? size : rows * size;
    const kind = cellKind(data);
    const width = kind < arrays.length ? (arrays[kind]?.BYTES_PER_ELEMENT ?? 8) : 8;
    const dimensions = ragged === undefined ? dims.length : rows * dims.length;
    this.#reserve(64 + dimensions * 4 + count * width);
    this.#writeNumber(kind + (same ? sameFlag : 0) + (ragged === undefined ? 0 : raggedFlag) + dims.length * 65536);
    this.#writeNumber(ragged === undefined ? size : count);
    if (ragged === undefined) for (const dim of dims) this.#writeNumber(dim);
    else for (let row = 0; row < rows; row++) for (const dim of ragged.shapes[row] ?? []) this.#writeNumber(dim);
    if (data === null) return;
    if (kind === textKind) {
      for (let i = 0; i < count; i++) this.#writeText(String(data[i]));
      return;
    }
    this.#at = (this.#at + 7) & ~7;
    const { buffer, byteOffset } = this.#bytes;
    const CellArray = kind < arrays.length ? arrays[kind] : kind === bigintKind ? BigInt64Array : Float64Array;
    const target = new (CellArray ?? Float64Array)(buffer, byteOffset + this.#at, count);
    if (kind < arrays.length && data.length === count) (target as Float32Array).set(data as Float32Array);
    else for (let i = 0; i < count; i++) target[i] = data[i] as never;
    this.#at += count * width;
  }

  #writeNumber(value: number): void {
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  #writeText(text: string): void {
    this.#reserve(8 + text.length * 3);
    const bytes = this.#bytes.write(text, this.#at + 4);
    this.#bytes.writeUInt32LE(bytes, this.#at);
    this.#at = (this.#at + 4 + bytes + 3) & ~3;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(2 * this.#bytes.length, this.#at + bytes));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}

function cellKind(data: Cells["data"]): number {
  if (data === null) return emptyKind;
  if (ArrayBuffer.isView(data)) return arrays.findIndex((each) => data instanceof each);
  const first = data[0];
  return typeof first === "string" ? textKind : typeof first === "bigint" ? bigintKind : numberKind;
}

/** A complete record. */
export interface FoundRecord {
  readonly sequence: number;
  /** Up to this record, all rows were in the database when it was written; 0 in records of older versions. */
  readonly moved: number;
  readonly rows: readonly JournalRows[];
}

/**
 * The complete records of a journal file, in increasing sequence order. Data after them is left over from earlier use
 * of the file. An incomplete record is one that a crash interrupted, so its rows were never acknowledged, unless it is
 * the first of the file or newer records follow it.
 *
 * @returns `damaged`: acknowledged rows may be in an incomplete record
 */
export function readRecords(bytes: Buffer): { readonly records: readonly FoundRecord[]; readonly damaged: boolean } {
  const records: FoundRecord[] = [];
  let last = 0;
  let damaged = false;
  let end = 0;
  for (let at = 0; at >= 0; at = bytes.indexOf(magicBytes, at)) {
    const record = recordAt(bytes, at);
    const sequence = record?.readDoubleLE(16) ?? 0;
    if (record === null || sequence <= last) {
      at++;
      continue;
    }
    damaged ||= at > end;
    records.push({ sequence, moved: record.readDoubleLE(24), rows: parseRecord(record) });
    last = sequence;
    at += record.length;
    end = at;
  }
  return { records, damaged: damaged || (records.length === 0 && !isTruncated(bytes)) };
}

/** A copy of the record at an offset, aligned for typed arrays; null if it is not complete. */
function recordAt(bytes: Buffer, at: number): Buffer | null {
  if (at + headerBytes > bytes.length || bytes.readUInt32LE(at) !== magic) return null;
  const length = bytes.readUInt32LE(at + 4);
  if (
    length < headerBytes ||
    at + length > bytes.length ||
    bytes.readUInt32LE(at + 8) !== crc32(bytes.subarray(at + 16, at + length))
  )
    return null;
  const record = Buffer.from(new ArrayBuffer(length));
  bytes.copy(record, 0, at, at + length);
  return record;
}

/**
 * Whether the file's only record was not written completely: the file ends within it, or its header was never written.
 */
function isTruncated(bytes: Buffer): boolean {
  if (bytes.length < headerBytes || bytes.subarray(0, headerBytes).every((byte) => byte === 0)) return true;
  return bytes.readUInt32LE(0) === magic && bytes.readUInt32LE(4) > bytes.length;
}

function parseRecord(record: Buffer): JournalRows[] {
  const all: JournalRows[] = [];
  const reader = { at: headerBytes };
  const readNumber = (): number => record.readUInt32LE((reader.at += 4) - 4);
  const readText = (): string => {
    const bytes = readNumber();
    const from = reader.at;
    reader.at = (from + bytes + 3) & ~3;
    return record.toString("utf8", from, from + bytes);
  };
  const readElements = (kind: number, count: number): NonNullable<Cells["data"]> => {
    if (kind === textKind) return Array.from({ length: count }, readText);
    const CellArray = kind < arrays.length ? arrays[kind] : kind === bigintKind ? BigInt64Array : Float64Array;
    reader.at = (reader.at + 7) & ~7;
    const data = new (CellArray ?? Float64Array)(record.buffer as ArrayBuffer, record.byteOffset + reader.at, count);
    reader.at += data.byteLength;
    return data;
  };
  while (reader.at < record.length) {
    const [rows, digest, columns] = [readNumber(), readNumber(), readNumber()];
    const table = readText();
    const cells = Array.from({ length: columns }, (): Cells => {
      const header = readNumber();
      const [kind, same] = [header & 255, (header & sameFlag) !== 0];
      const rank = header >>> 16;
      const elements = readNumber();
      if ((header & raggedFlag) !== 0) {
        const shapes = Array.from({ length: rows }, () => Array.from({ length: rank }, readNumber));
        const offsets = [0];
        for (const shape of shapes) offsets.push((offsets.at(-1) ?? 0) + elementCount(shape));
        const data = readElements(kind, elements);
        return { data, size: 0, dims: shapes[0] ?? [], same, ragged: { shapes, offsets } };
      }
      const size = elements;
      const dims = Array.from({ length: rank }, readNumber);
      const count = same ? size : rows * size;
      if (kind === emptyKind) return { data: null, size, dims, same };
      return { data: readElements(kind, count), size, dims, same };
    });
    all.push({ table, digest, rows, cells });
  }
  return all;
}
