import type { AtStep, EditOutOfRange, ExactlyOneStep } from "../messages/edits.js";
import type { TextIn } from "../check/flaws.js";
import type { RowFlaw } from "../check/row-change.js";
import type { OneText } from "../shapes/alternatives.js";
import type { IsOne } from "../shapes/port-names.js";
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
  StateAfter,
  StepFlaw,
  UncheckedMethods,
} from "../steps/step-kinds.js";
import type { After, Below, CountOf, Forward, IsOpenIndex, Link, Unstated } from "../steps/step-list.js";
import type { AnyPipeline } from "./any-pipeline.js";
import type { EmptyPipeline, Pipeline } from "./pipeline.js";

// The types of replaceStep, insertStep and removeStep. `pipeline-impl.ts` is the run-time side.

/**
 * A pipeline whose steps the compiler does not know, after an edit at an index that is not a literal. `build()` checks
 * all of it.
 */
export interface UncheckedPipeline extends AnyPipeline, UncheckedMethods<UncheckedPipeline> {
  replaceStep(index: number, make: (at: UncheckedPipeline) => UncheckedPipeline): UncheckedPipeline;
  insertStep(index: number, make: (at: UncheckedPipeline) => UncheckedPipeline): UncheckedPipeline;
  removeStep(index: number): UncheckedPipeline;
  clear(): UncheckedPipeline;
}

// ---------------------------------------------------------------- arguments

/**
 * `I` where the pipeline has such a step (with `More`: such a position), else the error message. An index that is not a
 * literal is accepted: `build()` checks it.
 */
export type StepIndex<I extends number, Steps, Method extends string, More extends readonly 0[] = []> =
  OutOfRange<I, Steps, More> extends infer J extends number
    ? [J] extends [never]
      ? I
      : NoInfer<OneText<EditOutOfRange<Method, J, CountOf<Steps>>>>
    : never;
type OutOfRange<I extends number, Steps, More extends readonly 0[]> = I extends unknown
  ? InRange<I, Steps, More> extends false
    ? I
    : never
  : never;

/** `"open"` where `I` is not a literal. */
type InRange<I extends number, Steps, More extends readonly 0[]> =
  IsOpenIndex<I> extends true ? "open" : `${I}` extends `${Below<CountOf<Steps, More>>}` ? true : false;

/** The argument of an edit's callback. If the index is one of several, a step must fit before each of them. */
export type AtIndex<In, Steps, I extends number, More extends readonly 0[] = []> =
  InRange<I, Steps, More> extends true
    ? IsOne<I> extends true
      ? StateBefore<CutOf<In, Steps, I>>
      : MergedState<StateParts<StateBeforeEach<In, Steps, I>>>
    : UncheckedPipeline;
type StateBeforeEach<In, Steps, I extends number> = I extends unknown ? StateBefore<CutOf<In, Steps, I>> : never;
/** Without the state in which the step defines the request's columns: any model fits there. */
type StateParts<S> =
  S extends At<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>
    ? [In] extends [Unstated]
      ? never
      : Parts<In, Out, Checks, Steps, ByModel, Names>
    : never;
type MergedState<P> = [P] extends [Parts<unknown, unknown, string, unknown, unknown, string>]
  ? At<P["in"], P["out"], P["checks"], P["steps"], P["byModel"], P["names"]>
  : never;

/**
 * The state before the cut. With `Unstated` at the bottom of an empty list, the next step defines the request's
 * columns.
 */
type StateBefore<C> =
  C extends Cut<At<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>, unknown>
    ? [Steps] extends [Unstated]
      ? At<Unstated, Unstated, Checks, Unstated, object, Names>
      : At<In, Out, Checks, Steps, ByModel, Names>
    : never;

/** A pipeline cut in two: the state before a step, and the nodes from that step on. */
interface Cut<out Before, out Nodes> {
  readonly before: Before;
  readonly nodes: Nodes;
}

type CutOf<In, Steps, I extends number> =
  Forward<Steps> extends infer Nodes
    ? Nodes extends Link<After<unknown, infer Bottom>, unknown>
      ? CutAt<Nodes, I, In, In, never, Bottom, object, never, []>
      : CutAt<unknown, I, In, In, never, Steps, object, never, []>
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
    ? Node extends After<infer S, unknown>
      ? CutAt<
          Rest,
          I,
          In,
          OutAfter<Out, S, In, Steps>,
          ChecksAfter<Checks, S>,
          Node,
          ByModelAfter<ByModel, Out, S>,
          NamesAfter<Names, S, Steps>,
          [...Passed, 0]
        >
      : never
    : never;

// ---------------------------------------------------------------- results

/**
 * The pipeline after step `I` was replaced by the step of `P`; a text if a later step breaks; false if the
 * callback already has an error. `Out` and `ByModel` are those at the end of the pipeline.
 */
export type Replaced<In, Out, Steps, ByModel, Names, I extends number, P, All extends number = I> = I extends unknown
  ? InRange<I, Steps, []> extends true
    ? P extends NewStep<infer S>
      ? CutOf<In, Steps, I> extends Cut<infer Before, Link<After<infer Old, unknown>, infer Rest>>
        ? NewStepFlaw<S, InsertionState<Before>, In, Steps, All, []> extends infer F extends string | false
          ? F
          : RecheckFrom<Rest, StateAfter<Before, Old>, StateAfter<InsertionState<Before>, S>, Out, ByModel, Names>
        : never
      : ExactlyOneStep
    : UncheckedPipeline
  : never;

/** The same for a step of `P` inserted before step `I`, or at the end. */
export type Inserted<In, Out, Steps, ByModel, Names, I extends number, P, All extends number = I> = I extends unknown
  ? InRange<I, Steps, [0]> extends true
    ? P extends NewStep<infer S>
      ? CutOf<In, Steps, I> extends Cut<infer Before, infer Rest>
        ? NewStepFlaw<S, InsertionState<Before>, In, Steps, All, [0]> extends infer F extends string | false
          ? F
          : RecheckFrom<Rest, Before, StateAfter<InsertionState<Before>, S>, Out, ByModel, Names>
        : never
      : ExactlyOneStep
    : UncheckedPipeline
  : never;

/** The same for removing step `I`. */
export type Removed<In, Out, Steps, ByModel, Names, I extends number> = I extends unknown
  ? InRange<I, Steps, []> extends true
    ? CutOf<In, Steps, I> extends Cut<infer Before, Link<After<infer Old, unknown>, infer Rest>>
      ? RecheckFrom<Rest, StateAfter<Before, Old>, InsertionState<Before>, Out, ByModel, Names>
      : never
    : UncheckedPipeline
  : never;

/** The required result of an edit's callback: a text if the edit breaks a later step. */
export type CallbackResult<Edited, P> =
  TextIn<Edited> extends infer T extends string ? ([T] extends [never] ? P : NoInfer<OneText<T>>) : never;

/** The result of an edit; the unchanged pipeline if the edit is refused. */
export type EditedOr<Edited, Was> =
  Refusal<Edited> extends never ? (IsOne<Edited> extends true ? Edited : Merged<PartsOf<Edited>>) : Was;
type Refusal<Edited> = Edited extends string | false ? Edited : never;

/** One of several results of an edit. A union of pipelines has no methods that can be called. */
interface Parts<out In, out Out, out Checks, out Steps, out ByModel, out Names> {
  readonly in: In;
  readonly out: Out;
  readonly checks: Checks;
  readonly steps: Steps;
  readonly byModel: ByModel;
  readonly names: Names;
}
type PartsOf<Edited> =
  Edited extends Pipeline<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>
    ? Parts<In, Out, Checks, Steps, ByModel, Names>
    : false;
/** One pipeline with the unions of the parts of several. Without types if one of them has no inference step. */
type Merged<P> = [P] extends [Parts<object, object, string, unknown, unknown, string>]
  ? Pipeline<P["in"], P["out"], P["checks"], P["steps"], P["byModel"], P["names"]>
  : UncheckedPipeline;

/** The index of a step that can be removed, else the error message. */
export type RemovedIndex<I extends number, Steps, Edited> =
  StepIndex<I, Steps, "removeStep"> extends infer T extends string ? T : CallbackResult<Edited, I>;

/** The pipeline without steps. It keeps its columns if they are stated. */
export type Cleared<In extends object, Steps> =
  Steps extends After<unknown, infer Prev>
    ? Cleared<In, Prev>
    : [Steps] extends [Unstated]
      ? EmptyPipeline
      : Pipeline<In, In, never, Steps>;

/**
 * False if the new step itself does not fit, or the callback adds two steps: then the error is in the callback. If the
 * index is one of several, the callback refuses what does not fit the union of all that may arrive; a step that fits
 * this union, but not what arrives at one of them, has its text. `true` if the step fits.
 */
type NewStepFlaw<S, Before, In, Steps, All extends number, More extends readonly 0[]> = unknown extends S
  ? false
  : IsOne<All> extends true
    ? FlawAt<S, Before> extends string
      ? false
      : true
    : FlawAt<S, AtIndex<In, Steps, All, More>> extends string
      ? false
      : FlawAt<S, Before> extends infer T extends string
        ? T
        : true;
type FlawAt<S, State> =
  State extends At<infer In, infer Out, infer Checks, infer Steps, infer _ByModel, infer Names>
    ? StepFlaw<S, Arriving<Out, S>, In, Checks, Names, Steps>
    : never;

/** The state that the new step sees. */
type InsertionState<Before> = StateBefore<Cut<Before, unknown>>;

/**
 * Checks the later steps again from the state `New` instead of `Old`. Once both states are equal, only names are
 * checked, unless a step may read an output of an earlier one (`AllNames` has its source).
 */
type RecheckFrom<Nodes, Old, New, EndOut, EndByModel, AllNames> =
  Old extends At<infer OldIn, infer OldOut, infer _Checks, infer _Steps, infer OldByModel, infer _Names>
    ? New extends At<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>
      ? Recheck<
          Nodes,
          OldIn,
          OldOut,
          OldByModel,
          In,
          Out,
          Checks,
          Steps,
          ByModel,
          Names,
          EndOut,
          EndByModel,
          Extract<AllNames, `source ${string}`>
        >
      : never
    : never;

type Recheck<
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
  Sources extends string,
> =
  Nodes extends Link<After<infer S, infer OldPrev>, infer Rest>
    ? At<OldIn, OldOut, Sources, Unstated, OldByModel, never> extends At<In, Out, never, Unstated, ByModel, never>
      ? RecheckNames<Nodes, In, EndOut, Checks, Steps, EndByModel, Names>
      : Arriving<Out, S> extends infer A
        ? TextIn<StepFlaw<S, A, In, Checks, Names, Steps>> extends infer T extends string
          ? [T] extends [never]
            ? TextIn<RowFlaw<S, OldIn, OldOut, OldByModel, In, A, ByModel>> extends infer T extends string
              ? [T] extends [never]
                ? Recheck<
                    Rest,
                    OldIn,
                    OutAfter<OldOut, S, OldIn, OldPrev>,
                    ByModelAfter<OldByModel, OldOut, S>,
                    InAfter<In, S>,
                    OutAfter<A, S, In, Steps>,
                    ChecksAfter<Checks, S>,
                    After<S, Steps>,
                    ByModelAfter<ByModel, A, S>,
                    NamesAfter<Names, S, Steps>,
                    EndOut,
                    EndByModel,
                    Sources
                  >
                : AtStep<CountOf<Steps>, OneText<T>>
              : never
            : AtStep<CountOf<Steps>, OneText<T>>
          : never
        : never
    : PipelineOf<In, Out, Checks, Steps, ByModel, Names>;

/** Checks the later steps again if the arriving tensors are unchanged. */
type RecheckNames<Nodes, In, EndOut, Checks extends string, Steps, EndByModel, Names extends string> =
  Nodes extends Link<After<infer S, unknown>, infer Rest>
    ? NameFlaw<S, Checks, Names, Steps> extends infer T extends string
      ? AtStep<CountOf<Steps>, T>
      : RecheckNames<Rest, In, EndOut, ChecksAfter<Checks, S>, After<S, Steps>, EndByModel, NamesAfter<Names, S, Steps>>
    : PipelineOf<In, EndOut, Checks, Steps, EndByModel, Names>;

type PipelineOf<In, Out, Checks extends string, Steps, ByModel, Names extends string> = [In] extends [Unstated]
  ? EmptyPipeline
  : In extends object
    ? Out extends object
      ? Pipeline<In, Out, Checks, Steps, ByModel, Names>
      : never
    : never;
