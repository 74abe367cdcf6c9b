import type { CheckState } from "../check/check-state.js";
import type { ModelOutputs, PortState } from "../check/port-state.js";
import type { FirstText, TextOf } from "../check/flaws.js";
import { repeatedModel, type RepeatedModel } from "../messages/steps.js";
import type { Model } from "../model.js";
import { kindOf } from "../value-kind.js";
import type { OneText } from "../shapes/alternatives.js";
import type { Fits } from "../shapes/fits.js";
import type { FirstLogged, IsTaken, LoggedModelEntry, NamesBefore } from "./logged-names.js";
import { frozenCopy, listOf, type StepDefinition } from "./step-definition.js";
import type { OutputsByName } from "./models.js";
import type { ArrivingAtModel, NewStep } from "./step-kinds.js";
import type { Unstated } from "./step-list.js";

/** The champion's output is the answer. The challengers run on the same input and are logged. */
export interface ShadowStep {
  readonly kind: "shadow";
  readonly champion: Model;
  readonly challengers: readonly Model[];
}

function shadowStep(champion: Model, challengers: readonly Model[]): ShadowStep {
  return Object.freeze({ kind: "shadow", champion, challengers: frozenCopy(challengers) });
}

// ---------------------------------------------------------------- types

/** The type-level form of a shadow step. */
export interface Shadow<out Champion, out Challengers> {
  readonly champion: Champion;
  readonly challengers: Challengers;
}

/**
 * The challengers `Cs` of the champion `C`. A challenger that does not fit is replaced by its message. `[Cs]` is not
 * distributive: otherwise `[c1, c2]` is inferred as an array and not as a tuple.
 */
export type Challengers<Out, C extends Model, Cs extends readonly Model[], Names, In, Steps> = [Cs] extends [
  readonly [],
]
  ? NoInfer<NoChallengers>
  : { readonly [I in keyof Cs]: Challenger<Out, Cs[I], C["name"] | NamesBefore<Cs, I>, Names, In, Steps> };

type Challenger<Out, M extends Model, Before extends string, Names, In, Steps> =
  true extends IsTaken<M["name"], Before, Names>
    ? NoInfer<OneText<ChallengerNameText<M, Before, Names>>>
    : Fits<Out, M, In, Steps>;
type ChallengerNameText<M extends Model, Before extends string, Names> = M extends unknown
  ? M["name"] extends Before
    ? RepeatedModel<M["name"], "shadow step">
    : LoggedModelEntry<M["name"]> extends Names
      ? AlreadyChallenger<M["name"]>
      : never
  : never;

/** The outputs of all models of the step by name; a union, if a model is. */
export type ShadowOutputs<Out, C extends Model, Cs extends readonly Model[]> = OutputsByName<Out, readonly [C, ...Cs]>;

/** The names that the step adds to the log. */
export type ShadowNames<Cs extends readonly Model[]> = LoggedModelEntry<Cs[number]["name"]>;

/** The problem of a shadow step after an edit; false if there is none. */
export type ShadowFlaw<C extends Model, Cs, Out, Names, In, Steps> = FirstText<
  TextOf<Fits<Out, C, In, Steps>>,
  ChallengersFlaw<Cs, Out, Names, In, Steps>
>;
type ChallengersFlaw<Cs, Out, Names, In, Steps> = Cs extends readonly [infer M extends Model, ...infer Rest]
  ? FirstText<TextOf<Challenger<Out, M, never, Names, In, Steps>>, ChallengersFlaw<Rest, Out, Names, In, Steps>>
  : false;

/** `ShadowFlaw` if the arriving tensors are unchanged: only a name can be wrong. */
export type ShadowNameFlaw<Cs, Names> =
  FirstLogged<Cs, Names> extends infer N extends string ? AlreadyChallenger<N> : false;

/** `.shadow` in the callback of an edit. */
export interface AtShadow<In, Out, Steps, Names extends string> {
  shadow<C extends Model, const Cs extends readonly Model[]>(
    champion: [Out] extends [Unstated] ? C : Fits<Out, C, In, Steps>,
    challengers: Challengers<ArrivingAtModel<Out, C>, C, Cs, Names, ArrivingAtModel<In, C>, Steps>,
  ): NewStep<Shadow<C, Cs>>;
}

/** `.shadow` if the compiler does not know the steps. */
export interface UncheckedShadow<out P> {
  shadow(champion: Model, challengers: readonly Model[]): P;
}

// ---------------------------------------------------------------- run time

export function checkShadow(state: CheckState, step: ShadowStep, index: number): void {
  const { champion } = step;
  const challengers: unknown = step.challengers;
  const isModel = state.isModel(champion, "the champion", index);
  if (isModel) state.check(champion, {}, index);
  if (!Array.isArray(challengers)) {
    const message = `the challengers of step ${index} must be a list of models, not ${kindOf(challengers)}`;
    state.report("SL2031", message, index);
  } else if (challengers.length === 0) {
    state.report("SL2020", noChallengers, index);
  }
  if (!isModel) return;
  const names = new Set([champion.name]);
  for (const challenger of Array.isArray(challengers) ? (challengers as readonly unknown[]) : []) {
    if (!state.isModel(challenger, "a challenger", index)) continue;
    const { name } = challenger;
    if (names.has(name)) state.report("SL2021", repeatedModel(name, "shadow step"), index, { model: name });
    else if (state.logged.has(name)) state.report("SL2022", alreadyChallenger(name), index, { model: name });
    else {
      names.add(name);
      state.check(challenger, {}, index);
    }
  }
}

export function advanceShadow(state: PortState, { champion, challengers }: ShadowStep, index: number): void {
  if (!state.accepts(champion)) return;
  const models: ModelOutputs[] = [{ name: champion.name, outputs: state.infer(champion, {}) }];
  for (const challenger of listOf(challengers).filter((model) => state.accepts(model))) {
    const { name } = challenger;
    if (state.logged.has(name) || models.some((model) => model.name === name)) continue;
    state.logged.add(name);
    models.push({ name, outputs: state.infer(challenger, {}) });
  }
  state.setShadowOutputs(models, index);
}

export const shadowKind = {
  method: "shadow",
  arity: 2,
  create: shadowStep,
  modelsOf: (step) => [step.champion, ...listOf(step.challengers)],
} satisfies StepDefinition<ShadowStep>;

// ---------------------------------------------------------------- messages

type NoChallengers = "a shadow step needs at least one challenger";
const noChallengers: NoChallengers = "a shadow step needs at least one challenger";

type AlreadyChallenger<M extends string> = `challenger '${M}' already runs in an earlier shadow step`;
const alreadyChallenger = (model: string): string => `challenger '${model}' already runs in an earlier shadow step`;
