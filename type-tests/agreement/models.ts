import { defineModel, dtypes, type Dim, type DType, type Model, type Port } from "../../dsl/index.js";
import { rowShape } from "../../dsl/rows.js";
import type { Random } from "./random.js";

// Random models that fit what arrives, or almost fit.

/** How a model does not fit what arrives. Where what arrives is unknown, the model fits nevertheless. */
export type Misfit = "dtype" | "rank" | "size" | "symbol" | "clash" | "missing";
export const misfits: readonly Misfit[] = ["dtype", "rank", "size", "symbol", "clash", "missing"];

// Names with different orders as text and as numbers, names that are not identifiers, and names with a long common
// prefix.
const portNames = [
  "x",
  "y",
  "dense_1",
  "dense_10",
  "dense_2",
  "input.1",
  "output:0",
  "A",
  "a b",
  "p-1",
  "prob",
  "probs",
  "length",
  "0",
  "10",
  "9",
];
const symbols = ["n", "seq", "k", "N", "len-1"];
const sizes = [1, 2, 3, 7, 8, 12, 128];

export function randomDType(random: Random): DType {
  return random.chance(0.7) ? "float32" : random.pick(dtypes);
}

/** Shapes of rank 0 to 8, mostly 2, without a row axis. */
export function randomShape(random: Random, own: readonly string[] = symbols): Dim[] | null {
  if (random.chance(0.03)) return null;
  const rank = random.chance(0.1) ? random.int(0, 8) : random.int(0, 2);
  return Array.from({ length: rank }, () => randomDim(random, own));
}

/** Inserts the row axis, mostly as the first dimension. */
function withRowAxis(random: Random, shape: readonly Dim[] | null): Dim[] | null {
  if (shape === null) return null;
  if (shape.includes("batch")) return [...shape];
  const axis = random.chance(0.8) ? 0 : random.int(0, shape.length);
  return [...shape.slice(0, axis), "batch", ...shape.slice(axis)];
}

function randomDim(random: Random, own: readonly string[]): Dim {
  const kind = random.weighted({ size: 6, symbol: 3, unknown: 1 });
  return kind === "size" ? random.pick(sizes) : kind === "symbol" ? random.pick(own) : null;
}

export function randomPorts(random: Random, own?: readonly string[]): Port[] {
  const count = random.weighted({ "1": 6, "2": 2, "3": 1, "7": 0.3 });
  return random
    .shuffled(portNames)
    .slice(0, Number(count))
    .map((name) => ({ name, dtype: randomDType(random), shape: randomShape(random, own) }));
}

/** The inputs of a model that takes the ports `arriving`; with a misfit, one port is wrong. */
export function inputsFor(random: Random, arriving: readonly Port[], misfit: Misfit | null, byName = false): Port[] {
  if (arriving.length === 0) return randomPorts(random);
  const taken = random.shuffled(arriving).slice(0, random.int(1, arriving.length));
  const bound = new Map<string, Dim>();
  const inputs = taken.map(({ name, dtype, shape }) => ({
    name,
    dtype,
    shape: shape === null ? randomShape(random) : fitting(random, rowShape(shape) ?? [], bound),
  }));
  const [first] = inputs;
  if (!byName && arriving.length === 1 && first !== undefined && random.chance(0.5))
    inputs[0] = { ...first, name: random.pick(portNames) };
  return misfit === null ? inputs : withMisfit(random, inputs, misfit);
}

function fitting(random: Random, shape: readonly Dim[], bound: Map<string, Dim>): Dim[] | null {
  if (random.chance(0.05)) return null;
  return shape.map((arrived) => {
    // A wrong refine step can produce sizes that are not valid.
    if (typeof arrived === "number" && !(Number.isInteger(arrived) && arrived > 0)) return null;
    const free = symbols.filter((symbol) => !bound.has(symbol) || bound.get(symbol) === arrived);
    const kind = random.weighted({ same: 5, symbol: 3, unknown: 1 });
    if (kind === "unknown") return null;
    if (kind === "same" && typeof arrived !== "string") return arrived ?? random.pick([...sizes, null]);
    if (free.length === 0) return null;
    const symbol = random.pick(free);
    if (arrived !== null) bound.set(symbol, arrived);
    return symbol;
  });
}

function withMisfit(random: Random, inputs: readonly Port[], misfit: Misfit): Port[] {
  const wrong = random.int(0, inputs.length - 1);
  const change = (to: (port: Port) => Partial<Port>) =>
    inputs.map((port, index) => (index === wrong ? { ...port, ...to(port) } : port));
  const dimensions = (to: (dim: Dim, axis: number) => Dim) =>
    change(({ shape }) => ({ shape: shape?.map(to) ?? [1, 2] }));
  switch (misfit) {
    case "dtype":
      return change(({ dtype }) => ({ dtype: random.pick(dtypes.filter((other) => other !== dtype)) }));
    case "rank":
      return change(({ shape }) => ({
        shape: random.chance(0.5) ? [...(shape ?? []), 3] : (shape ?? []).slice(0, -1),
      }));
    case "size":
      return dimensions((dim) => (typeof dim === "number" ? dim + 1 : dim));
    case "symbol":
      return dimensions((dim) => (typeof dim === "string" ? 5 : dim));
    case "clash":
      return inputs.map((port) => ({ ...port, shape: port.shape?.map(() => "n") ?? null }));
    case "missing":
      return [...change(() => ({})), { name: "absent", dtype: "float32", shape: [4] }];
  }
}

/** False for sizes that a model cannot declare. Wrong refine steps produce such sizes. */
export function isDeclarable({ shape }: Port): boolean {
  return shape === null || shape.every((dim) => typeof dim !== "number" || (Number.isSafeInteger(dim) && dim >= 0));
}

/** Outputs that do not depend on a model's symbols, for splits: their models must have equal outputs. */
export function plainOutputs(random: Random): Port[] {
  const outputs = randomPorts(random).map((port) => ({
    ...port,
    shape: port.shape?.map((dim) => (typeof dim === "string" ? 4 : dim)) ?? null,
  }));
  return random.chance(0.8) ? stacked(random, outputs) : outputs;
}

function stacked(random: Random, ports: readonly Port[]): Port[] {
  return ports.map((port) => ({ ...port, shape: withRowAxis(random, port.shape) }));
}

/**
 * A model, batched or whole, whose ports have these row shapes. Some symbols of its random outputs occur in the inputs.
 * A batched model has a row axis in every output and in at least one input; its other inputs are shared.
 */
export function modelOf(random: Random, name: string, inputs: readonly Port[], outputs?: readonly Port[]): Model {
  const own = inputs.flatMap(({ shape }) => rowShape(shape) ?? []).filter((dim) => typeof dim === "string");
  const rows = outputs ?? randomPorts(random, [...own, "k", "seq"]);
  const batched =
    outputs === undefined
      ? random.chance(0.8) && rows.some(({ shape }) => shape !== null)
      : outputs.some(({ shape }) => shape?.includes("batch"));
  const [first = { name: "x", dtype: "float32", shape: [] }, ...others] = inputs;
  const stackedInputs = [first, ...others].map((port, index) =>
    index === 0 || random.chance(0.85) ? { ...port, shape: withRowAxis(random, port.shape) } : port,
  );
  return defineModel({
    name,
    sha256: "0".repeat(64),
    inputs: portRecord(batched ? stackedInputs : inputs.map((port) => ({ ...port, shape: rowShape(port.shape) }))),
    outputs: portRecord(batched && outputs === undefined ? stacked(random, rows) : rows),
  });
}

function portRecord(ports: readonly Port[]): Record<string, { dtype: DType; shape: readonly Dim[] | null }> {
  return Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
}
