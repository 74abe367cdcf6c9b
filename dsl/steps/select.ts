import type { CheckState } from "../check/check-state.js";
import type { ModelOutputs, PortState } from "../check/port-state.js";
import type { TextOf } from "../check/flaws.js";
import type { OneText } from "../shapes/alternatives.js";
import { kindOf } from "../value-kind.js";
import { isCount, needsModels, type MultiModelOf, type NeedsModels } from "./multi-model.js";
import { noModels, type StepDefinition } from "./step-definition.js";
import type { NewStep } from "./step-kinds.js";
import type { Below, IsOpenIndex } from "./step-list.js";

/** Selects one output of the tuple. */
export interface SelectStep {
  readonly kind: "select";
  readonly index: number;
}

function selectStep(index: number): SelectStep {
  return Object.freeze({ kind: "select", index });
}

// ---------------------------------------------------------------- types

/** The type-level form of a select step: the output `I`. */
export interface Select<out I extends number> {
  readonly select: I;
}

/** `I` where the tuple `Out` has such an output, else the error message. */
export type SelectIndex<I extends number, Out, Steps> = [Out] extends [readonly unknown[]]
  ? IsOpenIndex<I | Out["length"]> extends true
    ? I
    : `${I}` extends keyof Out
      ? I
      : NoInfer<OneText<NotSelected<I, Out, Steps>>>
  : NoInfer<NeedsModels<"select">>;

/**
 * The compiler evaluates this for every selection, also for the constraint of `I`: where `I` is not known, it must not
 * traverse the list of steps.
 */
type NotSelected<I extends number, Out extends readonly unknown[], Steps> = I extends infer J extends number
  ? `${J}` extends keyof Out
    ? never
    : SelectOutOfRange<J, IsOpenIndex<J> extends true ? number : MultiModelOf<Steps>["index"], Out["length"]>
  : never;

/** For completions: the indices of the tuple. */
export type IndexHints<Out> = Out extends readonly unknown[]
  ? number extends Out["length"]
    ? number
    : Below<Out["length"]>
  : number;

/** The selected output; the whole tuple if the index is out of range. */
export type Selected<Out, I extends number> = Out extends readonly object[]
  ? IsOpenIndex<I | Out["length"]> extends true
    ? Out[I]
    : `${I}` extends keyof Out
      ? Out[I]
      : Out
  : Out;

/** The problem of the selection `I` after an edit; false if there is none. */
export type SelectFlaw<I extends number, Out, Steps> = TextOf<SelectIndex<I, Out, Steps>>;

/** `.select` in the callback of an edit. */
export interface AtSelect<Out, Steps> {
  /** For editors. */
  select(index: IndexHints<Out>, no: never): NewStep<Select<number>>;
  select<const I extends number>(index: SelectIndex<I, Out, Steps>): NewStep<Select<I>>;
}

/** `.select` if the compiler does not know the steps. */
export interface UncheckedSelect<out P> {
  select(index: number): P;
}

// ---------------------------------------------------------------- run time

export function checkSelect(state: CheckState, step: SelectStep, index: number): void {
  const { tuple } = state;
  if (tuple === null) return state.report("SL2027", needsModels("select"), index);
  if (selectedOf(state, step) === undefined) {
    const given = typeof step.index === "number" ? step.index : kindOf(step.index);
    state.report("SL2054", selectOutOfRange(given, tuple.step, tuple.outputs.length), index);
  }
}

export function advanceSelect(state: PortState, step: SelectStep): void {
  const selected = selectedOf(state, step);
  if (state.tuple !== null && selected !== undefined) state.selectOutput(selected, state.tuple.step);
}

function selectedOf({ tuple }: PortState, { index }: SelectStep): ModelOutputs | undefined {
  return isCount(index) ? tuple?.outputs[index] : undefined;
}

export const selectKind = {
  method: "select",
  arity: 1,
  create: selectStep,
  modelsOf: noModels,
} satisfies StepDefinition<SelectStep>;

// ---------------------------------------------------------------- messages

type SelectOutOfRange<
  I extends number,
  Index extends number,
  Count extends number,
> = `select ${I} is out of range: step ${Index} produces the outputs of ${Count} models, counted from 0`;
const selectOutOfRange = (selected: number | string, index: number, count: number): string =>
  `select ${selected} is out of range: step ${index} produces the outputs of ${count} models, counted from 0`;
