import type { CheckState } from "../check/check-state.js";
import type { FirstText, TextOf } from "../check/flaws.js";
import { byCodeUnit } from "../messages/first-five-names.js";
import type { NoSuchInput, NoSuchOutput } from "../messages/shapes.js";
import type { Model } from "../model.js";
import type { Fits, FitsRenamed } from "../shapes/fits.js";
import type { NamesOf, Sorted } from "../shapes/port-names.js";
import type { Port } from "../tensor.js";
import { frozenCopy, type StepDefinition } from "./step-definition.js";
import type { ArrivingAtModel, NewStep, SourceOf } from "./step-kinds.js";
import type { PairsOf, Unstated } from "./step-list.js";

/** Inference with one model. `rename` maps a model input to the current output (or request column) that feeds it. */
export interface ModelStep {
  readonly kind: "model";
  readonly model: Model;
  readonly rename: Readonly<Record<string, string>>;
}

function modelStep(model: Model, rename: RenameOption = {}): ModelStep {
  return Object.freeze({ kind: "model", model, rename: frozenCopy(rename) });
}

// ---------------------------------------------------------------- types

// The type-level form of a model without renaming is the model itself.

/** The type-level form of a model with renamed inputs, a union of `readonly [input, column]`. */
export interface Renamed<out M, out Pairs> {
  readonly model: M;
  readonly rename: Pairs;
}

/** Model input <- current output or request column. */
export type RenameOption = Readonly<Record<string, string>>;

/**
 * A renaming from existing outputs to existing inputs of `M`; the text of a wrong one is the type of its property.
 * Where a tuple of outputs arrives, the error is at the model argument instead.
 */
export type Renaming<M extends Model, R, Out, Steps> = {
  readonly [K in keyof R]: Out extends readonly unknown[]
    ? R[K]
    : K extends keyof M["inputs"]
      ? R[K] extends keyof Out
        ? R[K]
        : NoInfer<MissingOutput<M, K, R, Out, Steps>>
      : NoInfer<NoSuchInput<M["name"], K & string, NamesOf<M["inputs"]>>>;
};

/**
 * The compiler evaluates this text for every renaming, in both branches and for the constraint of `M`. Where the name
 * is not known, it must not traverse the list of steps.
 */
type MissingOutput<M extends Model, K extends keyof R, R, Out, Steps> =
  M extends Model<infer N>
    ? NoSuchOutput<N, K & string, R[K] & string, string extends N ? string : SourceOf<Steps>, NamesOf<Out>>
    : never;

/** The renaming of the first inference step: it names the request's columns. */
export type ColumnNames<M extends Model, R> = {
  readonly [K in keyof R]: K extends keyof M["inputs"]
    ? R[K]
    : NoInfer<NoSuchInput<M["name"], K & string, NamesOf<M["inputs"]>>>;
};

/** The request's columns under their new names. Inputs that share a column use the tensor of the first input. */
export type Columns<I, R> = { readonly [C in ColumnOf<keyof I, R>]: I[FirstOf<InputsOf<C, I, R>> & keyof I] };
type ColumnOf<K, R> = K extends keyof R ? R[K] & string : K & string;
type InputsOf<C, I, R> = { [K in keyof I]: ColumnOf<K, R> extends C ? K & string : never }[keyof I];
type FirstOf<U extends string> = Sorted<U> extends readonly [infer F, ...(readonly unknown[])] ? F : never;

/** The problem of the renaming `R` of `M` after an edit; false if there is none. */
export type RenamedFlaw<M extends Model, R, Out, Steps> = FirstText<
  RenamingFlaw<Renaming<M, R, Out, Steps>, R, NamesOf<R>>,
  TextOf<FitsRenamed<Out, M, R, Steps>>
>;
type RenamingFlaw<T, R, Names> = Names extends readonly [infer K extends keyof T & keyof R, ...infer Rest]
  ? FirstText<TextOf<T[K], R[K]>, RenamingFlaw<T, R, Rest>>
  : false;

/** `.model` in the callback of an edit. */
export interface AtModel<Out, Steps> {
  model<M extends Model>(model: Fits<ArrivingAtModel<Out, M>, M, Steps>): NewStep<M>;
  model<M extends Model, const R extends RenameOption>(
    model: FitsRenamed<[Out] extends [Unstated] ? Columns<M["inputs"], R> : Out, M, R, Steps>,
    rename: [Out] extends [Unstated] ? ColumnNames<M, R> : Renaming<M, R, Out, Steps>,
  ): NewStep<Renamed<M, PairsOf<R>>>;
}

/** `.model` if the compiler does not know the steps. */
export interface UncheckedModel<out P> {
  model(model: Model, rename?: RenameOption): P;
}

// ---------------------------------------------------------------- run time

function checkModel(state: CheckState, step: ModelStep, index: number): void {
  const rename = checkedRename(state, step.rename, index);
  if (!state.isModel(step.model, "the model", index)) return;
  state.setOutputs(step.model, state.infer(step.model, rename, index), index);
}

function checkedRename(state: CheckState, rename: unknown, index: number): Readonly<Record<string, string>> {
  if (typeof rename === "object" && rename !== null && !Array.isArray(rename)) {
    if (Object.values(rename).every((column) => typeof column === "string" && column !== "")) {
      return rename as Readonly<Record<string, string>>;
    }
  }
  state.report("SL2018", `the renaming of step ${index} must be { "model input": "output or column" }`, index);
  return {};
}

/** The run-time side of `Columns`, in the order of the model's inputs. */
export function firstColumns(inputs: readonly Port[], rename: RenameOption): Port[] {
  const columnOf = (input: string) => (Object.hasOwn(rename, input) ? (rename[input] ?? input) : input);
  const columns = inputs.map((port) => ({ ...port, input: port.name, name: columnOf(port.name) }));
  return columns
    .filter(
      (column) => !columns.some((other) => other.name === column.name && byCodeUnit(other.input, column.input) < 0),
    )
    .map(({ name, dtype, shape }) => ({ name, dtype, shape }));
}

export const modelKind = {
  method: "model",
  create: modelStep,
  modelsOf: (step) => [step.model],
  check: checkModel,
} satisfies StepDefinition<ModelStep>;
