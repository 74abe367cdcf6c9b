// Tensors of the oracle's files ({ dtype, shape, data in base64 }), as values of a request and compared with results.

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Reads a tensor; `values` is a typed array, or a list for strings, booleans and float16. */
export function decode({ dtype, shape, data }) {
  if (dtype === "string") return { dtype, shape, values: data };
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  const values = new arrays[dtype](bytes.buffer);
  if (dtype === "float16") return { dtype, shape, values: Float32Array.from(values, halfToNumber) };
  return { dtype, shape, values };
}

function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** One row of a tensor that holds one item: without `axis`, or the whole tensor if the axis is -1. */
export function withoutAxis(tensor, axis) {
  if (axis < 0) return tensor;
  if (tensor.shape[axis] !== 1) throw new RangeError(`axis ${axis} of [${tensor.shape.join(", ")}] is not one item`);
  return { ...tensor, shape: tensor.shape.toSpliced(axis, 1) };
}

/** Nested lists; a plain value for a tensor without dimensions. */
export function toNested({ dtype, shape, values }) {
  let at = 0;
  const next = () => (dtype === "bool" ? values[at++] === 1 : values[at++]);
  const level = (depth) =>
    depth === shape.length ? next() : Array.from({ length: shape[depth] }, () => level(depth + 1));
  return level(0);
}

/** Values and shape of a result: nested lists, typed arrays, or { data, shape }. */
export function fromResult(value) {
  if (ArrayBuffer.isView(value)) return { shape: [value.length], values: value };
  if (value !== null && typeof value === "object" && "data" in value) return { shape: value.shape, values: value.data };
  if (!Array.isArray(value)) return { shape: [], values: [value] };
  const parts = value.map(fromResult);
  return {
    shape: [value.length, ...(parts[0]?.shape ?? [])],
    values: parts.flatMap(({ values }) => Array.from(values)),
  };
}

/** Relative to the largest value of the answer. Integers, booleans and strings must be equal. */
const tolerances = { float32: 1e-5, float64: 1e-5, float16: 2e-3 };

/**
 * Compares a result with the oracle's answer.
 *
 * @returns { difference, wrong }: the largest difference relative to the answer's scale; why it is wrong, or undefined
 */
export function compare(answer, result) {
  const expected = answer.shape.join(", ");
  const actual = result.shape.join(", ");
  if (expected !== actual && answer.values.length > 0) {
    return { difference: Infinity, wrong: `shape [${actual}] instead of [${expected}]` };
  }
  const tolerance = tolerances[answer.dtype];
  if (tolerance === undefined) {
    const same = (value, i) =>
      answer.dtype === "bool" ? Boolean(value) === Boolean(result.values[i]) : value === result.values[i];
    const at = Array.from(answer.values).findIndex((value, i) => !same(value, i));
    return at < 0
      ? { difference: 0 }
      : { difference: Infinity, wrong: `${result.values[at]} instead of ${answer.values[at]}` };
  }
  let scale = 0;
  let largest = 0;
  for (let i = 0; i < answer.values.length; i++) {
    const [a, b] = [answer.values[i], Number(result.values[i])];
    if (Number.isFinite(a)) scale = Math.max(scale, Math.abs(a));
    if (Object.is(a, b) || a === b) continue;
    const gap = Math.abs(a - b);
    largest = Number.isNaN(gap) ? Infinity : Math.max(largest, gap);
  }
  const difference = largest === 0 ? 0 : largest / scale;
  return difference <= tolerance ? { difference } : { difference, wrong: `differs by ${difference.toExponential(1)}` };
}
