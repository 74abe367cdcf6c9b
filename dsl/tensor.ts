/** The supported tensor element types, by their ONNX names in lower case. */
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

/**
 * One dimension: a size, a symbol (`"N"`), or `null` if unknown. `"batch"` is the row axis: the dimension that stacks
 * rows, at any place of a shape and at most once.
 */
export type Dim = number | string | null;

/** dtype and shape. An unknown rank is `readonly Dim[]` (of unknown length) as a type, and `null` as data. */
export interface Tensor<out D extends DType = DType, out S extends readonly Dim[] = readonly Dim[]> {
  readonly dtype: D;
  readonly shape: S;
}

/** A named tensor as data, for signatures, configs and run-time checks. `shape: null` is an unknown rank. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[] | null;
}

/**
 * Creates a frozen tensor type.
 * @param dtype element type
 * @param shape dimensions: sizes, symbols, `"batch"` for the row axis, or `null` if unknown
 * @example tensor("float32", ["batch", 29])
 */
export function tensor<const D extends DType, const S extends readonly Dim[]>(dtype: D, shape: S): Tensor<D, S> {
  return Object.freeze({ dtype, shape: Object.freeze([...shape]) as unknown as S });
}
