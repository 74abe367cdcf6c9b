import { errorMessage } from "../../../src/util/error-message.js";
import { readSync } from "node:fs";
import { ModelError } from "../../../dsl/errors.js";

const WINDOW = 4 * 1024;
/** Memory that one signature may take; a hostile file stops here, not at the end of what there is. */
const BUDGET = 24 * 1024 * 1024;
/** What a port or a dimension takes, and a byte of text: while it is read, and as a string of two bytes a letter. */
const RECORD = 512;
const TEXT = 3;

/** One field of a protobuf message: its number, its wire type, where its tag begins and where its value lies. */
export interface Field {
  readonly number: number;
  readonly wire: WireType;
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

type WireType = 0 | 1 | 2 | 5;

/** Field `number` as a message or text. A known number of another wire type is an unknown field: real exporters write some. */
export function isBytes(field: Field, number: number): boolean {
  return field.number === number && field.wire === 2;
}

/** Field `number` as an integer. */
export function isVarint(field: Field, number: number): boolean {
  return field.number === number && field.wire === 0;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Protobuf's wire format over an open file, read through a small window by position: what is not asked for is never read.
 * Every failure is a `ModelError` with the byte it was found at.
 */
export class WireFile {
  readonly size: number;
  readonly #fd: number;
  readonly #file: string;
  readonly #window = Buffer.allocUnsafe(WINDOW);
  #start = 0;
  #end = 0;
  #budget = BUDGET;

  constructor(fd: number, size: number, file: string) {
    this.#fd = fd;
    this.size = size;
    this.#file = file;
  }

  /** The fields of the message that lies in `[from, to)`, in file order. */
  *fields(from: number, to: number): Generator<Field, void, undefined> {
    for (let at = from; at < to;) {
      const field = this.#field(at, to);
      yield field;
      at = field.to;
    }
  }

  /** A signed 64-bit value that JavaScript can hold exactly. */
  integer(field: Field, what: string): number {
    const { high, low } = this.#varint(field.from, field.to);
    const value = (high | 0) * 2 ** 32 + low;
    if (!Number.isSafeInteger(value)) throw this.damaged(field.from, `${what} does not fit 53 bits`);
    return value;
  }

  /** The digits of one integer of 64 bits, or of several in one field. */
  *integers({ from, to }: Field): Generator<string, void, undefined> {
    for (let at = from; at < to;) {
      const { high, low, next } = this.#varint(at, to);
      yield String((BigInt(high | 0) << 32n) | BigInt(low));
      at = next;
    }
  }

  /** Text that is looked at through the window and not counted; undefined where it is longer than `most` bytes. */
  glimpse({ from, to }: Field, most: number): string | undefined {
    if (to - from > most) return undefined;
    const bytes = Buffer.allocUnsafe(to - from);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#byte(from + i);
    return bytes.toString("utf8");
  }

  /** UTF-8 text; `strict` refuses other bytes, otherwise they become U+FFFD. */
  text(field: Field, what: string, strict: boolean): string {
    this.spend(field.at, field.to - field.from);
    const bytes = Buffer.allocUnsafe(field.to - field.from);
    this.#read(bytes, field.from);
    if (!strict) return bytes.toString("utf8");
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw this.damaged(field.from, `${what} is not UTF-8`, cause);
    }
  }

  /** Counts what the signature keeps; throws when a file asks for more than any real signature holds. */
  spend(at: number, bytes: number): void {
    this.#budget -= bytes * TEXT + RECORD;
    if (this.#budget < 0) throw this.damaged(at, `its signature takes more than ${BUDGET / 2 ** 20} MB of memory`);
  }

  /** The bytes at the beginning of the file, at most `length`. */
  head(length: number): Buffer {
    const bytes = Buffer.alloc(Math.min(length, this.size));
    this.#read(bytes, 0);
    return bytes;
  }

  damaged(offset: number, what: string, cause?: unknown): ModelError {
    return new ModelError(
      "SL3012",
      `model file '${this.#file}' is damaged: at byte ${offset} ${what}. Export it or download it again.`,
      { file: this.#file, offset },
      cause === undefined ? undefined : { cause },
    );
  }

  #cutOff(offset: number, what: string): ModelError {
    return new ModelError(
      "SL3011",
      `model file '${this.#file}' is cut off: at byte ${offset} ${what}. Export it or download it again.`,
      { file: this.#file, offset },
    );
  }

  #field(at: number, end: number): Field {
    const tag = this.#varint(at, end);
    const number = tag.low >>> 3;
    const wire = tag.low & 7;
    if (tag.high !== 0 || number === 0) throw this.damaged(at, "there is no valid field number");
    const from = tag.next;
    switch (wire) {
      case 0:
        return { number, wire, at, from, to: this.#varint(from, end).next };
      case 1:
        return { number, wire, at, from, to: this.#past(at, from, 8, end) };
      case 5:
        return { number, wire, at, from, to: this.#past(at, from, 4, end) };
      case 2: {
        const { high, low, next } = this.#varint(from, end);
        if (high > 0x1fffff) throw this.damaged(from, "a length does not fit 53 bits");
        return { number, wire, at, from: next, to: this.#past(at, next, high * 2 ** 32 + low, end) };
      }
      default:
        throw this.damaged(at, `field ${number} has wire type ${wire}, which ONNX does not use`);
    }
  }

  #past(at: number, from: number, length: number, end: number): number {
    if (from + length <= end) return from + length;
    const what = `a field claims ${length} bytes but`;
    if (from + length > this.size) throw this.#cutOff(at, `${what} the file ends after ${this.size - from}`);
    throw this.damaged(at, `${what} its message ends after ${end - from}`);
  }

  #varint(from: number, end: number): { high: number; low: number; next: number } {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const at = from + i;
      if (at >= end) {
        throw end >= this.size
          ? this.#cutOff(from, "the file ends inside a number")
          : this.damaged(from, "a number runs past the end of its message");
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
    throw this.damaged(from, "a number is longer than 64 bits");
  }

  #byte(at: number): number {
    if (at < this.#start || at >= this.#end) {
      this.#start = at;
      this.#end = at;
      this.#end = at + this.#readSome(this.#window, 0, at);
      if (this.#end === at) throw this.#cutOff(at, "the file ended while it was read");
    }
    return this.#window[at - this.#start] ?? 0;
  }

  #read(into: Buffer, from: number): void {
    for (let done = 0; done < into.length;) {
      const read = this.#readSome(into, done, from + done);
      if (read === 0) throw this.#cutOff(from + done, "the file ended while it was read");
      done += read;
    }
  }

  #readSome(into: Buffer, offset: number, position: number): number {
    try {
      return readSync(this.#fd, into, offset, into.length - offset, position);
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
