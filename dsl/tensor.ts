/** The tensor element types that a runtime can be fed with, by their ONNX names in lower case. */
export const dtypes = [
  "float16",
  "float32",
  "float64",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "bool",
  "string",
] as const;

export type DType = (typeof dtypes)[number];

/** One dimension: a size, a symbol (`"N"`), or `null` where nothing is known. Dimension 0 is the batch. */
export type Dim = number | string | null;

/** dtype and shape. As a type, `readonly Dim[]` of unknown length stands for an unknown rank; as data that is `null`. */
export interface Tensor<out D extends DType = DType, out S extends readonly Dim[] = readonly Dim[]> {
  readonly dtype: D;
  readonly shape: S;
}

/** A named tensor as data: what a signature, a config and the run-time checks work on. `shape: null` is an unknown rank. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[] | null;
}

/**
 * A tensor of a dtype and a shape, frozen.
 * @param dtype element type
 * @param shape dimensions, the batch first: sizes, symbols, or `null` where nothing is known
 * @example tensor("float32", ["batch", 29])
 */
export function tensor<const D extends DType, const S extends readonly Dim[]>(dtype: D, shape: S): Tensor<D, S> {
  return Object.freeze({ dtype, shape: Object.freeze([...shape]) as unknown as S });
}
