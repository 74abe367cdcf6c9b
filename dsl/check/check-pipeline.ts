import type { Problem } from "../errors.js";
import { rowChange } from "./row-change.js";
import { portsFlaw, recordOf } from "../model.js";
import { pipelineNameProblem } from "../names.js";
import { kindOf } from "../value-kind.js";
import type { AnyPipeline } from "../pipeline/pipeline.js";
import type { RowScope } from "../row.js";
import type { Step, StepKind } from "../steps/nodes.js";
import { walkAudit, walkModels, walkSelect } from "./multi-model.js";
import { walkAlert, walkModel, walkShadow, walkValidation } from "./single-model.js";
import { walkKeySplit, walkRandomSplit, walkRefine } from "./splits.js";
import { Walk, type RuntimeCheck } from "./walker.js";
import { otherRow } from "../messages/edits.js";
import { written, type Written } from "./edit-history.js";

export type { RuntimeCheck } from "./walker.js";

/** What the check of a whole pipeline found. */
export interface PipelineCheck {
  /** Everything that is wrong, in order of the steps; empty when the pipeline fits together. */
  readonly problems: Problem[];
  readonly checks: RuntimeCheck[];
  /** By step index: what a validation or alert there may read. */
  readonly scopes: RowScope[];
}

/**
 * The check that the types make, at run time and in the same words: for code that escaped them, and for what they leave open.
 * @example const { problems } = checkPipeline(fraud);
 */
export function checkPipeline(pipeline: AnyPipeline): PipelineCheck {
  const given: unknown = pipeline;
  if (typeof given !== "object" || given === null || !Array.isArray((given as Partial<AnyPipeline>).steps)) {
    const message = `expected a pipeline from pipeline(name), not ${kindOf(given)}`;
    return { problems: [{ code: "SL2040", message }], checks: [], scopes: [] };
  }
  const problems: Problem[] = [];
  const nameProblem = pipelineNameProblem(pipeline.name);
  if (nameProblem !== null) problems.push(nameProblem);
  const flaw = declaredFlaw(pipeline.inputs);
  if (flaw !== null) problems.push({ code: "SL2041", message: `${flaw}` });
  const {
    stated,
    problems: ofEdits,
    rows,
  } = (pipeline as { readonly [written]?: Written })[written] ?? { stated: true, problems: [], rows: null };
  problems.push(...ofEdits);
  const walk = new Walk(flaw === null && stated ? pipeline.inputs : undefined);
  pipeline.steps.forEach((step, index) => {
    walkStep(walk, step, index);
    checkRow(walk, step, index, rows?.[index]);
  });
  problems.push(...walk.problems);
  if (walk.source === null) {
    problems.push({ code: "SL2007", message: "the pipeline has no inference step: add .model() or .shadow()" });
  }
  return { problems, checks: walk.checks, scopes: walk.scopes };
}

/** An edit may have changed the row that the lambda of a step was written for. */
function checkRow(walk: Walk, step: Step, index: number, old: RowScope | undefined): void {
  const now = walk.scopes[index];
  if ((step.kind !== "validation" && step.kind !== "alert") || old === undefined || now === undefined) return;
  const change = rowChange(old, now);
  if (change !== null)
    walk.report("SL2092", otherRow(step.kind, String(step.name), change), index, { [step.kind]: step.name });
}

/** What goes through a list of steps, as frozen data, as far as it can be told. */
export interface Flow {
  /** The request's columns. */
  readonly inputs: object;
  readonly outputs: object;
  /** By step index, and at the end: what a lambda there may read. */
  readonly scopes: readonly RowScope[];
}

export function flow(steps: readonly Step[], declared: object | undefined): Flow {
  const flaw = declared === undefined ? null : declaredFlaw(declared);
  const walk = new Walk(flaw === null ? declared : undefined);
  steps.forEach((step, index) => walkStep(walk, step, index));
  walk.enter();
  const { several, scopes } = walk;
  return {
    scopes,
    inputs: flaw === null ? recordOf(walk.inputs) : Object.freeze({ ...declared }),
    outputs:
      several === null
        ? recordOf(walk.outputs)
        : Object.freeze(several.outputs.map(({ outputs }) => recordOf(outputs))),
  };
}

/** No columns at all is no flaw: a pipeline without a step has none. */
function declaredFlaw(inputs: unknown): string | null {
  if (typeof inputs === "object" && inputs !== null && Object.keys(inputs).length === 0) return null;
  return portsFlaw(inputs, "input", "the pipeline");
}

type WalkOf<K extends StepKind> = (walk: Walk, step: Extract<Step, { kind: K }>, index: number) => void;

const walkByKind: { readonly [K in StepKind]: WalkOf<K> } = {
  model: walkModel,
  models: walkModels,
  audit: walkAudit,
  select: walkSelect,
  keySplit: walkKeySplit,
  randomSplit: walkRandomSplit,
  shadow: walkShadow,
  validation: walkValidation,
  alert: walkAlert,
  refine: walkRefine,
};

function walkStep(walk: Walk, step: Step, index: number): void {
  walk.enter();
  (walkByKind[step.kind] as (walk: Walk, step: Step, index: number) => void)(walk, step, index);
}
