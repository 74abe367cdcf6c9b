import type { Dim } from "../../dsl/tensor.js";
import { formatTensor } from "./format-tensor.js";

interface TensorShape {
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
}

/** Tensors by port name. */
export type TensorsByName = ReadonlyMap<string, TensorShape>;

export function tensorsByName(ports: readonly (TensorShape & { readonly name: string })[]): TensorsByName {
  return new Map(ports.map((port) => [port.name, port]));
}

/**
 * Describes how the inputs or outputs of a model changed: one line per port, such as `ccfraud.dense_input: 29 -> 30
 * features`.
 */
export function portDifferences(
  model: string,
  side: "input" | "output",
  before: TensorsByName,
  after: TensorsByName,
): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const old = before.get(name);
    const now = after.get(name);
    if (old === undefined) return now === undefined ? [] : [`${model}.${name}: ${side} added, ${formatTensor(now)}`];
    if (now === undefined) return [`${model}.${name}: ${side} removed, it was ${formatTensor(old)}`];
    return formatTensor(old) === formatTensor(now) ? [] : [`${model}.${name}: ${change(side, old, now)}`];
  });
}

/** `29 -> 30 features` if only the length of a flat row changed, otherwise both tensors. */
function change(side: "input" | "output", old: TensorShape, now: TensorShape): string {
  const [oldBatch, oldSize] = old.shape ?? [];
  const [batch, size] = now.shape ?? [];
  const isFlat = old.shape?.length === 2 && now.shape?.length === 2 && old.dtype === now.dtype && oldBatch === batch;
  if (isFlat && typeof oldSize === "number" && typeof size === "number")
    return `${oldSize} -> ${size} ${side === "input" ? "features" : "values"}`;
  return `${formatTensor(old)} -> ${formatTensor(now)}`;
}
