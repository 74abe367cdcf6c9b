import type { Fits, Next } from "./accepts.js";
import type { Model } from "./model.js";
import type { LoggedNames } from "./step-list.js";
import type { AlreadyChallenger, NoChallengers, Repeated } from "./wording.js";

/**
 * The challengers `Cs` of `C` where all fit `Out`; what is wrong with one stands at that element. `[Cs]` is not distributive:
 * otherwise `[c1, c2]` is inferred as an array and not as a tuple.
 */
export type Challengers<Out, C extends Model, Cs extends readonly Model[], Steps> = [Cs] extends [readonly []]
  ? NoInfer<NoChallengers>
  : { readonly [I in keyof Cs]: Challenger<Out, Cs[I], C["name"] | NamesBefore<Cs, I>, Steps> };

export type Challenger<Out, M extends Model, Taken extends string, Steps> = string extends M["name"]
  ? M
  : M["name"] extends Taken
    ? NoInfer<Repeated<M["name"]>>
    : M["name"] extends LoggedNames<Steps>
      ? NoInfer<AlreadyChallenger<M["name"]>>
      : Fits<Out, M, Steps>;

export type NamesBefore<Cs, I, N = never, Passed extends readonly 0[] = []> = `${Passed["length"]}` extends I
  ? N
  : Cs extends readonly [infer C extends Model, ...infer Rest]
    ? NamesBefore<Rest, I, N | C["name"], [...Passed, 0]>
    : N;

/** The outputs of all models of the step by name. */
export type ShadowOutputs<Out, C extends Model, Cs extends readonly Model[]> = {
  readonly [M in C | Cs[number] as M["name"]]: Next<Out, M>;
};
