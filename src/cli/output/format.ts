import { escapeUnsafe } from "../../util/escape-text.js";
import type { Dim } from "../../../dsl/tensor.js";

/** A port for display: `dense_input float32[batch, 29]`. Escapes control characters in names from model files. */
export function formatPort(port: {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
}): string {
  const shape = port.shape === null ? "…" : port.shape.map((d) => d ?? "?").join(", ");
  return escapeUnsafe(`${port.name} ${port.dtype}[${shape}]`);
}

/** A cell's value for display: six significant digits, long lists cut. */
export function formatCell(value: unknown): string {
  if (Array.isArray(value)) {
    const first = value.slice(0, 4).map(formatCell).join(", ");
    return value.length > 4 ? `[${first}, … ${value.length}]` : `[${first}]`;
  }
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  if (value instanceof Date) return value.toISOString();
  return String(value);
}
