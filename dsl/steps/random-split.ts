import type { CheckState } from "../check/check-state.js";
import type { PortState } from "../check/port-state.js";
import type { FirstText, TextOf } from "../check/flaws.js";
import { repeatedModel, type RepeatedModel } from "../messages/steps.js";
import type { Model } from "../model.js";
import { kindOf } from "../value-kind.js";
import type { OneText } from "../shapes/alternatives.js";
import {
  advanceSplit,
  checkSameOutputs,
  inferInSplit,
  type FirstOfSplit,
  type OtherRoutes,
  type Route,
} from "./split-outputs.js";
import type { IsTaken } from "./logged-names.js";
import { frozenCopy, listOf, type StepDefinition } from "./step-definition.js";
import type { ArrivingAtModel, NewStep } from "./step-kinds.js";

/** The model is chosen at random, by weight. Requests with the same value of `hashKey` get the same model. */
export interface RandomSplitStep {
  readonly kind: "randomSplit";
  readonly hashKey: string | null;
  readonly weights: readonly Weighted[];
}

/** A weight and its model. */
export type Weighted = readonly [weight: number, model: Model];

function randomSplitStep(weights: readonly Weighted[], options?: { readonly hashKey?: string }): RandomSplitStep {
  const pairs: unknown = weights;
  return Object.freeze({
    kind: "randomSplit",
    hashKey: options?.hashKey ?? null,
    weights: frozenCopy(Array.isArray(pairs) ? weights.map(frozenCopy) : weights),
  });
}

// ---------------------------------------------------------------- types

/**
 * The type-level form of a random split, a tuple of `readonly [weight, model]`. Messages name the first model for the
 * whole split.
 */
export interface RandomSplit<out Weights> {
  readonly weights: Weights;
}

export type HashKey<H extends string> = H extends "" ? NoInfer<NoHashKey> : H;

/** The pairs `Ws` where all weights are above 0 and all models fit `Out` and produce the outputs of the first one. */
export type Weights<Out, Ws extends readonly Weighted[], In, Steps> = [Ws] extends [readonly []]
  ? NoInfer<NoWeights>
  : { readonly [I in keyof Ws]: PairOf<Out, Ws[I], FirstModel<Ws>, PairNamesBefore<Ws, I>, In, Steps> };

// The question is inlined and takes the pair itself: alias arguments are instantiated again (+83 per pair of pairs).
type PairOf<Out, P extends Weighted, First extends Model, Taken extends string, In, Steps> = true extends (
  [WeightsBelow0<P[0]>] extends [never]
    ? true extends IsTaken<P[1]["name"], Taken, never>
      ? true
      : OtherRoutes<Out, P[1], First> extends never
        ? false
        : true
    : true
)
  ? P extends unknown
    ? NoInfer<PairText<Out, P, First, Taken, In, Steps>>
    : P
  : P;

/** The pair, with a text instead of the wrong element. */
type PairText<Out, P extends Weighted, First extends Model, Taken extends string, In, Steps> = [
  WeightsBelow0<P[0]>,
] extends [never]
  ? string extends P[1]["name"]
    ? P
    : [P[1]["name"] & Taken] extends [never]
      ? readonly [P[0], Route<Out, P[1], First, In, Steps>]
      : readonly [P[0], OneText<RepeatedModel<P[1]["name"] & Taken, "random split">>]
  : readonly [OneText<BadWeight<P[1]["name"], WeightsBelow0<P[0]>>>, P[1]];

/** The weights of a union that are not above 0. */
type WeightsBelow0<W extends number> = W extends unknown
  ? `${W}` extends `-${string}` | "0" | "Infinity" | "NaN"
    ? W
    : never
  : never;

type PairNamesBefore<Ws, I, N = never, Passed extends readonly 0[] = []> = `${Passed["length"]}` extends I
  ? N
  : Ws extends readonly [infer P extends Weighted, ...infer Rest]
    ? PairNamesBefore<Rest, I, N | P[1]["name"], [...Passed, 0]>
    : N;

export type FirstModel<Ws extends readonly Weighted[]> = Ws[0][1];

/**
 * The problem of a random split after an edit; false if there is none. An empty one is refused where it is written:
 * then the edit is not checked further.
 */
export type RandomSplitFlaw<Ws, First extends Model, Out, In, Steps> = Ws extends readonly [
  infer W extends Weighted,
  ...infer Rest,
]
  ? FirstText<TextOf<Route<Out, W[1], First, In, Steps>>, RandomSplitFlaw<Rest, First, Out, In, Steps>>
  : false;

/** `.randomSplit` in the callback of an edit. */
export interface AtRandomSplit<In, Out, Steps> {
  /** For editors. */
  randomSplit<const Ws extends readonly Weighted[]>(
    weights: Ws,
    options: { readonly hashKey?: string },
    no: never,
  ): NewStep<RandomSplit<Ws>>;
  randomSplit<const Ws extends readonly Weighted[], const H extends string = never>(
    weights: Weights<ArrivingAtModel<Out, FirstModel<Ws>>, Ws, ArrivingAtModel<In, FirstModel<Ws>>, Steps>,
    options?: { readonly hashKey?: HashKey<H> },
  ): NewStep<RandomSplit<Ws>>;
}

/** `.randomSplit` if the compiler does not know the steps. */
export interface UncheckedRandomSplit<out P> {
  randomSplit(weights: readonly Weighted[], options?: { readonly hashKey?: string }): P;
}

// ---------------------------------------------------------------- run time

export function checkRandomSplit(state: CheckState, step: RandomSplitStep, index: number): void {
  const { hashKey } = step;
  const weights: unknown = step.weights;
  if (hashKey !== null && (typeof hashKey !== "string" || hashKey === "")) state.report("SL2065", noHashKey, index);
  if (!Array.isArray(weights) || !weights.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    const not = Array.isArray(weights) ? "" : `, not ${kindOf(weights)}`;
    return state.report("SL2066", `the weights of step ${index} must be a list of [weight, model]${not}`, index);
  }
  if (weights.length === 0) return state.report("SL2063", noWeights, index);
  let first: FirstOfSplit | null = null;
  const names = new Set<string>();
  for (const [weight, model] of weights as readonly (readonly [unknown, unknown])[]) {
    if (!state.isModel(model, "a model", index)) continue;
    const { name } = model;
    if (typeof weight !== "number" || !(weight > 0) || weight === Infinity) {
      const given = typeof weight === "number" ? weight : kindOf(weight);
      state.report("SL2064", badWeight(name, given), index, { model: name });
    } else if (names.has(name)) {
      state.report("SL2024", repeatedModel(name, "random split"), index, { model: name });
      continue;
    }
    names.add(name);
    if (first === null) first = inferInSplit(state, model, index);
    else checkSameOutputs(state, model, first, index, {});
  }
}

export function advanceRandomSplit(state: PortState, step: RandomSplitStep, index: number): void {
  advanceSplit(state, modelsOf(step), index);
}

const modelsOf = (step: RandomSplitStep): readonly Model[] =>
  listOf(step.weights).map((pair) => listOf(pair)[1] as Model);

export const randomSplitKind = {
  method: "randomSplit",
  arity: 2,
  options: ["hashKey"],
  create: randomSplitStep,
  modelsOf,
} satisfies StepDefinition<RandomSplitStep>;

// ---------------------------------------------------------------- messages

export type NoWeights = "a random split needs at least one model";
const noWeights: NoWeights = "a random split needs at least one model";

type BadWeight<M extends string, W extends number> = `the weight of model '${M}' must be a number above 0, not ${W}`;
const badWeight = (model: string, weight: number | string): string =>
  `the weight of model '${model}' must be a number above 0, not ${weight}`;

type NoHashKey = "the hash key of a random split must be a string that is not empty";
const noHashKey: NoHashKey = "the hash key of a random split must be a string that is not empty";
