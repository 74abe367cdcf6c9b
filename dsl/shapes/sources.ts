import {
  isConstant,
  isConstantData,
  readConstant,
  valuesOf,
  type Constant,
  type ConstantData,
  type ConstantShape,
  type OtherKind,
  type ValuesOf,
} from "../constant.js";
import type { ErrorCode } from "../errors.js";
import {
  columnSource,
  constantSource,
  inSplit,
  meansColumn,
  modelOutputSource,
  noSuchColumn,
  noSuchModel,
  noSuchModelOutput,
  otherConstant,
  type ColumnSource,
  type ConstantSource,
  type InSplit,
  type MeansColumn,
  type ModelOutputSource,
  type NoSuchColumn,
  type NoSuchModel,
  type NoSuchModelOutput,
  type OtherConstant,
} from "../messages/sources.js";
import { noSuchOutput, type NoSuchOutput } from "../messages/shapes.js";
import type { Model } from "../model.js";
import type { IsOpen } from "../names.js";
import type {
  BeforeInference,
  EarlierModels,
  EarlierOutputs,
  IsInAllChoices,
  SourceOf,
  SplitOf,
} from "../steps/step-kinds.js";
import type { DType, Port, Tensor } from "../tensor.js";
import type { OneText } from "./alternatives.js";
import { constantPort, lookUp } from "./feeds.js";
import type { ExplainPorts, ShowTensor } from "./mismatch.js";
import type { IsOne, NamesOf, Sorted } from "./port-names.js";

// Where a model's input comes from, if the step says so: a current output, a request column (`in.mask`), an output of
// an earlier step's model (`encoder.states`), or a constant. A current output wins over the others.

/** The source of one input. */
export type Source = string | Constant;

/** Model input <- source. */
export type Sources = Readonly<Record<string, Source>>;

// ---------------------------------------------------------------- types

/** The tensor that the source `V` gives to an input `E`; `unknown`, which fits no input, if there is none. */
export type SourceTensor<E, V, Out, In, Steps> = V extends keyof Out
  ? Out[V]
  : V extends Constant<infer C>
    ? E extends Tensor<infer D, infer S>
      ? Tensor<D, ConstantShape<C, S>>
      : unknown
    : V extends `in.${infer C extends keyof In & string}`
      ? In[C]
      : OwnerOf<V, EarlierModels<Steps>> extends infer N extends string
        ? V extends `${N}.${infer P}`
          ? PortOf<EarlierOutputs<N, In, Steps>, P>
          : unknown
        : unknown;
type PortOf<Ports, P> = P extends keyof Ports ? Ports[P] : unknown;

/** The model that the source `V` names, else false: the longest name of `Names` before a dot. Names may have dots. */
type OwnerOf<V, Names> = LastOf<
  Sorted<Names extends string ? (V extends `${Names}.${string}` ? Names : never) : never>
>;
type LastOf<T> = T extends readonly [...(readonly string[]), infer L] ? L : false;

/** The models of the sources `V` that run for some members of a union only. */
export type OneOfSeveralModels<V, Steps> = V extends `${string}.${string}`
  ? OwnerOf<V, EarlierModels<Steps>> extends infer N extends string
    ? IsInAllChoices<N, Steps> extends true
      ? never
      : N
    : never
  : never;

/**
 * The tensors by the inputs that they feed: by the sources `R`, else by name. The only input without a source takes
 * the only current output, unless that one is a source of another input.
 */
export type FedSources<I, Out, R, In, Steps> = {
  readonly [K in keyof I as K extends keyof R | keyof Out | LoneInput<I, Out, R> ? K : never]: K extends keyof R
    ? SourceTensor<I[K], R[K], Out, In, Steps>
    : K extends keyof Out
      ? Out[K]
      : Out[keyof Out];
};
type LoneInput<I, Out, R> =
  IsOne<Exclude<keyof I, keyof R>> extends true
    ? IsOne<keyof Out> extends true
      ? [Extract<R[keyof R], keyof Out | `in.${keyof Out & string}`>] extends [never]
        ? Exclude<keyof I, keyof R>
        : never
      : never
    : never;

/**
 * The symbols of inputs that meet a length which the type of a constant does not know: they have a size, but not one
 * that the compiler can name.
 */
export type OpenSymbols<I, R> = {
  [K in keyof R & keyof I]: R[K] extends Constant<infer C>
    ? I[K] extends Tensor<DType, infer S>
      ? OpenDims<S, ConstantShape<C, S>>
      : never
    : never;
}[keyof R & keyof I];
type OpenDims<S, P> = {
  [A in keyof S]: A extends keyof P ? (number extends P[A] ? (S[A] extends string ? S[A] : never) : never) : never;
}[number & keyof S];

/** `R[K]` if it is a source of the input `K` whose tensor fits, else the text of the error. Of a union, each member. */
export type CheckedSource<M extends Model, K extends keyof M["inputs"] & keyof R, R, Out, In, Steps> = CheckedValue<
  M,
  K,
  R[K],
  Out,
  In,
  Steps
>;
type CheckedValue<M extends Model, K extends keyof M["inputs"], V, Out, In, Steps> = V extends keyof Out
  ? V
  : V extends Constant<infer C>
    ? CheckedConstant<M["name"], M["inputs"], K, C, V>
    : IsOpen<V & string> extends true
      ? V
      : UnknownSource<M["name"], K & string, V, Out, In, Steps> extends infer T extends string
        ? T
        : TextOr<
            Explained<
              M["name"],
              M["inputs"],
              K & string,
              SourceTensor<M["inputs"][K], V, Out, In, Steps>,
              SourceText<V, In, Steps>
            >,
            V
          >;

/** `Fine` if the constant `C` is a value of the input `K`, else the text of the error. */
export type CheckedConstant<N extends string, I, K extends keyof I, C, Fine> =
  I[K] extends Tensor<infer D, infer S>
    ? [OtherKind<C, D>] extends [never]
      ? TextOr<Explained<N, I, K & string, Tensor<D, ConstantShape<C, S>>, ConstantSource>, Fine>
      : OtherConstant<N, K & string, ShowTensor<I[K]>, ValuesOf<D, FirstKind<C, D>>, FirstKind<C, D>>
    : Fine;
type TextOr<T, Fine> = [T] extends [never] ? Fine : T;
type FirstKind<C, D> =
  Sorted<OtherKind<C, D>> extends readonly [infer F extends string, ...(readonly unknown[])] ? F : never;

/** For completions: the inputs of `M`. */
export type InputHints<M extends Model> = { readonly [K in keyof M["inputs"]]: string };

/** For completions: each input of `M`, from any current output, request column or output of an earlier step's model. */
export type SourceHints<M extends Model, Out, In, Steps> = {
  readonly [K in keyof M["inputs"]]?:
    CurrentName<Out> | `in.${keyof In & string}` | EarlierName<EarlierModels<Steps>, In, Steps> | Constant;
};
type CurrentName<Out> = Out extends readonly unknown[] ? never : keyof Out & string;
type EarlierName<N, In, Steps> = N extends string ? `${N}.${keyof EarlierOutputs<N, In, Steps> & string}` : never;

/** The text of why the tensor `P` does not fit the input `K`, without the other inputs; `never` if it does. */
type Explained<N extends string, I, K extends string, P, From extends string> = ExplainPorts<
  N,
  I,
  { readonly [Key in K]: P },
  object,
  From,
  readonly [K],
  object
>;

type SourceText<V, In, Steps> = V extends `in.${infer C extends keyof In & string}`
  ? ColumnSource<C>
  : OwnerOf<V, EarlierModels<Steps>> extends infer N extends string
    ? V extends `${N}.${infer P}`
      ? ModelOutputSource<N, P>
      : never
    : string;

/** The text of why `V` is no source; false if it is one. */
type UnknownSource<N extends string, K extends string, V, Out, In, Steps> = V extends `in.${keyof In & string}`
  ? false
  : OwnerOf<V, EarlierModels<Steps>> extends infer From extends string
    ? V extends `${From}.${infer P}`
      ? UnknownOutput<N, K, From, P, In, Steps>
      : never
    : V extends `in.${infer C}`
      ? OneText<ColumnText<N, K, C, In>>
      : V extends `${infer From}.${infer P}`
        ? BeforeInference<Steps> extends true
          ? NoSuchOutput<N, K, V, SourceOf<Steps>, NamesOf<Out>>
          : NoSuchModel<N, K, From, P, Sorted<EarlierModels<Steps>>>
        : `${NoSuchOutput<N, K, V & string, SourceOf<Steps>, NamesOf<Out>>}${V extends keyof In & string ? MeansColumn<V> : ""}`;
/** Of several choices of columns, those without the column `C` have a text. */
type ColumnText<N extends string, K extends string, C extends string, In> = In extends unknown
  ? C extends keyof In
    ? never
    : NoSuchColumn<N, K, C, NamesOf<In>>
  : never;
type UnknownOutput<N extends string, K extends string, From extends string, P extends string, In, Steps> =
  SplitOf<From, Steps> extends infer Index extends number
    ? InSplit<N, K, From, P, Index>
    : EarlierOutputs<From, In, Steps> extends infer O
      ? P extends keyof O
        ? false
        : NoSuchModelOutput<N, K, From, P, NamesOf<O>>
      : never;

/** What the names of a pipeline keep of a source that may be an output of an earlier step: an edit may remove it. */
export type SourceEntry<V> = V extends `${string}.${string}` ? `source ${V}` : never;

// ---------------------------------------------------------------- run time

/** The source of an input, after it is found. */
export type FoundSource =
  | { readonly output: string }
  | { readonly column: string }
  | { readonly model: string; readonly output: string }
  | { readonly constant: ConstantData };

/** What an earlier step's model produced. */
export interface EarlierModel {
  readonly step: number;
  /** Null if a split runs the model for some requests only. */
  readonly outputs: readonly Port[] | null;
}

/** Everything that an input may come from, except constants. */
export interface Origins {
  /** The current outputs. */
  readonly outputs: readonly Port[];
  /** The source of the current outputs with a verb; see `messages/shapes.ts`. */
  readonly source: string;
  /** The request's columns. */
  readonly columns: readonly Port[];
  /** By name; the last step that runs the model counts. */
  readonly models: ReadonlyMap<string, EarlierModel>;
  /** True if no model has run yet: then the current outputs are the request's columns. */
  readonly isFirst: boolean;
}

/** The tensor of a source, and its source with a verb, for messages. */
export interface FoundFeed {
  readonly port: Port;
  readonly source: string;
  readonly from: FoundSource;
}

interface SourceProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * Finds the source of an input: its tensor, or why there is none.
 *
 * @param expected the input's tensor in messages
 */
export function findSource(
  model: string,
  input: Port,
  expected: string,
  given: Source,
  origins: Origins,
): FoundFeed | SourceProblem {
  if (isConstant(given)) return constantFeed(model, input, expected, given);
  const { outputs, source, columns, models, isFirst } = origins;
  const unknown = (message: string): SourceProblem => ({ code: "SL2017", message });
  const found = lookUp(given, origins);
  if (found?.kind === "output") return { port: found.port, source, from: { output: given } };
  if (found?.kind === "column") {
    const { port } = found;
    return { port, source: columnSource(port.name), from: columnOrOutput(port, origins) };
  }
  if (found?.kind === "model") {
    const { owner, port } = found;
    const name = given.slice(owner.name.length + 1);
    if (owner.outputs === null) return unknown(inSplit(model, input.name, owner.name, name, owner.step));
    return port === undefined
      ? unknown(noSuchModelOutput(model, input.name, owner.name, name, owner.outputs.map(nameOf)))
      : { port, source: modelOutputSource(owner.name, name), from: { model: owner.name, output: name } };
  }
  const dot = given.indexOf(".");
  if (given.startsWith("in.")) return unknown(noSuchColumn(model, input.name, given.slice(3), columns.map(nameOf)));
  if (dot < 0 || isFirst) {
    const hint = dot < 0 && columns.some((port) => port.name === given) ? meansColumn(given) : "";
    return unknown(noSuchOutput(model, input.name, given, source, outputs.map(nameOf)) + hint);
  }
  const [name, port] = [given.slice(0, dot), given.slice(dot + 1)];
  return unknown(noSuchModel(model, input.name, name, port, [...models.keys()]));
}

/** Before the first model, a column that no refine step changed is the same as the current output of its name. */
function columnOrOutput(column: Port, { outputs, isFirst }: Origins): FoundSource {
  const isCurrent = isFirst && outputs.some((port) => JSON.stringify(port) === JSON.stringify(column));
  return isCurrent ? { output: column.name } : { column: column.name };
}

function constantFeed(
  model: string,
  input: Port,
  expected: string,
  given: Constant<unknown>,
): FoundFeed | SourceProblem {
  const read = readConstant(given, input);
  const code = "SL2019";
  if (isConstantData(read)) {
    return { port: constantPort(input, read.shape), source: constantSource, from: { constant: read } };
  }
  if ("holds" in read) {
    return { code, message: otherConstant(model, input.name, expected, valuesOf(input.dtype, read.holds), read.holds) };
  }
  return { code, message: `model '${model}' input '${input.name}' expects ${expected}, and its constant ${read.text}` };
}

const nameOf = ({ name }: Port): string => name;
