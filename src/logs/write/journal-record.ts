import { crc32 } from "node:zlib";
import type { LogColumn } from "../schema/columns.js";
import type { Cells } from "./encode-rows.js";

/** Rows of one table, as a journal holds them. */
export interface JournalRows {
  readonly table: string;
  /** Of the table's columns, as `columnsDigest` gives it. */
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
/** Kinds of cells after those of typed arrays. */
const [texts, numbers, bigints, nothing] = [arrays.length, arrays.length + 1, arrays.length + 2, arrays.length + 3];

const digests = new WeakMap<readonly LogColumn[], number>();

/** Tells columns of one kind from others. */
export function columnsDigest(columns: readonly LogColumn[]): number {
  let digest = digests.get(columns);
  if (digest === undefined)
    digests.set(
      columns,
      (digest = crc32(JSON.stringify(columns.map(({ column, type, depth }) => [column, type, depth])))),
    );
  return digest;
}

/** Writes records: what one commit of the journal holds. Used again and again. */
export class JournalRecordWriter {
  #bytes = Buffer.alloc(64 * 1024);
  #at = headerBytes;

  get empty(): boolean {
    return this.#at === headerBytes;
  }

  add({ table, digest, rows, cells }: JournalRows): void {
    this.#reserve(64 + table.length * 4);
    this.#number(rows);
    this.#number(digest);
    this.#number(cells.length);
    this.#text(table);
    for (const own of cells) this.#cells(own, rows);
  }

  /** The whole record; the next `add` writes over it. */
  finish(sequence: number): Buffer {
    const bytes = this.#bytes.subarray(0, this.#at);
    bytes.writeDoubleLE(sequence, 16);
    bytes.writeUInt32LE(magic, 0);
    bytes.writeUInt32LE(this.#at, 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(16)), 8);
    this.#at = headerBytes;
    return bytes;
  }

  #cells({ data, size, dims, same }: Cells, rows: number): void {
    const count = same ? size : rows * size;
    const kind = cellKind(data);
    const width = kind < arrays.length ? (arrays[kind]?.BYTES_PER_ELEMENT ?? 8) : 8;
    this.#reserve(64 + dims.length * 4 + count * width);
    this.#number(kind + (same ? 256 : 0) + dims.length * 65536);
    this.#number(size);
    for (const dim of dims) this.#number(dim);
    if (data === null) return;
    if (kind === texts) {
      for (let i = 0; i < count; i++) this.#text(String(data[i]));
      return;
    }
    this.#at = (this.#at + 7) & ~7;
    const { buffer, byteOffset } = this.#bytes;
    const Place = kind < arrays.length ? arrays[kind] : kind === bigints ? BigInt64Array : Float64Array;
    const place = new (Place ?? Float64Array)(buffer, byteOffset + this.#at, count);
    if (kind < arrays.length && data.length === count) (place as Float32Array).set(data as Float32Array);
    else for (let i = 0; i < count; i++) place[i] = data[i] as never;
    this.#at += count * width;
  }

  #number(value: number): void {
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  #text(text: string): void {
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
  if (data === null) return nothing;
  if (ArrayBuffer.isView(data)) return arrays.findIndex((each) => data instanceof each);
  const first = data[0];
  return typeof first === "string" ? texts : typeof first === "bigint" ? bigints : numbers;
}

/** A record that was found whole. */
export interface FoundRecord {
  readonly sequence: number;
  readonly rows: readonly JournalRows[];
}

/**
 * The whole records of a journal's file, each newer than the one before it; what else lies behind them is left of earlier times. A record
 * that is not whole is one that a crash cut off, which nobody was told of, unless it is the file's first, or newer ones follow it.
 *
 * @returns `damaged`: something that was acknowledged may be among what is not whole
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
    records.push({ sequence, rows: parseRecord(record) });
    last = sequence;
    at += record.length;
    end = at;
  }
  return { records, damaged: damaged || (records.length === 0 && !isTruncated(bytes)) };
}

/** A copy of the record at a place, so that numbers lie where typed arrays can read them; null where it is not whole. */
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

/** Whether a file's only record was never written to its end: the file ends within it, or its head was never written. */
function isTruncated(bytes: Buffer): boolean {
  if (bytes.length < headerBytes || bytes.subarray(0, headerBytes).every((byte) => byte === 0)) return true;
  return bytes.readUInt32LE(0) === magic && bytes.readUInt32LE(4) > bytes.length;
}

function parseRecord(record: Buffer): JournalRows[] {
  const all: JournalRows[] = [];
  const reader = { at: headerBytes };
  const number = (): number => record.readUInt32LE((reader.at += 4) - 4);
  const text = (): string => {
    const bytes = number();
    const from = reader.at;
    reader.at = (from + bytes + 3) & ~3;
    return record.toString("utf8", from, from + bytes);
  };
  while (reader.at < record.length) {
    const [rows, digest, columns] = [number(), number(), number()];
    const table = text();
    const cells = Array.from({ length: columns }, (): Cells => {
      const head = number();
      const [kind, same] = [head & 255, (head & 256) !== 0];
      const size = number();
      const dims = Array.from({ length: head >>> 16 }, number);
      const count = same ? size : rows * size;
      if (kind === nothing) return { data: null, size, dims, same };
      if (kind === texts) return { data: Array.from({ length: count }, text), size, dims, same };
      const Place = kind < arrays.length ? arrays[kind] : kind === bigints ? BigInt64Array : Float64Array;
      reader.at = (reader.at + 7) & ~7;
      const data = new (Place ?? Float64Array)(record.buffer as ArrayBuffer, record.byteOffset + reader.at, count);
      reader.at += data.byteLength;
      return { data, size, dims, same };
    });
    all.push({ table, digest, rows, cells });
  }
  return all;
}
