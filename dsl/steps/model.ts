import type { CheckState } from "../check/check-state.js";
import type { PortState } from "../check/port-state.js";
import type { FirstText, TextIn, TextOf } from "../check/flaws.js";
import { isConstant, type Constant } from "../constant.js";
import type { NoSuchInput } from "../messages/shapes.js";
import type { Model } from "../model.js";
import type { ChoicesOfRecord, IsPlainRecord, OneText, TextElse } from "../shapes/alternatives.js";
import type { Fits, FitsRenamed, Substituted } from "../shapes/fits.js";
import type { NamesOf, Sorted } from "../shapes/port-names.js";
import type { CheckedConstant, CheckedSource, InputHints, SourceHints, Sources } from "../shapes/sources.js";
import { isRecord } from "../value-kind.js";
import { frozenCopy, type StepDefinition } from "./step-definition.js";
import type { NewStep } from "./step-kinds.js";
import type { PairsOf, Unstated } from "./step-list.js";

/** Inference with one model. `sources` maps a model input to what feeds it, if not the output of its name. */
export interface ModelStep {
  readonly kind: "model";
  readonly model: Model;
  readonly sources: Sources;
}

function modelStep(model: Model, sources: Sources = {}): ModelStep {
  return Object.freeze({ kind: "model", model, sources: frozenCopy(sources) });
}

// ---------------------------------------------------------------- types

// The type-level form of a model without sources is the model itself.

/** The type-level form of a model with sources, a union of `readonly [input, source]`. */
export interface Renamed<out M, out Pairs> {
  readonly model: M;
  readonly rename: Pairs;
}

/**
 * Sources of existing inputs of `M`; the text of a wrong one is the type of its property. Where a tuple of outputs
 * arrives, the error is at the model argument instead.
 */
export type CheckedSources<M extends Model, R, Out, In, Steps> = {
  readonly [K in keyof R]: Out extends readonly unknown[]
    ? R[K]
    : K extends keyof M["inputs"]
      ? R[K] extends keyof Out
        ? R[K]
        : NoInfer<SourceOrText<M, K, R, Out, In, Steps>>
      : NoInfer<NoInput<M, K, R[K]>>;
};

/**
 * `build()` checks an input that is not known, as in `Record<string, string>`. One without a value yet is `any`. Asks
 * `M` first: without this, the compiler lists the inputs of every model with sources (+220).
 */
type NoInput<M extends Model, K, V> = M extends unknown
  ? string extends (0 extends 1 & V ? string : K)
    ? string
    : NoSuchInput<M["name"], K & string, NamesOf<M["inputs"]>>
  : never;

/**
 * The compiler evaluates this text for every source, in both branches and for the constraint of `M`. Where the name
 * is not known, it must not traverse the list of steps.
 */
type SourceOrText<M extends Model, K extends keyof R & keyof M["inputs"], R, Out, In, Steps> =
  M extends Model<infer N>
    ? string extends N
      ? R[K]
      : string extends R[K]
        ? R[K]
        : CheckedSource<M, K, R, Out, In, Steps>
    : never;

/** The sources of the first inference step: strings name the request's columns, `in.x` the column `x`. */
export type FirstSources<M extends Model, R> = {
  readonly [K in keyof R]: K extends keyof M["inputs"]
    ? R[K] extends string
      ? R[K]
      : NoInfer<ConstantOrText<M, K, R[K]>>
    : NoInfer<NoInput<M, K, R[K]>>;
};
type ConstantOrText<M extends Model, K extends keyof M["inputs"], V> =
  V extends Constant<infer C> ? CheckedConstant<M["name"], M["inputs"], K, C, V> : V;

/**
 * The request's columns under their new names. Inputs that share a column use the tensor of the first input. A union
 * where the name is one of several, as in `{ x: on ? "q" : "r" }`: only one of them is a column.
 */
export type Columns<I, R> = IsPlainRecord<R> extends true ? PlainColumns<I, R> : ColumnsOfEach<I, ChoicesOfRecord<R>>;
type ColumnsOfEach<I, R> = R extends unknown ? PlainColumns<I, R> : never;
/** `Columns` where each column has one name: declaration files of apps write it. */
export type PlainColumns<I, R> = { readonly [C in ColumnOf<keyof I, R>]: I[FirstOf<InputsOf<C, I, R>> & keyof I] };

/** `FitsRenamed` for the step that defines the request's columns. */
export type FitsFirst<M extends Model, R, Steps> =
  IsPlainRecord<R> extends true
    ? FitsFirstRecord<M, R, Steps>
    : NoInfer<TextElse<TextIn<FitsFirstOfEach<M, ChoicesOfRecord<R>, Steps>>, M>>;
type FitsFirstOfEach<M extends Model, R, Steps> = R extends unknown ? FitsFirstRecord<M, R, Steps> : never;
type FitsFirstRecord<M extends Model, R, Steps> = FitsRenamed<
  PlainColumns<M["inputs"], R>,
  M,
  R,
  PlainColumns<M["inputs"], R>,
  Steps
>;

/** The outputs of the step that defines the request's columns. */
export type FirstOutputs<M extends Model, R, Steps> =
  IsPlainRecord<R> extends true ? FirstOutputsOfRecord<M, R, Steps> : FirstOutputsOfEach<M, ChoicesOfRecord<R>, Steps>;
type FirstOutputsOfEach<M extends Model, R, Steps> = R extends unknown ? FirstOutputsOfRecord<M, R, Steps> : never;
type FirstOutputsOfRecord<M extends Model, R, Steps> = Substituted<
  PlainColumns<M["inputs"], R>,
  M,
  R,
  PlainColumns<M["inputs"], R>,
  Steps
>;
/** `never` for an input with a constant. */
type ColumnOf<K, R> = K extends keyof R
  ? R[K] extends `in.${infer C}`
    ? C
    : R[K] extends string
      ? R[K]
      : never
  : K & string;
type InputsOf<C, I, R> = {
  [K in keyof I]: [ColumnOf<K, R>] extends [never] ? never : ColumnOf<K, R> extends C ? K & string : never;
}[keyof I];
type FirstOf<U extends string> = Sorted<U> extends readonly [infer F, ...(readonly unknown[])] ? F : never;

/** The problem of the sources `R` of `M` after an edit; false if there is none. */
export type SourcesFlaw<M extends Model, R, Out, In, Steps> = FirstText<
  FirstSourceFlaw<CheckedSources<M, R, Out, In, Steps>, R, NamesOf<R>>,
  TextOf<FitsRenamed<Out, M, R, In, Steps>>
>;
/** `SourcesFlaw` for the step that defines the request's columns. */
export type FirstSourcesFlaw<M extends Model, R, Steps> =
  TextIn<FlawOfEachFirst<M, ChoicesOfRecord<R>, Steps>> extends infer T extends string
    ? [T] extends [never]
      ? false
      : OneText<T>
    : never;
type FlawOfEachFirst<M extends Model, R, Steps> = R extends unknown
  ? SourcesFlaw<M, R, PlainColumns<M["inputs"], R>, PlainColumns<M["inputs"], R>, Steps>
  : never;
type FirstSourceFlaw<T, R, Names> = Names extends readonly [infer K extends keyof T & keyof R, ...infer Rest]
  ? FirstText<TextOf<T[K], R[K]>, FirstSourceFlaw<T, R, Rest>>
  : false;

/** `.model` in the callback of an edit. */
export interface AtModel<In, Out, Steps> {
  model<M extends Model>(model: [Out] extends [Unstated] ? M : Fits<Out, M, In, Steps>): NewStep<M>;
  /** For editors. */
  model<M extends Model>(
    model: M,
    sources: [Out] extends [Unstated] ? InputHints<M> : SourceHints<M, Out, In, Steps>,
    no: never,
  ): NewStep<M>;
  model<M extends Model, const R extends Sources = InputHints<M>>(
    model: [Out] extends [Unstated] ? FitsFirst<M, R, Steps> : FitsRenamed<Out, M, R, In, Steps>,
    sources: [Out] extends [Unstated] ? FirstSources<M, R> : CheckedSources<M, R, Out, In, Steps>,
  ): NewStep<Renamed<M, PairsOf<R>>>;
}

/** `.model` if the compiler does not know the steps. */
export interface UncheckedModel<out P> {
  model(model: Model, sources?: Sources): P;
}

// ---------------------------------------------------------------- run time

export function checkModel(state: CheckState, step: ModelStep, index: number): void {
  const sources = sourcesOf(step);
  if (sources === null) {
    const message = `the sources of step ${index} must be { "model input": "output, column or model.output" }, or constant(value) for a fixed value`;
    state.report("SL2018", message, index);
  }
  if (state.isModel(step.model, "the model", index)) state.check(step.model, sources ?? {}, index);
}

export function advanceModel(state: PortState, step: ModelStep, index: number): void {
  const { model } = step;
  if (state.accepts(model)) state.setOutputs(model, state.infer(model, sourcesOf(step) ?? {}), index);
}

/** The sources of a step; null if plain JavaScript passed something else. */
function sourcesOf(step: ModelStep): Sources | null {
  const sources: unknown = step.sources;
  const isSource = (value: unknown) => (typeof value === "string" && value !== "") || isConstant(value);
  return isRecord(sources) && Object.values(sources).every(isSource) ? (sources as Sources) : null;
}

export const modelKind = {
  method: "model",
  arity: 2,
  create: modelStep,
  modelsOf: (step) => [step.model],
} satisfies StepDefinition<ModelStep>;
