import type { Fits, Next } from "../shapes/fits.js";
import type { ShowTensor } from "../shapes/mismatch.js";
import type { Model } from "../model.js";
import type { NamesOf } from "../shapes/port-names.js";
import type {
  BadWeight,
  NoHashKey,
  NoKey,
  NoRoutes,
  NoWeights,
  OtherNames,
  OtherTensor,
  RepeatedModel,
} from "../messages/steps.js";

// The types of keySplit and randomSplit. `walk-splits.ts` is their run-time side.

export type KeyName<K extends string> = K extends "" ? NoInfer<NoKey> : K;
export type HashKey<H extends string> = H extends "" ? NoInfer<NoHashKey> : H;

export type RouteModels = Readonly<Record<string, Model>>;

/** The routes `R` where all fit `Out` and give what the default `D` gives; what is wrong with one stands at its property. */
export type Routes<Out, D extends Model, R extends RouteModels, Steps> = [keyof R] extends [never]
  ? NoInfer<NoRoutes>
  : Fits<Out, D, Steps> extends Model
    ? { readonly [V in keyof R]: Route<Out, R[V], D, Steps> }
    : R; // The default is reported; and `{}` is inferred from this branch alone.

/** `M` where it fits `Out` and gives what `D` gives. */
export type Route<Out, M extends Model, D extends Model, Steps> =
  Fits<Out, M, Steps> extends Model
    ? Fits<Out, D, Steps> extends Model
      ? SameOutputs<Next<Out, M>, Next<Out, D>> extends true
        ? M
        : NoInfer<Difference<M["name"], Next<Out, M>, D["name"], Next<Out, D>>>
      : M
    : Fits<Out, M, Steps>;

type SameOutputs<A, B> = [A, B] extends [B, A] ? true : false;

type Difference<M extends string, A, D extends string, B> =
  SameOutputs<keyof A, keyof B> extends true
    ? FirstDifference<M, A, D, B, NamesOf<A>>
    : OtherNames<M, NamesOf<A>, D, NamesOf<B>>;
type FirstDifference<M extends string, A, D extends string, B, Names> = Names extends readonly [
  infer K extends keyof A & keyof B & string,
  ...infer Rest,
]
  ? SameOutputs<A[K], B[K]> extends true
    ? FirstDifference<M, A, D, B, Rest>
    : OtherTensor<M, K, ShowTensor<A[K]>, D, ShowTensor<B[K]>>
  : never;

/** A weight and its model. */
export type Weighted = readonly [weight: number, model: Model];

/** The pairs `Ws` where all weights are above 0, all models fit `Out` and give what the first one gives. */
export type Weights<Out, Ws extends readonly Weighted[], Steps> = [Ws] extends [readonly []]
  ? NoInfer<NoWeights>
  : { readonly [I in keyof Ws]: PairOf<Out, Ws[I], FirstModel<Ws>, NamesBefore<Ws, I>, Steps> };

type PairOf<Out, P extends Weighted, First extends Model, Taken extends string, Steps> =
  PairText<Out, P[0], P[1], First, Taken, Steps> extends readonly [infer W, infer M]
    ? [P[0], P[1]] extends [W, M]
      ? P
      : NoInfer<readonly [W, M]>
    : P;

/** The pair, with a text in the place of what is wrong. */
type PairText<
  Out,
  W extends number,
  M extends Model,
  First extends Model,
  Taken extends string,
  Steps,
> = `${W}` extends `-${string}` | "0" | "Infinity" | "NaN"
  ? readonly [BadWeight<M["name"], W>, M]
  : string extends M["name"]
    ? readonly [W, M]
    : M["name"] extends Taken
      ? readonly [W, RepeatedModel<M["name"], "random split">]
      : readonly [W, Route<Out, M, First, Steps>];

type NamesBefore<Ws, I, N = never, Passed extends readonly 0[] = []> = `${Passed["length"]}` extends I
  ? N
  : Ws extends readonly [infer P extends Weighted, ...infer Rest]
    ? NamesBefore<Rest, I, N | P[1]["name"], [...Passed, 0]>
    : N;

/** The model that stands in messages for all of a random split. */
export type FirstModel<Ws extends readonly Weighted[]> = Ws[0][1];
