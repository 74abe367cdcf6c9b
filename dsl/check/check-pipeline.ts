import type { Problem } from "../errors.js";
import { writtenForOtherRow } from "../messages/edits.js";
import { missingFlaw } from "../missing.js";
import { portsFlaw } from "../model.js";
import { pipelineNameProblem } from "../names.js";
import { kindOf } from "../value-kind.js";
import type { AnyPipeline } from "../pipeline/any-pipeline.js";
import type { RowScope } from "../row.js";
import type { FoundSource } from "../shapes/sources.js";
import { advanceOf, checkOf, type Step } from "../steps/step-kinds.js";
import { CheckState, type RuntimeCheck } from "./check-state.js";
import { editHistory, type EditHistory } from "./edit-history.js";
import { noteProblem } from "./note-problem.js";
import { rowChange } from "./row-change.js";

export type { RuntimeCheck } from "./check-state.js";

/** The result of `checkPipeline`. */
export interface PipelineCheck {
  /** All problems, in the order of the steps; empty for a valid pipeline. */
  readonly problems: Problem[];
  readonly checks: RuntimeCheck[];
  /** By step index: what a validation or alert at that position may read. */
  readonly scopes: RowScope[];
  /** By step index and input: the sources that a model step names. */
  readonly sources: ReadonlyMap<number, ReadonlyMap<string, FoundSource>>;
}

/**
 * Checks a pipeline at run time, with the same messages as the types: for code that bypassed them, and for what they
 * leave open.
 * @param pipeline a pipeline from `pipeline(name)`; any other value is a problem, not an exception
 * @example const { problems } = checkPipeline(fraud);
 */
export function checkPipeline(pipeline: AnyPipeline): PipelineCheck {
  const given: unknown = pipeline;
  if (typeof given !== "object" || given === null || !Array.isArray((given as Partial<AnyPipeline>).steps)) {
    const message = `expected a pipeline from pipeline(name), not ${kindOf(given)}`;
    return { problems: [{ code: "SL2040", message }], checks: [], scopes: [], sources: new Map() };
  }
  const problems: Problem[] = [];
  const nameProblem = pipelineNameProblem(pipeline.name);
  if (nameProblem !== null) problems.push(nameProblem);
  const flaw = declaredFlaw(pipeline.inputs);
  if (flaw !== null) problems.push({ code: "SL2041", message: `${flaw}` });
  const edited = (pipeline as { readonly [editHistory]?: EditHistory })[editHistory];
  const history: EditHistory = edited ?? { stated: true, missing: undefined, notes: [], rows: null };
  const { stated, rows, notes } = history;
  const wrongOption = flaw === null ? missingFlaw(history.missing, pipeline.inputs) : null;
  if (wrongOption !== null) problems.push({ code: "SL2041", message: wrongOption });
  problems.push(...notes.map(noteProblem));
  const state = new CheckState(flaw === null && stated ? pipeline.inputs : undefined);
  pipeline.steps.forEach((step, index) => {
    state.recordScope();
    checkOf(step)(state, step, index);
    advanceOf(step)?.(state, step, index);
    checkRow(state, step, index, flaw === null ? rows?.[index] : undefined);
  });
  problems.push(...state.problems);
  if (state.source === null) {
    problems.push({ code: "SL2007", message: "the pipeline has no inference step: add .model() or .shadow()" });
  }
  return { problems, checks: state.checks, scopes: state.scopes, sources: state.sources };
}

/** An edit may have changed the row that the lambda of a step was written for. */
function checkRow(state: CheckState, step: Step, index: number, rows: readonly RowScope[] | undefined): void {
  const now = state.scopes[index];
  // The row that the lambda was written for, and after each edit that kept it valid, the row after that edit.
  const old = rows?.reduce((valid, row) => (rowChange(valid, row) === null ? row : valid));
  if ((step.kind !== "validation" && step.kind !== "alert") || old === undefined || now === undefined) return;
  const change = rowChange(old, now);
  if (change !== null)
    state.report("SL2092", writtenForOtherRow(step.kind, String(step.name), change), index, { [step.kind]: step.name });
}

/** An empty record is not a flaw: a pipeline without steps has no columns. */
function declaredFlaw(inputs: unknown): string | null {
  if (typeof inputs === "object" && inputs !== null && Object.keys(inputs).length === 0) return null;
  return portsFlaw(inputs, "input", "the pipeline");
}
