import type { AtStep, EditOutOfRange, OneStep } from "../messages/edits.js";
import type { RowFlaw } from "../check/row-change.js";
import type { Normal } from "../shapes/fits.js";
import type {
  Arriving,
  At,
  ByModelAfter,
  ChecksAfter,
  InAfter,
  NameFlaw,
  NamesAfter,
  OutAfter,
  NewStep,
  StepFlaw,
  UncheckedMethods,
} from "../steps/step-kinds.js";
import type { After, Below, CountOf, Forward, Link, Unstated } from "../steps/step-list.js";
import type { AnyPipeline, EmptyPipeline, Pipeline } from "./pipeline.js";

// The types of replaceStep, insertStep and removeStep. `pipeline-impl.ts` is the run-time side.

/** A pipeline whose steps the compiler does not know, after an edit at an index that is not a literal. `build()` checks all of it. */
export interface UncheckedPipeline extends AnyPipeline, UncheckedMethods<UncheckedPipeline> {
  replaceStep(index: number, make: (at: UncheckedPipeline) => UncheckedPipeline): UncheckedPipeline;
  insertStep(index: number, make: (at: UncheckedPipeline) => UncheckedPipeline): UncheckedPipeline;
  removeStep(index: number): UncheckedPipeline;
  clear(): UncheckedPipeline;
}

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
  C extends Cut<At<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>, unknown>
    ? [Steps] extends [Unstated]
      ? At<Unstated, Unstated, Checks, Unstated, object, Names>
      : At<In, Out, Checks, Steps, ByModel, Names>
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
  ByModel,
  Names extends string,
  Passed extends readonly 0[],
> = Passed["length"] extends I
  ? Cut<At<In, Out, Checks, Steps, ByModel, Names>, Nodes>
  : Nodes extends Link<infer Node, infer Rest>
    ? Node extends After<infer S, infer Prev>
      ? CutAt<
          Rest,
          I,
          In,
          OutAfter<Out, S>,
          ChecksAfter<Checks, S>,
          Node,
          ByModelAfter<ByModel, Out, S>,
          NamesAfter<Names, S, Prev>,
          [...Passed, 0]
        >
      : never
    : never;

// ---------------------------------------------------------------- what comes of it

/** The pipeline with the step of `P` in the place of step `I`; what is wrong with it as a text; or false where the callback says so already. `Out` and `ByModel` are those at the pipeline's end. */
export type Replaced<In, Out, Steps, ByModel, I extends number, P> =
  InRange<I, Steps, []> extends true
    ? P extends NewStep<infer S>
      ? CutOf<In, Steps, I> extends Cut<infer Before, Link<After<infer Old, unknown>, infer Rest>>
        ? Placing<S, Opening<Before>> extends true
          ? Redone<Rest, Stepped<Before, Old>, Stepped<Opening<Before>, S>, Out, ByModel>
          : false
        : never
      : OneStep
    : UncheckedPipeline;

/** The same with the step of `P` before step `I`, or at the end. */
export type Inserted<In, Out, Steps, ByModel, I extends number, P> =
  InRange<I, Steps, [0]> extends true
    ? P extends NewStep<infer S>
      ? CutOf<In, Steps, I> extends Cut<infer Before, infer Rest>
        ? Placing<S, Opening<Before>> extends true
          ? Redone<Rest, Before, Stepped<Opening<Before>, S>, Out, ByModel>
          : false
        : never
      : OneStep
    : UncheckedPipeline;

/** The same without step `I`. */
export type Removed<In, Out, Steps, ByModel, I extends number> =
  InRange<I, Steps, []> extends true
    ? CutOf<In, Steps, I> extends Cut<infer Before, Link<After<infer Old, unknown>, infer Rest>>
      ? Redone<Rest, Stepped<Before, Old>, Opening<Before>, Out, ByModel>
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
  Before extends At<infer _In, infer Out, infer Checks, infer Steps, infer _ByModel, infer Names>
    ? unknown extends S
      ? false
      : StepFlaw<S, Arriving<Out, S>, Checks, Names, Steps> extends string
        ? false
        : true
    : never;

type Opening<Before> = Opened<Cut<Before, unknown>>;

/** The state after one more step. */
type Stepped<Before, S> =
  Before extends At<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>
    ? Arriving<Out, S> extends infer A
      ? At<
          InAfter<In, S>,
          OutAfter<A, S>,
          ChecksAfter<Checks, S>,
          After<S, Steps>,
          ByModelAfter<ByModel, A, S>,
          NamesAfter<Names, S, Steps>
        >
      : never
    : never;

/** The later steps again, from the state `New` instead of `Old`, until both are the same. */
type Redone<Nodes, Old, New, EndOut, EndByModel> =
  Old extends At<infer OldIn, infer OldOut, infer _Checks, infer _Steps, infer OldByModel, infer _Names>
    ? New extends At<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>
      ? Redo<Nodes, OldIn, OldOut, OldByModel, In, Out, Checks, Steps, ByModel, Names, EndOut, EndByModel>
      : never
    : never;

type Redo<
  Nodes,
  OldIn,
  OldOut,
  OldByModel,
  In,
  Out,
  Checks extends string,
  Steps,
  ByModel,
  Names extends string,
  EndOut,
  EndByModel,
> =
  Nodes extends Link<After<infer S, unknown>, infer Rest>
    ? At<OldIn, OldOut, never, Unstated, OldByModel, never> extends At<In, Out, never, Unstated, ByModel, never>
      ? Skim<Nodes, In, EndOut, Checks, Steps, EndByModel, Names>
      : Arriving<Out, S> extends infer A
        ? StepFlaw<S, A, Checks, Names, Steps> extends infer T extends string
          ? AtStep<CountOf<Steps>, T>
          : RowFlaw<S, OldIn, OldOut, OldByModel, In, A, ByModel> extends infer T extends string
            ? AtStep<CountOf<Steps>, T>
            : Redo<
                Rest,
                OldIn,
                OutAfter<OldOut, S>,
                ByModelAfter<OldByModel, OldOut, S>,
                InAfter<In, S>,
                OutAfter<A, S>,
                ChecksAfter<Checks, S>,
                After<S, Steps>,
                ByModelAfter<ByModel, A, S>,
                NamesAfter<Names, S, Steps>,
                EndOut,
                EndByModel
              >
        : never
    : Whole<In, Out, Checks, Steps, ByModel, Names>;

/** The later steps again where the same tensors arrive as before. */
type Skim<Nodes, In, EndOut, Checks extends string, Steps, EndByModel, Names extends string> =
  Nodes extends Link<After<infer S, unknown>, infer Rest>
    ? NameFlaw<S, Checks, Names, Steps> extends infer T extends string
      ? AtStep<CountOf<Steps>, T>
      : Skim<Rest, In, EndOut, ChecksAfter<Checks, S>, After<S, Steps>, EndByModel, NamesAfter<Names, S, Steps>>
    : Whole<In, EndOut, Checks, Steps, EndByModel, Names>;

type Whole<In, Out, Checks extends string, Steps, ByModel, Names extends string> = [In] extends [Unstated]
  ? EmptyPipeline
  : In extends object
    ? Out extends object
      ? Pipeline<In, Out, Checks, Steps, ByModel, Names>
      : never
    : never;
