import type { Fits, Next } from "../shapes/fits.js";
import type { Model } from "../model.js";
import type { LoggedName } from "./step-types.js";
import type { AlreadyChallenger, NoChallengers, Repeated } from "../messages/shapes.js";

/**
 * The challengers `Cs` of `C` where all fit `Out`; what is wrong with one stands at that element. `[Cs]` is not distributive:
 * otherwise `[c1, c2]` is inferred as an array and not as a tuple.
 */
export type Challengers<Out, C extends Model, Cs extends readonly Model[], Names, Steps> = [Cs] extends [readonly []]
  ? NoInfer<NoChallengers>
  : { readonly [I in keyof Cs]: Challenger<Out, Cs[I], C["name"] | NamesBefore<Cs, I>, Names, Steps> };

export type Challenger<Out, M extends Model, Before extends string, Names, Steps> = string extends M["name"]
  ? M
  : M["name"] extends Before
    ? NoInfer<Repeated<M["name"]>>
    : LoggedName<M["name"]> extends Names
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
