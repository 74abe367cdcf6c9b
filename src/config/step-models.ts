import type { StepConfig, StepConfigOf } from "./schema.js";
import type { StepModels } from "./steps/step-kind.js";
import { stepKind } from "./steps/steps.js";

/** The models that a step names. A model may be listed more than once. */
export function stepModels(step: StepConfig): StepModels {
  return stepKind(step.kind).models(step);
}

/** The metadata keys by which a config's splits choose, each once, in order. */
export function splitKeys(steps: readonly StepConfig[]): string[] {
  const keys = steps.map((step) => stepKind(step.kind).splitKey(step)).filter((key) => key !== null);
  return [...new Set(keys)];
}

/**
 * The model whose outputs are the pipeline's output; of a split the first, since all have the same output ports. Null
 * for a tuple.
 */
export function outputModel(steps: readonly StepConfig[]): string | null {
  let output: string | null = null;
  let tuple: readonly string[] = [];
  for (const step of steps) {
    const [model] = stepModels(step).serving;
    if (step.kind === "models") [output, tuple] = [null, step.models];
    else if (step.kind === "select") output = tuple[step.index] ?? null;
    else if (model !== undefined) output = model;
  }
  return output;
}

/**
 * The models of tuples whose outputs are logged under the models' names: those in the audit's range; without an audit,
 * all models of a tuple that is the pipeline's output.
 */
export function loggedTupleModels(steps: readonly StepConfig[]): string[] {
  return tuples(steps).flatMap(({ models, audit, selected }) =>
    audit !== null ? models.slice(audit.from, audit.to ?? undefined) : selected ? [] : models,
  );
}

/** The models of tuples that a response contains: the logged ones, and all of a tuple that is the pipeline's output. */
export function returnedTupleModels(steps: readonly StepConfig[]): string[] {
  return [
    ...new Set([
      ...loggedTupleModels(steps),
      ...tuples(steps).flatMap(({ models, selected }) => (selected ? [] : models)),
    ]),
  ];
}

interface Tuple {
  readonly models: readonly string[];
  audit: StepConfigOf<"audit"> | null;
  selected: boolean;
}

function tuples(steps: readonly StepConfig[]): readonly Tuple[] {
  const found: Tuple[] = [];
  for (const step of steps) {
    const tuple = found.at(-1);
    if (step.kind === "models") found.push({ models: step.models, audit: null, selected: false });
    else if (step.kind === "audit" && tuple !== undefined) tuple.audit = step;
    else if (step.kind === "select" && tuple !== undefined) tuple.selected = true;
  }
  return found;
}
