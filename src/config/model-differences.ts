import type { Dim } from "../../dsl/tensor.js";
import { showTensor } from "./show-tensor.js";

interface Shaped {
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
}

/** Tensors by the name of their port. */
export type TensorsByName = ReadonlyMap<string, Shaped>;

export function tensorsByName(ports: readonly (Shaped & { readonly name: string })[]): TensorsByName {
  return new Map(ports.map((port) => [port.name, port]));
}

/** How one side of a model changed, in words: one line a port, such as `ccfraud.dense_input: 29 -> 30 features`. */
export function portDifferences(
  model: string,
  side: "input" | "output",
  before: TensorsByName,
  after: TensorsByName,
): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const old = before.get(name);
    const now = after.get(name);
    if (old === undefined) return now === undefined ? [] : [`${model}.${name}: ${side} added, ${showTensor(now)}`];
    if (now === undefined) return [`${model}.${name}: ${side} removed, it was ${showTensor(old)}`];
    return showTensor(old) === showTensor(now) ? [] : [`${model}.${name}: ${change(side, old, now)}`];
  });
}

/** `29 -> 30 features` where a flat row only changed its length, otherwise both tensors. */
function change(side: "input" | "output", old: Shaped, now: Shaped): string {
  const [oldBatch, oldSize] = old.shape ?? [];
  const [batch, size] = now.shape ?? [];
  const flat = old.shape?.length === 2 && now.shape?.length === 2 && old.dtype === now.dtype && oldBatch === batch;
  if (flat && typeof oldSize === "number" && typeof size === "number")
    return `${oldSize} -> ${size} ${side === "input" ? "features" : "values"}`;
  return `${showTensor(old)} -> ${showTensor(now)}`;
}
