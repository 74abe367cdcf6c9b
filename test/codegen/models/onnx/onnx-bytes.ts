/** A minimal protobuf writer for ONNX files in tests. */
export type Bytes = Uint8Array;

export function varint(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

export function concat(...parts: readonly Bytes[]): Bytes {
  return Uint8Array.from(Buffer.concat(parts));
}

export function integer(field: number, value: number | bigint): Bytes {
  return concat(varint((field << 3) | 0), varint(value));
}

export function bytes(field: number, ...content: readonly (Bytes | string)[]): Bytes {
  const body = concat(...content.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return concat(varint((field << 3) | 2), varint(body.length), body);
}

export const FLOAT = 1;
export const INT64 = 7;
export const BFLOAT16 = 16;

/** The content of a TypeProto. `shape: null` omits the shape; a `null` dimension has neither size nor name. */
export function tensorType(element: number, shape: readonly (number | string | null)[] | null, field = 1): Bytes {
  const dims = (shape ?? []).map((dim) =>
    dim === null ? bytes(1) : typeof dim === "number" ? bytes(1, integer(1, dim)) : bytes(1, bytes(2, dim)),
  );
  return bytes(field, integer(1, element), ...(shape === null ? [] : [bytes(2, ...dims)]));
}

export function sequenceType(of: Bytes): Bytes {
  return bytes(4, bytes(1, of));
}

export function mapType(key: number, value: Bytes): Bytes {
  return bytes(5, integer(1, key), bytes(2, value));
}

export function optionalType(of: Bytes): Bytes {
  return bytes(9, bytes(1, of));
}

export function input(name: string, ...type: readonly Bytes[]): Bytes {
  return bytes(11, bytes(1, name), ...type.map((t) => bytes(2, t)));
}

export function output(name: string, ...type: readonly Bytes[]): Bytes {
  return bytes(12, bytes(1, name), ...type.map((t) => bytes(2, t)));
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...more: readonly Bytes[]
): Bytes {
  return bytes(
    1,
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, op),
    ...more,
  );
}

/** A float32 initializer with the name before the data, as exporters write it. */
export function initializer(name: string, dims: readonly number[], data: Bytes): Bytes {
  return bytes(5, ...dims.map((dim) => integer(1, dim)), integer(2, FLOAT), bytes(8, name), bytes(9, data));
}

export function model(...graph: readonly Bytes[]): Bytes {
  return concat(integer(1, 8), bytes(2, "test"), bytes(8, integer(2, 13)), bytes(7, bytes(2, "g"), ...graph));
}
