import type { Dim } from "../../dsl/tensor.js";

/** A tensor in words: `float32[batch, 29]`, `?` for an unknown dimension, `float32[...]` for an unknown rank. */
export function showTensor({
  dtype,
  shape,
}: {
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
}): string {
  return `${dtype}[${shape === null ? "..." : shape.map((dim) => dim ?? "?").join(", ")}]`;
}
