import { escapeUnsafe } from "../../util/escape-text.js";
import type { Dim } from "../../../dsl/tensor.js";

/** A port as one reads it: `dense_input float32[batch, 29]`. Names from model files may hold anything. */
export function formatPort(port: {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
}): string {
  const shape = port.shape === null ? "…" : port.shape.map((d) => d ?? "?").join(", ");
  return escapeUnsafe(`${port.name} ${port.dtype}[${shape}]`);
}

/** A row's value as people read it: six significant digits, long lists cut. */
export function formatCell(value: unknown): string {
  if (Array.isArray(value)) {
    const shown = value.slice(0, 4).map(formatCell).join(", ");
    return value.length > 4 ? `[${shown}, … ${value.length}]` : `[${shown}]`;
  }
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  if (value instanceof Date) return value.toISOString();
  return String(value);
}
