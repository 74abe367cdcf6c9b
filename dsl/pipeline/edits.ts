import type { Fits, FitsRenamed, Normal } from "../shapes/fits.js";
import type { AlertName, AlertOptions, AlertRows } from "../steps/alert.js";
import type { Arriving, BesideAfter, ChecksAfter, InAfter, NamesAfter, OutAfter } from "../steps/step-outputs.js";
import type { Model } from "../model.js";
import type { ValidationName } from "../names.js";
import type { EmptyPipeline } from "./empty-pipeline.js";
import type { Pipeline } from "./pipeline.js";
import type { Flaw, NameFlaw, RowFlaw } from "../check/recheck-types.js";
import type { SizeOption, Sizes } from "../steps/refine.js";
import type { ColumnNames, Columns, RenameOption, Renaming } from "../steps/rename.js";
import type { RowOf, UnknownRow } from "../row.js";
import type { Below, Members, SelectIndex, Slice } from "../steps/models.js";
import type { Challengers } from "../steps/shadow.js";
import type { FirstModel, HashKey, KeyName, RouteModels, Routes, Weighted, Weights } from "../steps/split.js";
import type {
  Alert,
  Audit,
  Check,
  After,
  CountOf,
  Forward,
  KeySplit,
  Link,
  PairsOf,
  RandomSplit,
  Refine,
  Renamed,
  Select,
  Several,
  Shadow,
  Unstated,
} from "../steps/step-types.js";
import type { KeySplitOptions } from "../steps/nodes.js";
import type { UncheckedPipeline } from "./unchecked-pipeline.js";
import type { AtStep, EditOutOfRange, OneStep } from "../messages/edits.js";

// The types of replaceStep, insertStep and removeStep. `step-edits.ts` is their run-time side.

/** The pipeline before a step, as an edit's callback gets it: each method gives one step. `In` and `Out` are `Unstated` where that step gives the pipeline its columns. */
export interface At<
  in out In,
  in out Out,
  in out Checks extends string,
  in out Steps,
  in out Beside,
  in out Names extends string,
> {
  model<M extends Model>(model: Fits<Given<Out, M>, M, Steps>): Placed<M>;
  model<M extends Model, const R extends RenameOption>(
    model: FitsRenamed<[Out] extends [Unstated] ? Normal<Columns<M["inputs"], R>> : Out, M, R, Steps>,
    rename: [Out] extends [Unstated] ? ColumnNames<M, R> : Renaming<M, R, Out, Steps>,
  ): Placed<Renamed<M, PairsOf<R>>>;
  models<const Ms extends readonly Model[]>(models: Members<Given<Out, Ms[0]>, Ms, Names, Steps>): Placed<Several<Ms>>;
  audit<const S extends string>(slice: Slice<S, Out, Steps>): Placed<Audit<S>>;
  select<const I extends number>(index: SelectIndex<I, Out, Steps>): Placed<Select<I>>;
  keySplit<const K extends string, D extends Model, const R extends RouteModels>(
    key: KeyName<K>,
    options: KeySplitOptions<Fits<Given<Out, D>, D, Steps>, Routes<Given<Out, D>, D, R, Steps>>,
  ): Placed<KeySplit<D, PairsOf<R>>>;
  randomSplit<const Ws extends readonly Weighted[], const H extends string = never>(
    weights: Weights<Given<Out, FirstModel<Ws>>, Ws, Steps>,
    options?: { readonly hashKey?: HashKey<H> },
  ): Placed<RandomSplit<Ws>>;
  shadow<C extends Model, const Cs extends readonly Model[]>(
    champion: Fits<Given<Out, C>, C, Steps>,
    challengers: Challengers<Given<Out, C>, C, Cs, Names, Steps>,
  ): Placed<Shadow<C, Cs>>;
  refine<const Z extends SizeOption>(
    sizes: Sizes<Z, [Out] extends [Unstated] ? object : Out, Steps>,
  ): Placed<Refine<PairsOf<Z>>>;
  validate<const N extends string>(
    name: ValidationName<N, Checks, Steps>,
    check: (row: [Out] extends [Unstated] ? UnknownRow : RowOf<In, Out, Beside>) => boolean,
  ): Placed<Check<N>>;
  alert<const N extends string, const D extends string, const F extends string = never>(
    name: AlertName<N, Names, Steps>,
    condition: (all: AlertRows<[Out] extends [Unstated] ? UnknownRow : RowOf<In, Out, Beside>>) => boolean,
    options: AlertOptions<D, F>,
  ): Placed<Alert<N>>;
}

/** What arrives at the model `M`: where nothing does, `M` says what it takes. */
type Given<Out, M extends Model> = [Out] extends [Unstated] ? Normal<M["inputs"]> : Out;

/** The one step that an edit's callback gives. It has the methods of a pipeline so that a second step is refused in words. */
export interface Placed<out S> extends Refused {
  readonly [placed]: S;
}
declare const placed: unique symbol;
type Refused = {
  readonly [Method in keyof At<Unstated, Unstated, never, Unstated, object, never>]: (
    refused: OneStep,
    ...more: readonly (((row: UnknownRow) => unknown) | object)[]
  ) => Placed<unknown>;
};

// ---------------------------------------------------------------- where

/** `I` where the pipeline has such a step, or with `More` such a place, else what is wrong with it. What is no literal passes: `build()` checks it. */
export type StepIndex<I extends number, Steps, Method extends string, More extends readonly 0[] = []> =
  InRange<I, Steps, More> extends false ? NoInfer<EditOutOfRange<Method, I, CountOf<Steps>>> : I;

/** `"open"` where `I` is no literal. */
type InRange<I extends number, Steps, More extends readonly 0[]> = number extends I
  ? "open"
  : I extends Below<CountOf<Steps, More>>
    ? true
    : false;

/** What the callback of an edit gets. */
export type AtIndex<In, Steps, I extends number, More extends readonly 0[] = []> =
  InRange<I, Steps, More> extends true ? Opened<CutOf<In, Steps, I>> : UncheckedPipeline;

type Opened<C> =
  C extends Cut<At<infer In, infer Out, infer Checks, infer Steps, infer Beside, infer Names>, unknown>
    ? [Steps] extends [Unstated]
      ? At<Unstated, Unstated, Checks, Unstated, object, Names>
      : At<In, Out, Checks, Steps, Beside, Names>
    : never;

/** A pipeline in two: what stands before a step, and the nodes from that step on. */
interface Cut<out Before, out Nodes> {
  readonly before: Before;
  readonly nodes: Nodes;
}

type CutOf<In, Steps, I extends number> =
  Forward<Steps> extends infer Nodes
    ? Nodes extends Link<After<unknown, infer Bottom>, unknown>
      ? CutAt<Nodes, I, In, Normal<In>, never, Bottom, object, never, []>
      : CutAt<unknown, I, In, Normal<In>, never, Steps, object, never, []>
    : never;
type CutAt<
  Nodes,
  I extends number,
  In,
  Out,
  Checks extends string,
  Steps,
  Beside,
  Names extends string,
  Passed extends readonly 0[],
> = Passed["length"] extends I
  ? Cut<At<In, Out, Checks, Steps, Beside, Names>, Nodes>
  : Nodes extends Link<infer Node, infer Rest>
    ? Node extends After<infer S, infer Prev>
      ? CutAt<
          Rest,
          I,
          In,
          OutAfter<Out, S>,
          ChecksAfter<Checks, S>,
          Node,
          BesideAfter<Beside, Out, S>,
          NamesAfter<Names, S, Prev>,
          [...Passed, 0]
        >
      : never
    : never;

// ---------------------------------------------------------------- what comes of it

/** The pipeline with the step of `P` in the place of step `I`; what is wrong with it as a text; or false where the callback says so already. `Out` and `Beside` are those at the pipeline's end. */
export type Replaced<In, Out, Steps, Beside, I extends number, P> =
  InRange<I, Steps, []> extends true
    ? P extends Placed<infer S>
      ? CutOf<In, Steps, I> extends Cut<infer Before, Link<After<infer Old, unknown>, infer Rest>>
        ? Placing<S, Opening<Before>> extends true
          ? Redone<Rest, Stepped<Before, Old>, Stepped<Opening<Before>, S>, Out, Beside>
          : false
        : never
      : OneStep
    : UncheckedPipeline;

/** The same with the step of `P` before step `I`, or at the end. */
export type Inserted<In, Out, Steps, Beside, I extends number, P> =
  InRange<I, Steps, [0]> extends true
    ? P extends Placed<infer S>
      ? CutOf<In, Steps, I> extends Cut<infer Before, infer Rest>
        ? Placing<S, Opening<Before>> extends true
          ? Redone<Rest, Before, Stepped<Opening<Before>, S>, Out, Beside>
          : false
        : never
      : OneStep
    : UncheckedPipeline;

/** The same without step `I`. */
export type Removed<In, Out, Steps, Beside, I extends number> =
  InRange<I, Steps, []> extends true
    ? CutOf<In, Steps, I> extends Cut<infer Before, Link<After<infer Old, unknown>, infer Rest>>
      ? Redone<Rest, Stepped<Before, Old>, Opening<Before>, Out, Beside>
      : never
    : UncheckedPipeline;

/** What an edit's callback must give: a text where the edit breaks the pipeline. */
export type Making<Edited, P> = Edited extends string ? NoInfer<Edited> : P;

/** What an edit gives; where it is refused, the pipeline as it was. */
export type EditedOr<Edited, Was> = Edited extends string | false ? Was : Edited;

/** The index of a step that can go, else what is wrong. */
export type RemovedIndex<I extends number, Steps, Edited> =
  StepIndex<I, Steps, "removeStep"> extends infer T extends string ? T : Edited extends string ? NoInfer<Edited> : I;

/** The pipeline with no step: its columns stay where they are stated. */
export type Cleared<In extends object, Steps> =
  Steps extends After<unknown, infer Prev>
    ? Cleared<In, Prev>
    : [Steps] extends [Unstated]
      ? EmptyPipeline
      : Pipeline<In, Normal<In>, never, Steps>;

/** False where the new step itself does not fit, or a second one follows it: the argument there says so. */
type Placing<S, Before> =
  Before extends At<infer _In, infer Out, infer Checks, infer Steps, infer _Beside, infer Names>
    ? unknown extends S
      ? false
      : Flaw<S, Arriving<Out, S>, Checks, Names, Steps> extends string
        ? false
        : true
    : never;

type Opening<Before> = Opened<Cut<Before, unknown>>;

/** The state after one more step. */
type Stepped<Before, S> =
  Before extends At<infer In, infer Out, infer Checks, infer Steps, infer Beside, infer Names>
    ? Arriving<Out, S> extends infer A
      ? At<
          InAfter<In, S>,
          OutAfter<A, S>,
          ChecksAfter<Checks, S>,
          After<S, Steps>,
          BesideAfter<Beside, A, S>,
          NamesAfter<Names, S, Steps>
        >
      : never
    : never;

/** The later steps again, from the state `New` instead of `Old`, until both are the same. */
type Redone<Nodes, Old, New, EndOut, EndBeside> =
  Old extends At<infer OldIn, infer OldOut, infer _Checks, infer _Steps, infer OldBeside, infer _Names>
    ? New extends At<infer In, infer Out, infer Checks, infer Steps, infer Beside, infer Names>
      ? Redo<Nodes, OldIn, OldOut, OldBeside, In, Out, Checks, Steps, Beside, Names, EndOut, EndBeside>
      : never
    : never;

type Redo<
  Nodes,
  OldIn,
  OldOut,
  OldBeside,
  In,
  Out,
  Checks extends string,
  Steps,
  Beside,
  Names extends string,
  EndOut,
  EndBeside,
> =
  Nodes extends Link<After<infer S, unknown>, infer Rest>
    ? At<OldIn, OldOut, never, Unstated, OldBeside, never> extends At<In, Out, never, Unstated, Beside, never>
      ? Skim<Nodes, In, EndOut, Checks, Steps, EndBeside, Names>
      : Arriving<Out, S> extends infer A
        ? Flaw<S, A, Checks, Names, Steps> extends infer T extends string
          ? AtStep<CountOf<Steps>, T>
          : RowFlaw<S, OldIn, OldOut, OldBeside, In, A, Beside> extends infer T extends string
            ? AtStep<CountOf<Steps>, T>
            : Redo<
                Rest,
                OldIn,
                OutAfter<OldOut, S>,
                BesideAfter<OldBeside, OldOut, S>,
                InAfter<In, S>,
                OutAfter<A, S>,
                ChecksAfter<Checks, S>,
                After<S, Steps>,
                BesideAfter<Beside, A, S>,
                NamesAfter<Names, S, Steps>,
                EndOut,
                EndBeside
              >
        : never
    : Whole<In, Out, Checks, Steps, Beside, Names>;

/** The later steps again where the same tensors arrive as before. */
type Skim<Nodes, In, EndOut, Checks extends string, Steps, EndBeside, Names extends string> =
  Nodes extends Link<After<infer S, unknown>, infer Rest>
    ? NameFlaw<S, Checks, Names, Steps> extends infer T extends string
      ? AtStep<CountOf<Steps>, T>
      : Skim<Rest, In, EndOut, ChecksAfter<Checks, S>, After<S, Steps>, EndBeside, NamesAfter<Names, S, Steps>>
    : Whole<In, EndOut, Checks, Steps, EndBeside, Names>;

type Whole<In, Out, Checks extends string, Steps, Beside, Names extends string> = [In] extends [Unstated]
  ? EmptyPipeline
  : In extends object
    ? Out extends object
      ? Pipeline<In, Out, Checks, Steps, Beside, Names>
      : never
    : never;
