import type { TextOf } from "../check/flaws.js";
import type { PipelineSource, RequestSource, StepSource } from "../messages/shapes.js";
import type { ExactlyOneStep } from "../messages/edits.js";
import type { Model } from "../model.js";
import type { UnknownRow } from "../row.js";
import type { Chosen, ChoicesOf, ChoicesOfPairs } from "../shapes/alternatives.js";
import type { Fits, Next, Substituted } from "../shapes/fits.js";
import type { IsOne } from "../shapes/port-names.js";
import type { SourceEntry } from "../shapes/sources.js";
import {
  checkAlert,
  alertKind,
  type Alert,
  type AlertFlaw,
  type AlertStep,
  type AtAlert,
  type UncheckedAlert,
} from "./alert.js";
import {
  advanceAudit,
  checkAudit,
  auditKind,
  type AtAudit,
  type Audit,
  type AuditedNames,
  type AuditFlaw,
  type AuditNames,
  type AuditStep,
  type RepeatedAuditFlaw,
  type UncheckedAudit,
} from "./audit.js";
import {
  advanceKeySplit,
  checkKeySplit,
  keySplitKind,
  type AtKeySplit,
  type KeySplit,
  type KeySplitFlaw,
  type KeySplitStep,
  type UncheckedKeySplit,
} from "./key-split.js";
import type { AlertEntry } from "./logged-names.js";
import {
  advanceModel,
  checkModel,
  modelKind,
  type AtModel,
  type Columns,
  type FirstOutputs,
  type FirstSourcesFlaw,
  type ModelStep,
  type Renamed,
  type SourcesFlaw,
  type UncheckedModel,
} from "./model.js";
import {
  advanceModels,
  checkModels,
  modelsKind,
  type AtModels,
  type ModelsFlaw,
  type ModelsNameFlaw,
  type ModelsStep,
  type MultiModel,
  type OutputsByName,
  type TupleOf,
  type UncheckedModels,
} from "./models.js";
import type { MultiModelOf } from "./multi-model.js";
import {
  advanceRandomSplit,
  checkRandomSplit,
  randomSplitKind,
  type AtRandomSplit,
  type RandomSplit,
  type FirstModel,
  type NoWeights,
  type RandomSplitFlaw,
  type RandomSplitStep,
  type UncheckedRandomSplit,
  type Weighted,
} from "./random-split.js";
import {
  advanceRefine,
  checkRefine,
  refineKind,
  type AtRefine,
  type Refine,
  type Refined,
  type RefineFlaw,
  type RefineStep,
  type UncheckedRefine,
} from "./refine.js";
import {
  advanceSelect,
  checkSelect,
  selectKind,
  type AtSelect,
  type Select,
  type Selected,
  type SelectFlaw,
  type SelectStep,
  type UncheckedSelect,
} from "./select.js";
import {
  advanceShadow,
  checkShadow,
  shadowKind,
  type AtShadow,
  type Shadow,
  type ShadowFlaw,
  type ShadowNameFlaw,
  type ShadowNames,
  type ShadowOutputs,
  type ShadowStep,
  type UncheckedShadow,
} from "./shadow.js";
import type { StepAdvance, StepCheck, StepDefinition } from "./step-definition.js";
import type { After, CountOf, Forward, Link, RecordOf, Unstated } from "./step-list.js";
import {
  checkValidation,
  validationKind,
  type AtValidation,
  type UncheckedValidation,
  type Validation,
  type ValidationFlaw,
  type ValidationStep,
} from "./validation.js";

// The tables of step kinds: one line per kind in each. `steps/<kind>.ts` holds the kind itself.
// This file, the step files, `shapes/` and `check/check-state.ts` import each other's types. The recursion is in the
// types: the types of one step depend on the kinds of the steps before it, for example to name the source of a tensor
// in a message.

// For `internals.ts`.
export type * from "./alert.js";
export type * from "./audit.js";
export type * from "./key-split.js";
export type * from "./model.js";
export type * from "./models.js";
export type * from "./random-split.js";
export type * from "./refine.js";
export type * from "./select.js";
export type * from "./shadow.js";
export type * from "./validation.js";

// ---------------------------------------------------------------- run time

export type Step =
  | ModelStep
  | ModelsStep
  | AuditStep
  | SelectStep
  | KeySplitStep
  | RandomSplitStep
  | ShadowStep
  | ValidationStep
  | AlertStep
  | RefineStep;
export type StepKind = Step["kind"];

export const stepKinds = {
  model: modelKind,
  models: modelsKind,
  audit: auditKind,
  select: selectKind,
  keySplit: keySplitKind,
  randomSplit: randomSplitKind,
  shadow: shadowKind,
  validation: validationKind,
  alert: alertKind,
  refine: refineKind,
} satisfies { readonly [K in StepKind]: StepDefinition<Extract<Step, { kind: K }>> };

/** The definition of the step's kind. */
const stepAdvances = {
  model: advanceModel,
  models: advanceModels,
  audit: advanceAudit,
  select: advanceSelect,
  keySplit: advanceKeySplit,
  randomSplit: advanceRandomSplit,
  shadow: advanceShadow,
  validation: null,
  alert: null,
  refine: advanceRefine,
} satisfies { readonly [K in StepKind]: StepAdvance<Extract<Step, { kind: K }>> | null };

const stepChecks = {
  model: checkModel,
  models: checkModels,
  audit: checkAudit,
  select: checkSelect,
  keySplit: checkKeySplit,
  randomSplit: checkRandomSplit,
  shadow: checkShadow,
  validation: checkValidation,
  alert: checkAlert,
  refine: checkRefine,
} satisfies { readonly [K in StepKind]: StepCheck<Extract<Step, { kind: K }>> };

export function definitionOf(step: Step): StepDefinition<Step> {
  return stepKinds[step.kind] as StepDefinition<Step>;
}

/** Null if the step does not change what arrives at the next one. */
export function advanceOf(step: Step): StepAdvance<Step> | null {
  return stepAdvances[step.kind] as StepAdvance<Step> | null;
}

export function checkOf(step: Step): StepCheck<Step> {
  return stepChecks[step.kind] as StepCheck<Step>;
}

// ---------------------------------------------------------------- types: methods

/**
 * The pipeline before a step, as an edit's callback receives it: each method returns one step. `In` and `Out` are
 * `Unstated` if that step defines the request's columns.
 */
export interface At<
  in out In,
  in out Out,
  in out Checks extends string,
  in out Steps,
  in out ByModel,
  in out Names extends string,
>
  extends
    AtModel<In, Out, Steps>,
    AtModels<In, Out, Steps, Names>,
    AtAudit<Out, Steps>,
    AtSelect<Out, Steps>,
    AtKeySplit<In, Out, Steps>,
    AtRandomSplit<In, Out, Steps>,
    AtShadow<In, Out, Steps, Names>,
    AtValidation<In, Out, Checks, Steps, ByModel>,
    AtAlert<In, Out, Steps, ByModel, Names>,
    AtRefine<In, Out, Steps> {}

/** The methods if the compiler does not know the steps; each returns `P`. */
export interface UncheckedMethods<out P>
  extends
    UncheckedModel<P>,
    UncheckedModels<P>,
    UncheckedAudit<P>,
    UncheckedSelect<P>,
    UncheckedKeySplit<P>,
    UncheckedRandomSplit<P>,
    UncheckedShadow<P>,
    UncheckedValidation<P>,
    UncheckedAlert<P>,
    UncheckedRefine<P> {}

/**
 * The one step that an edit's callback returns. It has the methods of a pipeline, so that a second step is refused with
 * a message.
 */
export interface NewStep<out S> extends SecondStep {
  readonly [newStep]: S;
}
declare const newStep: unique symbol;
type SecondStep = {
  readonly [Method in keyof At<Unstated, Unstated, never, Unstated, object, never>]: (
    refused: ExactlyOneStep,
    ...more: readonly (((row: UnknownRow) => unknown) | object)[]
  ) => NewStep<unknown>;
};

// ---------------------------------------------------------------- types: where the current outputs come from

/** Steps of which nothing is known, in the list of steps of `Extendable`. */
export interface EarlierSteps {
  readonly earlier: true;
}

/** Steps that produce no outputs of a model. */
type StepWithoutOutputs = Validation<string> | Alert<string> | Refine<unknown> | Audit<string>;

/**
 * The source of the current outputs, for messages: `step 2 (model 'embed') produces`. Steps count from 0, as in
 * `pipeline.steps`.
 */
export type SourceOf<Steps, Selected extends number = 0> =
  Steps extends After<infer S, infer Prev>
    ? S extends StepWithoutOutputs
      ? SourceOf<Prev, Selected>
      : S extends Select<infer I>
        ? SourceOf<Prev, I>
        : S extends EarlierSteps
          ? PipelineSource
          : StepSource<CountOf<Prev>, ModelNameOf<S, Selected>>
    : RequestSource;

type ModelNameOf<S, Selected extends number> =
  S extends MultiModel<infer Models extends readonly Model[]>
    ? Models[Selected]["name"]
    : MainModel<S> extends Model<infer N>
      ? N
      : never;

/** The model whose outputs the next step takes. For a split: the model that messages name. */
type MainModel<S> = S extends Model
  ? S
  : S extends Renamed<infer M, unknown>
    ? M
    : S extends Shadow<infer C, unknown>
      ? C
      : S extends KeySplit<infer D, unknown>
        ? D
        : S extends RandomSplit<readonly [readonly [unknown, infer M], ...(readonly unknown[])]>
          ? M
          : S extends MultiModel<readonly [infer M, ...(readonly unknown[])]>
            ? M
            : never;

/** True if no model has run yet. Of the steps without a model, only refine is allowed there. */
export type BeforeInference<Steps> =
  Steps extends After<Refine<unknown>, infer Prev>
    ? BeforeInference<Prev>
    : Steps extends After<unknown, unknown>
      ? false
      : true;

// ---------------------------------------------------------------- types: the state after a step
// At run time, `CheckState` holds this state.

/** What arrives at the model `M`: if the request's columns are not stated, `M` defines them. */
export type ArrivingAtModel<Out, M extends Model> = [Out] extends [Unstated] ? M["inputs"] : Out;

/** What arrives at the step `S`: if the request's columns are not stated, `S` defines them. */
export type Arriving<Out, S> = [Out] extends [Unstated] ? ColumnsOf<S> : Out;

/** The request's columns after the step `S`. */
export type InAfter<In, S> = [In] extends [Unstated] ? ColumnsOf<S> : In;

type ColumnsOf<S> =
  S extends Renamed<infer M extends Model, infer Pairs>
    ? Columns<M["inputs"], RecordOf<Pairs>>
    : [MainModel<S>] extends [never]
      ? object
      : MainModel<S>["inputs" & keyof MainModel<S>];

/**
 * The current outputs after the step `S`. Its sources may be request columns (`In` before the step) and outputs of
 * models in `Prev`, the steps before it.
 */
export type OutAfter<Out, S, In, Prev> = S extends Model
  ? Next<Out, S>
  : S extends Validation<string> | Alert<string> | Audit<string>
    ? Out
    : S extends Renamed<infer M extends Model, infer Pairs>
      ? [Prev] extends [Unstated]
        ? FirstOutputs<M, RecordOf<Pairs>, Prev>
        : Substituted<Out, M, RecordOf<Pairs>, InAfter<In, S>, Prev>
      : S extends MultiModel<infer Ms extends readonly Model[]>
        ? TupleOf<Out, Ms>
        : S extends Select<infer I>
          ? Selected<Out, I>
          : S extends Refine<infer Pairs>
            ? Refined<Out, RecordOf<Pairs>>
            : MainModel<S> extends infer M extends Model
              ? Next<Out, M>
              : Out;

/** The outputs by model name, which rows have in addition to the current ones, after the step `S`. */
export type ByModelAfter<ByModel, Out, S> = S extends StepWithoutOutputs | Select<number>
  ? ByModel
  : S extends Shadow<infer C extends Model, infer Cs extends readonly Model[]>
    ? ShadowOutputs<Out, C, Cs>
    : S extends MultiModel<infer Ms extends readonly Model[]>
      ? OutputsByName<Out, Ms>
      : object;

/** The names of validations after the step `S`. */
export type ChecksAfter<Checks, S> = S extends Validation<infer N> ? Checks | N : Checks;

/** The names of logged models and of alerts after the step `S`, which follows `Steps`. */
export type NamesAfter<Names extends string, S, Steps> = S extends Model
  ? Names
  : S extends Shadow<unknown, infer Cs extends readonly Model[]>
    ? Names | ShadowNames<Cs>
    : S extends Audit<infer Slice>
      ? Names | AuditNames<Slice, Steps>
      : S extends Alert<infer N>
        ? Names | AlertEntry<N>
        : S extends Renamed<unknown, infer Pairs>
          ? Names | SourceEntry<SourcesIn<Pairs>>
          : Names;
type SourcesIn<Pairs> = Pairs extends readonly [unknown, infer V] ? V : never;

/** The state after the step `S`. */
export type StateAfter<Before, S> =
  Before extends At<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>
    ? Arriving<Out, S> extends infer A
      ? At<
          InAfter<In, S>,
          OutAfter<A, S, In, Steps>,
          ChecksAfter<Checks, S>,
          After<S, Steps>,
          ByModelAfter<ByModel, A, S>,
          NamesAfter<Names, S, Steps>
        >
      : never
    : never;

/** The outputs that the log stores by model name: those of challengers and audited ones. */
export type LoggedOutputs<In, Steps, Names> = [Extract<Names, `model ${string}`>] extends [never]
  ? object
  : LoggedIn<Forward<Steps>, In, In, object, unknown>;

type LoggedIn<Nodes, In, Out, ByModel, Found> =
  Nodes extends Link<After<infer S, infer Prev>, infer Rest>
    ? LoggedIn<
        Rest,
        In,
        OutAfter<Out, S, In, Prev>,
        ByModelAfter<ByModel, Out, S>,
        Found & LoggedBy<S, Prev, Out, ByModel>
      >
    : { readonly [C in keyof Found]: Found[C] };
type LoggedBy<S, Prev, Out, ByModel> =
  S extends Shadow<infer C extends Model, infer Cs extends readonly Model[]>
    ? Omit<ShadowOutputs<Out, C, Cs>, C["name"]>
    : S extends Audit<infer Slice>
      ? Pick<ByModel, AuditedNames<Slice, MultiModelOf<Prev>["models"]> & keyof ByModel>
      : unknown;

// ---------------------------------------------------------------- types: unions

/** The steps without unions that the step `S` stands for. */
export type ChoicesOfStep<S> =
  S extends MultiModel<infer Ms>
    ? ChoicesOf<Ms> extends infer T
      ? T extends unknown
        ? MultiModel<T>
        : never
      : never
    : S extends Shadow<infer C, infer Cs>
      ? C extends unknown
        ? ChoicesOf<Cs> extends infer T
          ? T extends unknown
            ? Shadow<C, T>
            : never
          : never
        : never
      : S extends RandomSplit<infer Ws>
        ? ChoicesOf<Ws> extends infer T
          ? T extends unknown
            ? RandomSplit<T>
            : never
          : never
        : S extends KeySplit<infer D, infer Pairs>
          ? D extends unknown
            ? ChoicesOfPairs<Pairs> extends infer P
              ? P extends Chosen<infer One>
                ? KeySplit<D, One>
                : never
              : never
            : never
          : S extends Renamed<infer M, infer Pairs>
            ? M extends unknown
              ? ChoicesOfPairs<Pairs> extends infer P
                ? P extends Chosen<infer One>
                  ? Renamed<M, One>
                  : never
                : never
              : never
            : S extends Refine<infer Pairs>
              ? ChoicesOfPairs<Pairs> extends infer P
                ? P extends Chosen<infer One>
                  ? Refine<One>
                  : never
                : never
              : S;

// ---------------------------------------------------------------- types: outputs of earlier steps, as sources

/** The names of all models that the steps run. */
export type EarlierModels<Steps, Found = never> =
  Steps extends After<infer S, infer Prev> ? EarlierModels<Prev, Found | NamesOfModels<S>> : Found;

/** The outputs of the model `N` in the last step that runs it; `never` if none does. */
export type EarlierOutputs<N, In, Steps> =
  Steps extends After<infer S, infer Prev>
    ? N extends NamesOfModels<S>
      ? OutputsOf<N, S, OutAfterAll<Forward<Prev>, In, In>, In, Prev>
      : EarlierOutputs<N, In, Prev>
    : never;

/** The index of the last step that runs the model `N`, if that is a split of several models; else false. */
export type SplitOf<N, Steps> =
  Steps extends After<infer S, infer Prev>
    ? N extends NamesOfModels<S>
      ? IsSplit<S> extends true
        ? CountOf<Prev>
        : false
      : SplitOf<N, Prev>
    : false;

/** False if the last step that may run the model `N` runs another one for some members of a union. */
export type IsInAllChoices<N, Steps> =
  Steps extends After<infer S, infer Prev>
    ? N extends NamesOfModels<S>
      ? [WithoutModel<N, ChoicesOfStep<S>>] extends [never]
        ? true
        : false
      : IsInAllChoices<N, Prev>
    : true;
type WithoutModel<N, S> = S extends unknown ? (N extends NamesOfModels<S> ? never : S) : never;

type NamesOfModels<S> =
  S extends Model<infer N>
    ? N
    : S extends Renamed<Model<infer N>, unknown>
      ? N
      : S extends Shadow<Model<infer N>, infer Cs extends readonly Model[]>
        ? N | Cs[number]["name"]
        : S extends MultiModel<infer Ms extends readonly Model[]>
          ? Ms[number]["name"]
          : S extends KeySplit<Model<infer N>, infer Routes>
            ? N | NameOf<RecordOf<Routes>[keyof RecordOf<Routes>]>
            : S extends RandomSplit<infer Ws extends readonly Weighted[]>
              ? Ws[number][1]["name"]
              : never;
type NameOf<M> = M extends Model<infer N> ? N : never;

type IsSplit<S> = S extends KeySplit<unknown, unknown> | RandomSplit<readonly Weighted[]>
  ? IsOne<NamesOfModels<S>> extends true
    ? false
    : true
  : false;

type OutputsOf<N, S, Out, In, Prev> =
  S extends Shadow<infer C extends Model, infer Cs extends readonly Model[]>
    ? ShadowOutputs<Out, C, Cs>[N & keyof ShadowOutputs<Out, C, Cs>]
    : S extends MultiModel<infer Ms extends readonly Model[]>
      ? OutputsByName<Out, Ms>[N & keyof OutputsByName<Out, Ms>]
      : IsSplit<S> extends true
        ? never
        : OutAfter<Out, S, In, Prev>;

type OutAfterAll<Nodes, In, Out> =
  Nodes extends Link<After<infer S, infer Prev>, infer Rest> ? OutAfterAll<Rest, In, OutAfter<Out, S, In, Prev>> : Out;

// ---------------------------------------------------------------- types: checking the later steps after an edit

/** The problem of the step `S` if `Out` arrives after `Steps`; false if there is none. `In` is that before the step. */
export type StepFlaw<S, Out, In, Checks extends string, Names extends string, Steps> = S extends Model
  ? [Out] extends [S["inputs"]]
    ? false
    : TextOf<Fits<Out, S, In, Steps>>
  : S extends Validation<infer N>
    ? ValidationFlaw<N, Checks, Steps>
    : S extends Alert<infer N>
      ? AlertFlaw<N, Names, Steps>
      : S extends Renamed<infer M extends Model, infer Pairs>
        ? [Steps] extends [Unstated]
          ? FirstSourcesFlaw<M, RecordOf<Pairs>, Steps>
          : SourcesFlaw<M, RecordOf<Pairs>, Out, InAfter<In, S>, Steps>
        : S extends Shadow<infer C extends Model, infer Cs extends readonly Model[]>
          ? ShadowFlaw<C, Cs, Out, Names, In, Steps>
          : S extends MultiModel<infer Ms extends readonly Model[]>
            ? ModelsFlaw<Ms, Out, Names, In, Steps>
            : S extends Audit<infer A>
              ? AuditFlaw<A, Out, Steps>
              : S extends Select<infer I>
                ? SelectFlaw<I, Out, Steps>
                : S extends KeySplit<infer D extends Model, infer Routes>
                  ? KeySplitFlaw<D, RecordOf<Routes>, Out, In, Steps>
                  : S extends RandomSplit<infer Ws extends readonly [Weighted, ...(readonly Weighted[])]>
                    ? RandomSplitFlaw<Ws, FirstModel<Ws>, Out, In, Steps>
                    : S extends Refine<infer Pairs>
                      ? RefineFlaw<Pairs, Out, In, Steps>
                      : S extends RandomSplit<readonly []>
                        ? NoWeights
                        : false;

/** `StepFlaw` if the arriving tensors are unchanged: only names and a repeated audit can be wrong. */
export type NameFlaw<S, Checks extends string, Names extends string, Steps> = S extends Model
  ? false
  : S extends Validation<infer N>
    ? ValidationFlaw<N, Checks, Steps>
    : S extends Alert<infer N>
      ? AlertFlaw<N, Names, Steps>
      : S extends Shadow<unknown, infer Cs>
        ? ShadowNameFlaw<Cs, Names>
        : S extends MultiModel<infer Ms>
          ? ModelsNameFlaw<Ms, Names>
          : S extends Audit<string>
            ? RepeatedAuditFlaw<Steps>
            : false;

/** The models of one step, as a union. */
export type ModelsOfStep<S> = S extends Model
  ? S
  : S extends Renamed<infer M, unknown>
    ? M
    : S extends MultiModel<readonly (infer M)[]>
      ? M
      : S extends Shadow<infer C, infer Cs>
        ? C | (Cs extends readonly (infer M)[] ? M : never)
        : S extends KeySplit<infer D, infer Pairs>
          ? D | (Pairs extends readonly [unknown, infer M] ? M : never)
          : S extends RandomSplit<readonly (readonly [unknown, infer M])[]>
            ? M
            : never;
