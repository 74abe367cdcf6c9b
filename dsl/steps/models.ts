import type { CheckState } from "../check/check-state.js";
import type { ModelOutputs, PortState } from "../check/port-state.js";
import type { FirstText, TextOf } from "../check/flaws.js";
import { repeatedModel, type RepeatedModel } from "../messages/steps.js";
import type { Model } from "../model.js";
import { kindOf } from "../value-kind.js";
import type { ChoicesOf, FixedPart, IsPlainTuple, OneText } from "../shapes/alternatives.js";
import type { Fits, Next } from "../shapes/fits.js";
import type { FirstLogged, IsTaken, LoggedModelEntry, NamesBefore } from "./logged-names.js";
import { frozenCopy, listOf, type StepDefinition } from "./step-definition.js";
import type { ArrivingAtModel, NewStep } from "./step-kinds.js";

/** Several models on the same input. Their outputs form a tuple, in this order. */
export interface ModelsStep {
  readonly kind: "models";
  readonly models: readonly Model[];
}

function modelsStep(models: readonly Model[]): ModelsStep {
  return Object.freeze({ kind: "models", models: frozenCopy(models) });
}

// ---------------------------------------------------------------- types

/** The type-level form of a models step. */
export interface MultiModel<out Models> {
  readonly models: Models;
}

/** The models `Ms` where all of them fit `Out`; the text of a wrong one is the type of its element. */
export type Members<Out, Ms extends readonly Model[], Names, In, Steps> = [Ms] extends [readonly []]
  ? NoInfer<NoModels>
  : { readonly [I in keyof Ms]: Member<Out, Ms[I], NamesBefore<Ms, I>, Names, In, Steps> };

type Member<Out, M extends Model, Before extends string, Names, In, Steps> =
  true extends IsTaken<M["name"], Before, Names>
    ? NoInfer<OneText<MemberNameText<M, Before, Names>>>
    : Fits<Out, M, In, Steps>;
type MemberNameText<M extends Model, Before extends string, Names> = M extends unknown
  ? M["name"] extends Before
    ? RepeatedModel<M["name"], "models step">
    : LoggedModelEntry<M["name"]> extends Names
      ? LoggedAlready<M["name"]>
      : never
  : never;

/** The outputs of all models, in their order. */
export type TupleOf<Out, Ms extends readonly Model[]> = { readonly [I in keyof Ms]: Next<Out, Ms[I]> };

/**
 * The outputs of all models by name; a union, if a model is. Without models of which the step may have none: those of a
 * list of unknown length.
 */
export type OutputsByName<Out, Ms extends readonly Model[]> =
  IsPlainTuple<Ms> extends true ? OutputsOf<Out, Ms[number]> : OutputsOfChoices<Out, ChoicesOf<FixedPart<Ms>>>;
type OutputsOf<Out, All extends Model> = { readonly [M in All as M["name"]]: Next<Out, M> };
type OutputsOfChoices<Out, Ms> = Ms extends readonly Model[] ? OutputsOf<Out, Ms[number]> : never;

/** The problem of the models `Ms` after an edit; false if there is none. */
export type ModelsFlaw<Ms, Out, Names, In, Steps> = Ms extends readonly [infer M extends Model, ...infer Rest]
  ? FirstText<TextOf<Member<Out, M, never, Names, In, Steps>>, ModelsFlaw<Rest, Out, Names, In, Steps>>
  : false;

/** `ModelsFlaw` if the arriving tensors are unchanged: only a name can be wrong. */
export type ModelsNameFlaw<Ms, Names> =
  FirstLogged<Ms, Names> extends infer N extends string ? LoggedAlready<N> : false;

/** `.models` in the callback of an edit. */
export interface AtModels<In, Out, Steps, Names extends string> {
  models<const Ms extends readonly Model[]>(
    models: Members<ArrivingAtModel<Out, Ms[0]>, Ms, Names, ArrivingAtModel<In, Ms[0]>, Steps>,
  ): NewStep<MultiModel<Ms>>;
}

/** `.models` if the compiler does not know the steps. */
export interface UncheckedModels<out P> {
  models(models: readonly Model[]): P;
}

// ---------------------------------------------------------------- run time

export function checkModels(state: CheckState, step: ModelsStep, index: number): void {
  const models: unknown = step.models;
  if (!Array.isArray(models)) {
    return state.report("SL2031", `the models of step ${index} must be a list of models, not ${kindOf(models)}`, index);
  }
  if (models.length === 0) state.report("SL2023", noModels, index);
  const found = new Set<string>();
  for (const model of models as readonly unknown[]) {
    if (!state.isModel(model, "a model", index)) continue;
    const { name } = model;
    if (found.has(name)) state.report("SL2024", repeatedModel(name, "models step"), index, { model: name });
    else if (state.logged.has(name)) state.report("SL2025", loggedAlready(name), index, { model: name });
    else state.check(model, {}, index);
    found.add(name);
  }
}

export function advanceModels(state: PortState, { models }: ModelsStep, index: number): void {
  const found: ModelOutputs[] = [];
  for (const model of listOf(models).filter((model) => state.accepts(model))) {
    const { name } = model;
    found.push(found.find((other) => other.name === name) ?? { name, outputs: state.infer(model, {}) });
  }
  if (found.length > 0 || (models as readonly unknown[] | undefined)?.length === 0) state.setTuple(found, index);
}

export const modelsKind = {
  method: "models",
  arity: 1,
  create: modelsStep,
  modelsOf: (step) => listOf(step.models),
} satisfies StepDefinition<ModelsStep>;

// ---------------------------------------------------------------- messages

type NoModels = "a models step needs at least one model";
const noModels: NoModels = "a models step needs at least one model";

type LoggedAlready<M extends string> = `model '${M}' is already logged by an earlier step`;
const loggedAlready = (model: string): string => `model '${model}' is already logged by an earlier step`;
