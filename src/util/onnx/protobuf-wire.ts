import { readSync } from "node:fs";
import { ModelError } from "../../../dsl/errors.js";
import { errorMessage } from "../error-message.js";

const windowBytes = 4 * 1024;
/** Memory limit for one signature. It stops hostile files before they use up the process's memory. */
const maxMemoryBytes = 24 * 1024 * 1024;
/**
 * Estimated memory of a port or dimension, and of a byte of text: its buffer plus a string with two bytes per
 * character.
 */
const recordBytes = 512;
const bytesPerTextByte = 3;

/** One field of a protobuf message: number, wire type, and the file offsets of its tag and its value `[start, end)`. */
export interface Field {
  readonly number: number;
  readonly wireType: WireType;
  readonly tagStart: number;
  readonly start: number;
  readonly end: number;
}

type WireType = 0 | 1 | 2 | 5;

/**
 * Whether this is field `number` with a message or text. A known number with another wire type is an unknown field;
 * real exporters write such fields.
 */
export function isBytes(field: Field, number: number): boolean {
  return field.number === number && field.wireType === 2;
}

/** Whether this is field `number` with an integer. */
export function isVarint(field: Field, number: number): boolean {
  return field.number === number && field.wireType === 0;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads protobuf's wire format from an open file through a 4 kB window, or from the bytes of a file. Skipped fields are
 * never read. Every failure is a `ModelError` with its byte offset.
 */
export class ProtobufFile {
  readonly size: number;
  readonly #source: number | Uint8Array;
  readonly #file: string;
  readonly #window = Buffer.allocUnsafe(windowBytes);
  #windowStart = 0;
  #windowEnd = 0;
  #memoryLeft = maxMemoryBytes;

  /**
   * @param source a file descriptor, or the file's bytes
   * @param file the file's name in messages
   */
  constructor(source: number | Uint8Array, size: number, file: string) {
    this.#source = source;
    this.size = size;
    this.#file = file;
  }

  /** The fields of the message at `[start, end)`, in file order. */
  *fields(start: number, end: number): Generator<Field, void, undefined> {
    for (let at = start; at < end;) {
      const field = this.#field(at, end);
      yield field;
      at = field.end;
    }
  }

  /** A signed 64-bit integer; an error if JavaScript cannot represent it exactly. */
  integer(field: Field, what: string): number {
    const { high, low } = this.#varint(field.start, field.end);
    const value = (high | 0) * 2 ** 32 + low;
    if (!Number.isSafeInteger(value)) throw this.damagedError(field.start, `${what} does not fit 53 bits`);
    return value;
  }

  /** The 64-bit integers of a field as decimal digits: one, or many in a packed field. */
  *integers({ start, end }: Field): Generator<string, void, undefined> {
    for (let at = start; at < end;) {
      const { high, low, next } = this.#varint(at, end);
      yield String((BigInt(high | 0) << 32n) | BigInt(low));
      at = next;
    }
  }

  /** Text read through the window and not counted by `reserve`; undefined if it is longer than `maxBytes` bytes. */
  peekText({ start, end }: Field, maxBytes: number): string | undefined {
    if (end - start > maxBytes) return undefined;
    const bytes = Buffer.allocUnsafe(end - start);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#byte(start + i);
    return bytes.toString("utf8");
  }

  /** UTF-8 text. Invalid bytes are an error if `strict`, otherwise they become U+FFFD. */
  text(field: Field, what: string, strict: boolean): string {
    this.reserve(field.tagStart, field.end - field.start);
    const bytes = Buffer.allocUnsafe(field.end - field.start);
    this.#read(bytes, field.start);
    if (!strict) return bytes.toString("utf8");
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw this.damagedError(field.start, `${what} is not UTF-8`, cause);
    }
  }

  /** Counts memory that the signature keeps; throws over the limit, which no real signature reaches. */
  reserve(at: number, bytes: number): void {
    this.#memoryLeft -= bytes * bytesPerTextByte + recordBytes;
    if (this.#memoryLeft < 0)
      throw this.damagedError(at, `its signature takes more than ${maxMemoryBytes / 2 ** 20} MB of memory`);
  }

  /** The bytes at the beginning of the file, at most `length`. */
  head(length: number): Buffer {
    const bytes = Buffer.alloc(Math.min(length, this.size));
    this.#read(bytes, 0);
    return bytes;
  }

  damagedError(offset: number, what: string, cause?: unknown): ModelError {
    return new ModelError(
      "SL3012",
      `model file '${this.#file}' is damaged: at byte ${offset} ${what}. Export it or download it again.`,
      { file: this.#file, offset },
      cause === undefined ? undefined : { cause },
    );
  }

  #truncatedError(offset: number, what: string): ModelError {
    return new ModelError(
      "SL3011",
      `model file '${this.#file}' is cut off: at byte ${offset} ${what}. Export it or download it again.`,
      { file: this.#file, offset },
    );
  }

  #field(tagStart: number, messageEnd: number): Field {
    const tag = this.#varint(tagStart, messageEnd);
    const number = tag.low >>> 3;
    const wireType = tag.low & 7;
    if (tag.high !== 0 || number === 0) throw this.damagedError(tagStart, "there is no valid field number");
    const start = tag.next;
    switch (wireType) {
      case 0:
        return { number, wireType, tagStart, start, end: this.#varint(start, messageEnd).next };
      case 1:
        return { number, wireType, tagStart, start, end: this.#valueEnd(tagStart, start, 8, messageEnd) };
      case 5:
        return { number, wireType, tagStart, start, end: this.#valueEnd(tagStart, start, 4, messageEnd) };
      case 2: {
        const { high, low, next } = this.#varint(start, messageEnd);
        if (high > 0x1fffff) throw this.damagedError(start, "a length does not fit 53 bits");
        return {
          number,
          wireType,
          tagStart,
          start: next,
          end: this.#valueEnd(tagStart, next, high * 2 ** 32 + low, messageEnd),
        };
      }
      default:
        throw this.damagedError(tagStart, `field ${number} has wire type ${wireType}, which ONNX does not use`);
    }
  }

  #valueEnd(tagStart: number, start: number, length: number, messageEnd: number): number {
    if (start + length <= messageEnd) return start + length;
    const what = `a field claims ${length} bytes but`;
    if (start + length > this.size)
      throw this.#truncatedError(tagStart, `${what} the file ends after ${this.size - start}`);
    throw this.damagedError(tagStart, `${what} its message ends after ${messageEnd - start}`);
  }

  #varint(start: number, messageEnd: number): { high: number; low: number; next: number } {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const at = start + i;
      if (at >= messageEnd) {
        throw messageEnd >= this.size
          ? this.#truncatedError(start, "the file ends inside a number")
          : this.damagedError(start, "a number runs past the end of its message");
      }
      const byte = this.#byte(at);
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (i < 9) high |= bits << (7 * i - 32);
      else if (byte > 1) break;
      else high |= bits << 31;
      if (byte < 0x80) return { high: high >>> 0, low: low >>> 0, next: at + 1 };
    }
    throw this.damagedError(start, "a number is longer than 64 bits");
  }

  #byte(at: number): number {
    if (at < this.#windowStart || at >= this.#windowEnd) {
      this.#windowStart = at;
      this.#windowEnd = at;
      this.#windowEnd = at + this.#readSome(this.#window, 0, at);
      if (this.#windowEnd === at) throw this.#truncatedError(at, "the file ended during reading");
    }
    return this.#window[at - this.#windowStart] ?? 0;
  }

  #read(into: Buffer, start: number): void {
    for (let done = 0; done < into.length;) {
      const read = this.#readSome(into, done, start + done);
      if (read === 0) throw this.#truncatedError(start + done, "the file ended during reading");
      done += read;
    }
  }

  #readSome(into: Buffer, offset: number, position: number): number {
    if (typeof this.#source !== "number") {
      const part = this.#source.subarray(position, position + into.length - offset);
      into.set(part, offset);
      return part.length;
    }
    try {
      return readSync(this.#source, into, offset, into.length - offset, position);
    } catch (cause) {
      throw new ModelError(
        "SL3000",
        `cannot read model file '${this.#file}' at byte ${position}: ${errorMessage(cause)}. Check the disk or the network share.`,
        { file: this.#file, offset: position },
        { cause },
      );
    }
  }
}
