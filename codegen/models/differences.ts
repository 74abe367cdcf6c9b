import type { WrittenModel, WrittenTensor } from "./read-back.js";
import { showTensor } from "./show.js";
import { usablePorts, type ModelSignature, type Port } from "./signature.js";

type Side = "input" | "output";

/** What a generated file has otherwise than the model files, in words: one line a model, digest or port. */
export function differencesOf(written: readonly WrittenModel[], models: readonly ModelSignature[]): readonly string[] {
  const before = new Map(written.map((model) => [model.name, model]));
  const after = new Map(models.map((model) => [model.name, model]));
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const old = before.get(name);
    const now = after.get(name);
    if (old === undefined) return [`${name}: model added`];
    if (now === undefined) return [`${name}: model removed`];
    return [
      ...(old.sha256 === now.sha256 ? [] : [`${name}: sha256 ${short(old.sha256)} -> ${short(now.sha256)}`]),
      ...ports(name, "input", old.inputs, now.inputs),
      ...ports(name, "output", old.outputs, now.outputs),
    ];
  });
}

function short(sha256: string): string {
  return `${sha256.slice(0, 8)}…`;
}

function ports(model: string, side: Side, before: ReadonlyMap<string, WrittenTensor>, signature: readonly Port[]): readonly string[] {
  const after = new Map(usablePorts(signature).map((port) => [port.name, port]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const old = before.get(name);
    const now = after.get(name);
    if (old === undefined) return now === undefined ? [] : [`${model}.${name}: ${side} added, ${showTensor(now)}`];
    if (now === undefined) return [`${model}.${name}: ${side} removed, it was ${showTensor(old)}`];
    return showTensor(old) === showTensor(now) ? [] : [`${model}.${name}: ${change(side, old, now)}`];
  });
}

/** `29 -> 30 features` where a flat row only changed its length, otherwise both tensors. */
function change(side: Side, old: WrittenTensor, now: WrittenTensor): string {
  const [oldBatch, oldSize] = old.shape ?? [];
  const [batch, size] = now.shape ?? [];
  const flat = old.shape?.length === 2 && now.shape?.length === 2 && old.dtype === now.dtype && oldBatch === batch;
  if (flat && typeof oldSize === "number" && typeof size === "number") return `${oldSize} -> ${size} ${side === "input" ? "features" : "values"}`;
  return `${showTensor(old)} -> ${showTensor(now)}`;
}
