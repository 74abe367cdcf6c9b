import { showTensor } from "../shapes/fits.js";
import type { Model } from "../model.js";
import { kindOf } from "../value-kind.js";
import type { KeySplitStep, RandomSplitStep, RefineStep } from "../steps/nodes.js";
import type { Port } from "../tensor.js";
import type { Walk } from "./walker.js";
import { byCodeUnit, requestSource } from "../messages/shapes.js";
import {
  badWeight,
  needsSelect,
  noHashKey,
  noKey,
  noRoutes,
  noSize,
  noSymbol,
  noSymbols,
  noWeights,
  otherNames,
  otherTensor,
  repeatedModel,
} from "../messages/steps.js";

// The run-time checks of keySplit, randomSplit and refine.

export function walkKeySplit(walk: Walk, step: KeySplitStep, index: number): void {
  const { key, default: fallback } = step;
  const routes: unknown = step.routes;
  if (typeof key !== "string" || key === "") walk.report("SL2060", noKey, index);
  const isModel = walk.isModel(fallback, "the default", index);
  const entries =
    typeof routes === "object" && routes !== null && !Array.isArray(routes) ? Object.entries(routes).sort(byName) : [];
  if (entries.length === 0) walk.report("SL2061", noRoutes, index);
  if (!isModel) return;
  const first = standard(walk, fallback, index);
  for (const [value, model] of entries) {
    if (walk.isModel(model, `the route '${value}'`, index)) sameOutputs(walk, model, first, index, { route: value });
  }
  walk.goOnSplit(fallback, first.outputs, index);
}

export function walkRandomSplit(walk: Walk, step: RandomSplitStep, index: number): void {
  const { hashKey } = step;
  const weights: unknown = step.weights;
  if (hashKey !== null && (typeof hashKey !== "string" || hashKey === "")) walk.report("SL2065", noHashKey, index);
  if (!Array.isArray(weights) || !weights.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    const not = Array.isArray(weights) ? "" : `, not ${kindOf(weights)}`;
    return walk.report("SL2066", `the weights of step ${index} must be a list of [weight, model]${not}`, index);
  }
  if (weights.length === 0) return walk.report("SL2063", noWeights, index);
  let first: Standard | null = null;
  const names = new Set<string>();
  for (const [weight, model] of weights as readonly (readonly [unknown, unknown])[]) {
    if (!walk.isModel(model, "a model", index)) continue;
    const { name } = model;
    if (typeof weight !== "number" || !(weight > 0) || weight === Infinity) {
      walk.report("SL2064", badWeight(name, typeof weight === "number" ? weight : kindOf(weight)), index, {
        model: name,
      });
    } else if (names.has(name)) {
      walk.report("SL2024", repeatedModel(name, "random split"), index, { model: name });
      continue;
    }
    names.add(name);
    if (first === null) first = standard(walk, model, index);
    else sameOutputs(walk, model, first, index, {});
  }
  if (first !== null) walk.goOnSplit(first.model, first.outputs, index);
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => byCodeUnit(a, b);

/** The model that the others of a split must be like. */
interface Standard {
  readonly model: Model;
  readonly outputs: readonly Port[];
  readonly fits: boolean;
}

function standard(walk: Walk, model: Model, index: number): Standard {
  const problems = walk.problems.length;
  const outputs = walk.infer(model, {}, index);
  return { model, outputs, fits: walk.problems.length === problems };
}

/** All models of a split stand for one: they take what arrives, and give the same tensors under the same names. */
function sameOutputs(
  walk: Walk,
  model: Model,
  { model: first, outputs: expected, fits: comparable }: Standard,
  index: number,
  details: object,
): void {
  const { outputs, fits } = standard(walk, model, index);
  if (!fits || !comparable) return;
  const sorted = (ports: readonly Port[]) => [...ports].sort((a, b) => byCodeUnit(a.name, b.name));
  const names = (ports: readonly Port[]) => sorted(ports).map((port) => port.name);
  const say = (message: string) => walk.report("SL2062", message, index, { model: model.name, ...details });
  if (names(outputs).join("\n") !== names(expected).join("\n")) {
    return say(otherNames(model.name, names(outputs), first.name, names(expected)));
  }
  for (const [place, port] of sorted(outputs).entries()) {
    const other = sorted(expected)[place] ?? port;
    if (JSON.stringify([port.dtype, port.shape]) !== JSON.stringify([other.dtype, other.shape])) {
      return say(otherTensor(model.name, port.name, showTensor(port), first.name, showTensor(other)));
    }
  }
}

export function walkRefine(walk: Walk, step: RefineStep, index: number): void {
  const sizes: unknown = step.sizes;
  if (typeof sizes !== "object" || sizes === null || Array.isArray(sizes)) {
    return walk.report("SL2073", `the sizes of step ${index} must be { symbol: size }`, index);
  }
  const { several } = walk;
  if (several !== null)
    return walk.report("SL2026", needsSelect(several.step, several.outputs.length, ".refine()"), index);
  if (Object.keys(sizes).length === 0) return walk.report("SL2072", noSymbols, index);
  const symbols = new Set(walk.outputs.flatMap(({ shape }) => shape ?? []).filter((dim) => typeof dim === "string"));
  const refined = new Map<unknown, number>();
  for (const [symbol, size] of Object.entries(sizes as Readonly<Record<string, unknown>>).sort(byName)) {
    if (!symbols.has(symbol)) {
      walk.report("SL2070", noSymbol(symbol, walk.source ?? requestSource, [...symbols]), index, { symbol });
    } else if (!Number.isSafeInteger(size) || (size as number) < 1) {
      walk.report("SL2071", noSize(symbol, typeof size === "number" ? size : kindOf(size)), index, { symbol });
    }
    if (typeof size === "number") refined.set(symbol, size);
  }
  for (const { name, shape } of walk.outputs) {
    for (const [axis, dim] of (shape ?? []).entries()) {
      const expects = refined.get(dim);
      if (expects !== undefined) walk.checks.push({ step: index, model: null, input: name, axis, expects });
    }
  }
  walk.outputs = walk.outputs.map((port) => ({
    ...port,
    shape: port.shape?.map((dim) => refined.get(dim) ?? dim) ?? null,
  }));
}
