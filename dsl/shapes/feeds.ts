import { constantSizes, isConstant } from "../constant.js";
import { byCodeUnit } from "../messages/first-five-names.js";
import { portsOf, type Model } from "../model.js";
import { rowShape } from "../rows.js";
import type { Port } from "../tensor.js";
import { feedOf } from "./port-names.js";
import type { EarlierModel, Origins, Source, Sources } from "./sources.js";

// What feeds each input of a model, and the sizes that its symbols get. Without messages: a pipeline needs them for its
// outputs. `fit` says what is wrong.

/** Symbol -> its size or symbol, and the input that defines it. */
export type Bindings = Map<string, { readonly size: number | string; readonly input: string }>;

/** Why a tensor does not fit an input. */
export interface Mismatch {
  readonly code: "SL2010" | "SL2011" | "SL2012" | "SL2013" | "SL2015";
  /** The dimension of the input, and the size that arrives; absent if the dtype or the rank is wrong. */
  readonly at?: { readonly axis: number; readonly dim: number | string; readonly size: number | string };
}

/** Binds the symbols of `input` to the sizes of `fed`; the first reason why `fed` does not fit, or null. */
export function unify(input: Port, fed: Port, bound: Bindings): Mismatch | null {
  if (input.dtype !== fed.dtype) return { code: "SL2010" };
  const [expected, arrived] = [rowShape(input.shape), rowShape(fed.shape)];
  if (expected === null || arrived === null) return null;
  if (arrived.length !== expected.length) return { code: "SL2011" };
  for (const [axis, dim] of expected.entries()) {
    const size = arrived[axis] ?? null;
    if (dim === null || size === null) continue;
    if (typeof dim === "number") {
      if (size !== dim) return { code: typeof size === "string" ? "SL2013" : "SL2012", at: { axis, dim, size } };
      continue;
    }
    const known = bound.get(dim);
    if (known === undefined) bound.set(dim, { size, input: input.name });
    else if (known.size !== size) return { code: "SL2015", at: { axis, dim, size } };
  }
  return null;
}

/** The outputs of `model`, its symbols bound. If the arriving tensors do not fit, no symbol is bound. */
export function boundOutputs(model: Model, given: Sources, origins: Origins): Port[] {
  const inputs = portsOf(model.inputs).sort((a, b) => byCodeUnit(a.name, b.name));
  const bound: Bindings = new Map();
  const fits = inputs.map((input) => {
    const { name } = input;
    const fed = Object.hasOwn(given, name)
      ? sourcePort(input, given[name] as Source, origins)
      : feedOf(name, inputs, origins.outputs, given);
    return fed !== undefined && unify(input, fed, bound) === null;
  });
  if (fits.includes(false)) bound.clear();
  return withSizes(portsOf(model.outputs), (symbol) => resolved(model.name, symbol, bound));
}

/** A symbol's size; without one, a symbol that no other model has. */
export function resolved(model: string, symbol: string, bound: Bindings): number | string {
  return bound.get(symbol)?.size ?? `${model}.${symbol}`;
}

/** The ports with other sizes in place of symbols. */
export function withSizes(ports: readonly Port[], sizeOf: (symbol: string) => number | string): Port[] {
  return ports.map(({ name, dtype, shape }) => ({
    name,
    dtype,
    shape: shape?.map((dim) => (typeof dim === "string" && dim !== "batch" ? sizeOf(dim) : dim)) ?? null,
  }));
}

function sourcePort(input: Port, given: Source, origins: Origins): Port | undefined {
  if (isConstant(given)) return constantPort(input, constantSizes(given.constant, rowShape(input.shape)));
  return lookUp(given, origins)?.port;
}

/** What a source names: a current output, a request column, or an output of an earlier model. */
export type FoundPort =
  | { readonly kind: "output"; readonly port: Port }
  | { readonly kind: "column"; readonly port: Port }
  | {
      readonly kind: "model";
      readonly port: Port | undefined;
      readonly owner: EarlierModel & { readonly name: string };
    };

/** Undefined if there is nothing of the name; with an owner but no port, an earlier model lacks the output. */
export function lookUp(given: string, { outputs, columns, models }: Origins): FoundPort | undefined {
  const current = outputs.find(({ name }) => name === given);
  if (current !== undefined) return { kind: "output", port: current };
  const column = columns.find(({ name }) => given === `in.${name}`);
  if (column !== undefined) return { kind: "column", port: column };
  const owner = ownerOf(given, models);
  if (owner === null) return undefined;
  const name = given.slice(owner.name.length + 1);
  return { kind: "model", port: owner.outputs?.find((output) => output.name === name), owner };
}

/** The model that a source names. The run-time side of `OwnerOf`. */
function ownerOf(given: string, models: Origins["models"]): (EarlierModel & { readonly name: string }) | null {
  const names = [...models.keys()].filter((name) => given.startsWith(`${name}.`));
  const name = names.sort((a, b) => b.length - a.length)[0];
  const model = name === undefined ? undefined : models.get(name);
  return name === undefined || model === undefined ? null : { name, ...model };
}

/** The tensor of a constant: that of the input, with the constant's sizes. The run-time side of `WithRowAxis`. */
export function constantPort(input: Port, sizes: readonly number[]): Port {
  const axis = input.shape?.indexOf("batch") ?? -1;
  const shape = axis < 0 || axis > sizes.length ? sizes : [...sizes.slice(0, axis), "batch", ...sizes.slice(axis)];
  return { ...input, shape };
}
