import { setOwnProperty } from "../../util/objects.js";

/**
 * The bytes of a value between two processes: JSON, and the buffers of its typed arrays behind it. Unlike the format
 * of `v8.serialize`, it has no instructions that a reader follows: wrong bytes give an error or a wrong value, no more.
 *
 *     magic | JSON bytes | number of buffers | bytes of each buffer | JSON | buffers
 *
 * All numbers are uint32, little-endian. What JSON lacks is an object with one key that starts with `$`.
 */

/** The typed arrays that a value may contain. */
const arrayTypes = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
} as const;

type ArrayType = keyof typeof arrayTypes;
type Elements = InstanceType<(typeof arrayTypes)[ArrayType]>;

const magic = 0x324c_4853;
/** Magic, JSON bytes, number of buffers. */
export const headBytes = 12;
/** The nesting of a logged row is a dozen levels; that of a config in a version is bounded by its schema. */
const maxDepth = 1500;

/** The bytes were not written by `packValue`, or not completely. */
export class UnpackError extends Error {}

/** Serializes plain objects and arrays, Maps, Dates, typed arrays, and values of JSON, bigint included. */
export function packValue(value: unknown): Buffer {
  const buffers: Elements[] = [];
  const json = Buffer.from(JSON.stringify(toJson(value, buffers)));
  const lengths = Buffer.alloc(headBytes + 4 * buffers.length);
  lengths.writeUInt32LE(magic, 0);
  lengths.writeUInt32LE(json.byteLength, 4);
  lengths.writeUInt32LE(buffers.length, 8);
  buffers.forEach(({ byteLength }, i) => lengths.writeUInt32LE(byteLength, headBytes + 4 * i));
  return Buffer.concat([
    lengths,
    json,
    ...buffers.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  ]);
}

/**
 * The total length of packed bytes by their beginning, or null if more of the beginning is needed.
 *
 * @throws UnpackError if it is no beginning of packed bytes
 */
export function packedLength(start: Buffer): number | null {
  if (start.byteLength < headBytes) return null;
  if (start.readUInt32LE(0) !== magic) throw new UnpackError("it is in another format");
  const count = start.readUInt32LE(8);
  const listed = headBytes + 4 * count;
  // Each buffer is named in the JSON, so more buffers than JSON bytes are a lie.
  if (count > start.readUInt32LE(4)) throw new UnpackError("it announces more buffers than it describes");
  if (start.byteLength < listed) return null;
  let total = listed + start.readUInt32LE(4);
  for (let i = 0; i < count; i++) total += start.readUInt32LE(headBytes + 4 * i);
  return total;
}

/** The length of the JSON of packed bytes, by their first `headBytes`. */
export function packedTextLength(start: Buffer): number {
  return start.readUInt32LE(4);
}

/**
 * Reads the bytes of `packValue`. Nothing in them is trusted: check the value against a schema.
 *
 * @throws UnpackError
 */
export function unpackValue(bytes: Buffer): unknown {
  if (packedLength(bytes) !== bytes.byteLength) throw new UnpackError("its length is not the one that it announces");
  const count = bytes.readUInt32LE(8);
  const jsonEnd = headBytes + 4 * count + bytes.readUInt32LE(4);
  const buffers: Buffers = [];
  for (let i = 0, at = jsonEnd; i < count; i++) {
    const end = at + bytes.readUInt32LE(headBytes + 4 * i);
    buffers.push(bytes.subarray(at, end));
    at = end;
  }
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8", headBytes + 4 * count, jsonEnd));
  } catch {
    throw new UnpackError("its text is not JSON");
  }
  return fromJson(json, buffers, 0);
}

function toJson(value: unknown, buffers: Elements[]): unknown {
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return { $date: value.getTime() };
  if (ArrayBuffer.isView(value)) return { [`$${value.constructor.name}`]: buffers.push(value as Elements) - 1 };
  if (value instanceof Map) return { $map: Array.from(value, (entry) => toJson(entry, buffers)) };
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isInt64)) return { $bigints: buffers.push(BigInt64Array.from(value)) - 1 };
    return value.map((each) => toJson(each, buffers));
  }
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  if (entries.some(([key]) => key.startsWith("$"))) return { $object: entries.map((entry) => toJson(entry, buffers)) };
  const plain: Record<string, unknown> = {};
  for (const [key, each] of entries) setOwnProperty(plain, key, toJson(each, buffers));
  return plain;
}

function isInt64(value: unknown): value is bigint {
  return typeof value === "bigint" && BigInt.asIntN(64, value) === value;
}

/** Each buffer is taken once, so that a short text cannot stand for a huge value. */
type Buffers = (Buffer | undefined)[];

function fromJson(value: unknown, buffers: Buffers, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > maxDepth) throw new UnpackError(`it is nested more than ${maxDepth} levels deep`);
  if (Array.isArray(value)) return value.map((each) => fromJson(each, buffers, depth + 1));
  const keys = Object.keys(value);
  const [key = ""] = keys;
  if (keys.length === 1 && key.startsWith("$"))
    return special(key.slice(1), (value as Record<string, unknown>)[key], buffers, depth);
  const plain: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) setOwnProperty(plain, name, fromJson(each, buffers, depth + 1));
  return plain;
}

function special(kind: string, content: unknown, buffers: Buffers, depth: number): unknown {
  const wrong = () => new UnpackError(`it has a wrong value of the kind '${kind.slice(0, 20)}'`);
  if (kind === "number") {
    if (content === "NaN" || content === "Infinity" || content === "-Infinity" || content === "-0")
      return Number(content);
    throw wrong();
  }
  if (kind === "bigint") {
    if (typeof content === "string" && /^-?\d{1,40}$/.test(content)) return BigInt(content);
    throw wrong();
  }
  if (kind === "date") {
    if (typeof content === "number") return new Date(content);
    throw wrong();
  }
  if (kind === "map" || kind === "object") {
    if (!Array.isArray(content)) throw wrong();
    const entries = content.map((entry: unknown): [unknown, unknown] => {
      if (!Array.isArray(entry) || entry.length !== 2) throw wrong();
      return [fromJson(entry[0], buffers, depth + 1), fromJson(entry[1], buffers, depth + 1)];
    });
    if (kind === "map") return new Map(entries);
    const object: Record<string, unknown> = {};
    for (const [name, each] of entries) {
      if (typeof name !== "string") throw wrong();
      setOwnProperty(object, name, each);
    }
    return object;
  }
  if (kind === "bigints") return Array.from(elements("BigInt64Array", content, buffers, wrong) as BigInt64Array);
  if (Object.hasOwn(arrayTypes, kind)) return elements(kind as ArrayType, content, buffers, wrong);
  throw wrong();
}

/** A copy of a buffer, because its bytes may lie at an odd address and keep the whole answer in memory. */
function elements(type: ArrayType, index: unknown, buffers: Buffers, wrong: () => UnpackError): Elements {
  const ArrayClass = arrayTypes[type];
  const at = typeof index === "number" ? index : -1;
  const bytes = buffers[at];
  if (bytes === undefined || bytes.byteLength % ArrayClass.BYTES_PER_ELEMENT !== 0) throw wrong();
  buffers[at] = undefined;
  const copy = new Uint8Array(bytes);
  return new ArrayClass(copy.buffer, 0, copy.byteLength / ArrayClass.BYTES_PER_ELEMENT);
}
