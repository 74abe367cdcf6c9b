import { defineModel, type DType, type Dim, type Model, type Tensor } from "../dsl/index.js";

// Handles in the form of `shapeline generate`: one interface per model, so that messages show `Scorer`.
type F<S extends readonly Dim[]> = Tensor<"float32", S>;
const f = <const S extends readonly Dim[]>(...shape: S): { dtype: "float32"; shape: S } => ({
  dtype: "float32",
  shape,
});
const of = <const D extends DType, const S extends readonly Dim[]>(dtype: D, ...shape: S): { dtype: D; shape: S } => ({
  dtype,
  shape,
});
const sha256 = "0".repeat(64);

export interface Embed extends Model<
  "embed",
  { readonly image: F<readonly ["batch", 64]> },
  { readonly embedding: F<readonly ["batch", 12]> }
> {}
export const embed: Embed = defineModel({
  name: "embed",
  sha256,
  inputs: { image: f("batch", 64) },
  outputs: { embedding: f("batch", 12) },
});

export interface Scorer extends Model<
  "scorer",
  { readonly x: F<readonly ["batch", 10]> },
  { readonly score: F<readonly ["batch", 1]> }
> {}
export const scorer: Scorer = defineModel({
  name: "scorer",
  sha256,
  inputs: { x: f("batch", 10) },
  outputs: { score: f("batch", 1) },
});

export interface Head extends Model<
  "head",
  { readonly x: F<readonly ["batch", 12]> },
  { readonly y: F<readonly ["batch", 1]> }
> {}
export const head: Head = defineModel({
  name: "head",
  sha256,
  inputs: { x: f("batch", 12) },
  outputs: { y: f("batch", 1) },
});

export interface Head2 extends Model<
  "head-2",
  { readonly input: F<readonly ["batch", 12]> },
  { readonly p: F<readonly ["batch", 3]> }
> {}
export const head2: Head2 = defineModel({
  name: "head-2",
  sha256,
  inputs: { input: f("batch", 12) },
  outputs: { p: f("batch", 3) },
});

export interface Ids extends Model<
  "ids",
  { readonly ids: Tensor<"int64", readonly ["batch", 12]> },
  { readonly id: Tensor<"int64", readonly ["batch"]> }
> {}
export const ids: Ids = defineModel({
  name: "ids",
  sha256,
  inputs: { ids: of("int64", "batch", 12) },
  outputs: { id: of("int64", "batch") },
});

export interface Cube extends Model<
  "cube",
  { readonly x: F<readonly ["batch", 12, 3]> },
  { readonly y: F<readonly ["batch", 12, 3]> }
> {}
export const cube: Cube = defineModel({
  name: "cube",
  sha256,
  inputs: { x: f("batch", 12, 3) },
  outputs: { y: f("batch", 12, 3) },
});

export interface Single extends Model<
  "single",
  { readonly x: F<readonly [1, 12]> },
  { readonly y: F<readonly [1, 2]> }
> {}
export const single: Single = defineModel({ name: "single", sha256, inputs: { x: f(1, 12) }, outputs: { y: f(1, 2) } });

export interface Split extends Model<
  "split",
  { readonly x: F<readonly ["batch", 12]> },
  { readonly a: F<readonly ["batch", 32]>; readonly b: F<readonly ["batch", 7]> }
> {}
export const split: Split = defineModel({
  name: "split",
  sha256,
  inputs: { x: f("batch", 12) },
  outputs: { a: f("batch", 32), b: f("batch", 7) },
});

export interface Pair extends Model<
  "pair",
  { readonly a: F<readonly ["batch", "n"]>; readonly b: F<readonly ["batch", "n"]> },
  { readonly c: F<readonly ["batch", "n"]> }
> {}
export const pair: Pair = defineModel({
  name: "pair",
  sha256,
  inputs: { a: f("batch", "n"), b: f("batch", "n") },
  outputs: { c: f("batch", "n") },
});

export interface Join extends Model<
  "join",
  { readonly k: F<readonly ["batch", 5]>; readonly a: F<readonly ["batch", 32]> },
  { readonly z: F<readonly ["batch", 4]> }
> {}
export const join: Join = defineModel({
  name: "join",
  sha256,
  inputs: { k: f("batch", 5), a: f("batch", 32) },
  outputs: { z: f("batch", 4) },
});

export interface Square extends Model<
  "square",
  { readonly m: F<readonly ["batch", "n", "n"]> },
  { readonly d: F<readonly ["batch", "n"]> }
> {}
export const square: Square = defineModel({
  name: "square",
  sha256,
  inputs: { m: f("batch", "n", "n") },
  outputs: { d: f("batch", "n") },
});

export interface Encoder extends Model<
  "encoder",
  { readonly tokens: Tensor<"int64", readonly ["batch", "seq"]> },
  { readonly hidden: F<readonly ["batch", "seq", "k"]> }
> {}
export const encoder: Encoder = defineModel({
  name: "encoder",
  sha256,
  inputs: { tokens: of("int64", "batch", "seq") },
  outputs: { hidden: f("batch", "seq", "k") },
});

export interface Pool extends Model<
  "pool",
  { readonly h: F<readonly ["batch", 128, null]> },
  { readonly y: F<readonly ["batch", 2]> }
> {}
export const pool: Pool = defineModel({
  name: "pool",
  sha256,
  inputs: { h: f("batch", 128, null) },
  outputs: { y: f("batch", 2) },
});

export interface Wide extends Model<
  "wide",
  { readonly h: F<readonly ["batch", "len", 768]> },
  { readonly y: F<readonly ["batch", "len"]> }
> {}
export const wide: Wide = defineModel({
  name: "wide",
  sha256,
  inputs: { h: f("batch", "len", 768) },
  outputs: { y: f("batch", "len") },
});

export interface Many extends Model<
  "many",
  { readonly x: F<readonly ["batch", 12]> },
  {
    readonly p_10: F<readonly ["batch"]>;
    readonly p_2: F<readonly ["batch"]>;
    readonly p_1: F<readonly ["batch"]>;
    readonly q: F<readonly ["batch"]>;
    readonly A: F<readonly ["batch"]>;
    readonly z: F<readonly ["batch"]>;
  }
> {}
export const many: Many = defineModel({
  name: "many",
  sha256,
  inputs: { x: f("batch", 12) },
  outputs: { p_10: f("batch"), p_2: f("batch"), p_1: f("batch"), q: f("batch"), A: f("batch"), z: f("batch") },
});

export interface Loose extends Model<
  "loose",
  { readonly x: F<readonly ["batch", null]> },
  { readonly y: F<readonly ["batch", null]> }
> {}
export const loose: Loose = defineModel({
  name: "loose",
  sha256,
  inputs: { x: f("batch", null) },
  outputs: { y: f("batch", null) },
});

export interface Scalar extends Model<"scalar", { readonly t: F<readonly []> }, { readonly y: F<readonly []> }> {}
export const scalar: Scalar = defineModel({ name: "scalar", sha256, inputs: { t: f() }, outputs: { y: f() } });

export interface Loose2 extends Model<
  "loose-2",
  { readonly x: F<readonly ["batch", null]> },
  { readonly y: F<readonly ["batch", null]> }
> {}
export const loose2: Loose2 = defineModel({
  name: "loose-2",
  sha256,
  inputs: { x: f("batch", null) },
  outputs: { y: f("batch", null) },
});

export interface Twin extends Model<
  "twin",
  { readonly input: F<readonly ["batch", 12]> },
  { readonly y: F<readonly ["batch", 1]> }
> {}
export const twin: Twin = defineModel({
  name: "twin",
  sha256,
  inputs: { input: f("batch", 12) },
  outputs: { y: f("batch", 1) },
});

export interface Broad extends Model<
  "broad",
  { readonly x: F<readonly ["batch", 12]> },
  { readonly y: F<readonly ["batch", 2]> }
> {}
export const broad: Broad = defineModel({
  name: "broad",
  sha256,
  inputs: { x: f("batch", 12) },
  outputs: { y: f("batch", 2) },
});

export interface Thirty extends Model<
  "thirty",
  { readonly x: F<readonly ["batch", 12]> },
  { readonly a: F<readonly ["batch", 32]>; readonly b: F<readonly ["batch", 32]> }
> {}
export const thirty: Thirty = defineModel({
  name: "thirty",
  sha256,
  inputs: { x: f("batch", 12) },
  outputs: { a: f("batch", 32), b: f("batch", 32) },
});

// Models whose rows are not along dimension 0.

/** The state's rows are along dimension 1. */
export interface Stateful extends Model<
  "stateful",
  { readonly x: F<readonly ["batch", 4]>; readonly state: F<readonly [2, "batch", 3]> },
  { readonly y: F<readonly ["batch", 4]>; readonly stateN: F<readonly [2, "batch", 3]> }
> {}
export const stateful: Stateful = defineModel({
  name: "stateful",
  sha256,
  inputs: { x: f("batch", 4), state: f(2, "batch", 3) },
  outputs: { y: f("batch", 4), stateN: f(2, "batch", 3) },
});

export interface TimeMajor extends Model<
  "time-major",
  { readonly x: F<readonly ["batch", "time"]> },
  { readonly probs: F<readonly ["time", "batch"]> }
> {}
export const timeMajor: TimeMajor = defineModel({
  name: "time-major",
  sha256,
  inputs: { x: f("batch", "time") },
  outputs: { probs: f("time", "batch") },
});

/** A whole model: a row is a matrix. */
export interface Matrix extends Model<
  "matrix",
  { readonly x: F<readonly [2, 3]> },
  { readonly y: F<readonly [2, 3]> }
> {}
export const matrix: Matrix = defineModel({
  name: "matrix",
  sha256,
  inputs: { x: f(2, 3) },
  outputs: { y: f(2, 3) },
});

export interface Cells extends Model<
  "cells",
  { readonly x: F<readonly ["batch", 2, 3]> },
  { readonly y: F<readonly ["batch", 1]> }
> {}
export const cells: Cells = defineModel({
  name: "cells",
  sha256,
  inputs: { x: f("batch", 2, 3) },
  outputs: { y: f("batch", 1) },
});

/** `t` is one value for all rows of a request. */
export interface Shared extends Model<
  "shared",
  { readonly x: F<readonly ["batch", 3]>; readonly t: F<readonly []> },
  { readonly y: F<readonly ["batch", 3]> }
> {}
export const shared: Shared = defineModel({
  name: "shared",
  sha256,
  inputs: { x: f("batch", 3), t: f() },
  outputs: { y: f("batch", 3) },
});

/** A decoder that reads a request column beside an encoder's output, and a fixed rate. */
export interface Decoder extends Model<
  "decoder",
  {
    readonly hidden: F<readonly ["batch", 12]>;
    readonly prefix: Tensor<"int64", readonly ["batch", 4]>;
    readonly rate: Tensor<"int64", readonly []>;
  },
  { readonly scores: F<readonly ["batch", 3]> }
> {}
export const decoder: Decoder = defineModel({
  name: "decoder",
  sha256,
  inputs: { hidden: f("batch", 12), prefix: of("int64", "batch", 4), rate: of("int64") },
  outputs: { scores: f("batch", 3) },
});

/** Takes three factors beside the rows. */
export interface Scale extends Model<
  "scale",
  { readonly x: F<readonly ["batch", 12]>; readonly factors: F<readonly [3]> },
  { readonly y: F<readonly ["batch", 3]> }
> {}
export const scale: Scale = defineModel({
  name: "scale",
  sha256,
  inputs: { x: f("batch", 12), factors: f(3) },
  outputs: { y: f("batch", 3) },
});
