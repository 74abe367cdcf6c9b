import type { Dim } from "../../dsl/tensor.js";

/**
 * Formats a tensor with all its symbols: `float32[batch, 29]`, `?` for an unknown dimension, `float32[...]` for an
 * unknown rank. The messages of pipelines use `showTensor` of the DSL instead, which names any open first axis `batch`.
 */
export function formatTensor({
  dtype,
  shape,
}: {
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
}): string {
  return `${dtype}[${shape === null ? "..." : shape.map((dim) => dim ?? "?").join(", ")}]`;
}
