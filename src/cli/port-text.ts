import { escapeUnsafe } from "../../codegen/models/literal.js";
import type { Dim } from "../../dsl/tensor.js";

/** A port as one reads it: `dense_input float32[batch, 29]`. Names from model files may hold anything. */
export function portText(port: {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
}): string {
  const shape = port.shape === null ? "…" : port.shape.map((d) => d ?? "?").join(", ");
  return escapeUnsafe(`${port.name} ${port.dtype}[${shape}]`);
}
