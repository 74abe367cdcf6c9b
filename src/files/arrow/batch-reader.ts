import type { FieldNode } from "apache-arrow/fb/field-node";
import { BodyCompressionMethod } from "apache-arrow/fb/body-compression-method";
import { CompressionType } from "apache-arrow/fb/compression-type";
import { Type } from "apache-arrow/fb/type";
import { unpackLz4 } from "../packing/lz4-frame.js";
import { unpackZstd } from "../packing/zstd.js";
import { DamagedArrowError, type IpcBatch, list } from "./ipc-messages.js";
import type { IpcField } from "./ipc-schema.js";

/** Counts the bytes that a file's batches unpack to. */
export interface ByteBudget {
  /** @throws InputError SL5033 when the limit is passed */
  readonly take: (bytes: number) => void;
}

/** One field's part of a batch: its entries, and a reader of its buffers. */
export interface FieldPart {
  readonly length: number;
  readonly nullCount: number;
  /** Reads buffer `i` of the field. */
  readonly buffer: (i: number) => Uint8Array;
  /** The buffers that a view's entries refer to. */
  readonly dataBuffers: () => Uint8Array[];
}

/** Walks the fields of a batch in the schema's order. */
export class BatchReader {
  readonly #source: IpcBatch;
  readonly #nodes: readonly FieldNode[];
  readonly #buffers: readonly { readonly offset: number; readonly length: number }[];
  readonly #unpack: ((bytes: Uint8Array, size: number) => Uint8Array) | null;
  readonly budget: ByteBudget;
  #node = 0;
  #buffer = 0;
  #view = 0;

  constructor(source: IpcBatch, budget: ByteBudget) {
    const { batch, metadataBytes } = source;
    this.#source = source;
    this.budget = budget;
    // A file may list one batch very often: reading its metadata counts each time.
    budget.take(metadataBytes);
    this.#nodes = list(batch.nodesLength(), metadataBytes, (i) => batch.nodes(i));
    this.#buffers = list(batch.buffersLength(), metadataBytes, (i) => batch.buffers(i)).map((buffer) => ({
      offset: Number(buffer.offset()),
      length: Number(buffer.length()),
    }));
    this.#unpack = unpackerOf(source);
  }

  get rows(): number {
    return Number(this.#source.batch.length());
  }

  /** The part of the next field, without its children. */
  next(field: IpcField): FieldPart {
    const node = this.#nodes[this.#node++];
    if (node === undefined) throw new DamagedArrowError("a batch has fewer columns than the schema");
    const [length, nullCount] = [Number(node.length()), Number(node.nullCount())];
    if (!(Number.isSafeInteger(length) && length >= 0 && nullCount >= 0 && nullCount <= length))
      throw new DamagedArrowError(`a column has ${length} entries and ${nullCount} nulls`);
    const first = this.#buffer;
    this.#buffer += field.dictionary === null ? field.buffers : 2;
    const isView = field.dictionary === null && (field.type === Type.Utf8View || field.type === Type.BinaryView);
    const more = isView ? this.#nextViewCount() : 0;
    const firstOfView = this.#buffer;
    this.#buffer += more;
    if (this.#buffer > this.#buffers.length)
      throw new DamagedArrowError("a batch has fewer buffers than its columns need");
    return {
      length,
      nullCount,
      buffer: (i) => this.#read(first + i),
      dataBuffers: () => Array.from({ length: more }, (_, i) => this.#read(firstOfView + i)),
    };
  }

  /** Passes over a field and its children without reading them. */
  skip(field: IpcField): void {
    this.next(field);
    if (field.dictionary === null) for (const child of field.children) this.skip(child);
  }

  #nextViewCount(): number {
    const { batch } = this.#source;
    const index = this.#view++;
    const count = index < batch.variadicBufferCountsLength() ? Number(batch.variadicBufferCounts(index) ?? 0n) : 0;
    if (!(count >= 0 && count <= this.#buffers.length)) throw new DamagedArrowError(`a column has ${count} buffers`);
    return count;
  }

  #read(index: number): Uint8Array {
    const { body } = this.#source;
    const { offset, length } = this.#buffers[index] ?? { offset: 0, length: 0 };
    if (!(offset >= 0 && length >= 0 && offset + length <= body.length))
      throw new DamagedArrowError("a buffer ends outside its batch");
    const bytes = body.subarray(offset, offset + length);
    if (this.#unpack === null || length === 0) {
      this.budget.take(length);
      return bytes;
    }
    if (length < 8) throw new DamagedArrowError("a packed buffer has no size");
    // The size before packing; -1 for a buffer that is not packed.
    const size = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
    if (size < -1) throw new DamagedArrowError(`a packed buffer states a size of ${size}`);
    this.budget.take(size === -1 ? length - 8 : size);
    const packed = bytes.subarray(8);
    if (size === -1) return packed;
    if (size === 0) return new Uint8Array(0);
    const unpacked = this.#unpack(packed, size);
    if (unpacked.length !== size)
      throw new DamagedArrowError(`a packed buffer holds ${unpacked.length} bytes, its size says ${size}`);
    return unpacked;
  }
}

function unpackerOf({ batch }: IpcBatch): ((bytes: Uint8Array, size: number) => Uint8Array) | null {
  const compression = batch.compression();
  if (compression === null) return null;
  if (compression.method() !== BodyCompressionMethod.BUFFER) throw new DamagedArrowError("it is packed as a whole");
  const unpackers: Readonly<Record<CompressionType, typeof unpackLz4>> = {
    [CompressionType.LZ4_FRAME]: unpackLz4,
    [CompressionType.ZSTD]: unpackZstd,
  };
  const unpack = (unpackers as Partial<typeof unpackers>)[compression.codec()];
  if (unpack === undefined) throw new DamagedArrowError(`it is packed with codec ${compression.codec()}`);
  return unpack;
}
