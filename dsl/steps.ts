import type { Model } from "./model.js";

/** Inference with one model. `rename` maps a model input to the current output (or request column) that feeds it. */
export interface ModelStep {
  readonly kind: "model";
  readonly model: Model;
  readonly rename: Readonly<Record<string, string>>;
}

export function modelStep(model: Model, rename: Readonly<Record<string, string>>): ModelStep {
  return Object.freeze({ kind: "model", model, rename: frozenCopy(rename) });
}

/** The champion answers; the challengers run on the same input and are logged. */
export interface ShadowStep {
  readonly kind: "shadow";
  readonly champion: Model;
  readonly challengers: readonly Model[];
}

export function shadowStep(champion: Model, challengers: readonly Model[]): ShadowStep {
  return Object.freeze({ kind: "shadow", champion, challengers: frozenCopy(challengers) });
}

/** A named predicate that must hold for every row. */
export interface ValidationStep {
  readonly kind: "validation";
  readonly name: string;
  readonly check: (row: never) => unknown;
}

export function validationStep(name: string, check: (row: never) => unknown): ValidationStep {
  return Object.freeze({ kind: "validation", name, check });
}

export type Step = ModelStep | ShadowStep | ValidationStep;
export type StepKind = Step["kind"];

/** The models that each kind of step runs, the one whose output goes on first. Values that plain JavaScript let through are left as they are. */
const modelsByKind: { readonly [K in StepKind]: (step: Extract<Step, { kind: K }>) => readonly Model[] } = {
  model: (step) => [step.model],
  shadow: (step) => [step.champion, ...(Array.isArray(step.challengers) ? (step.challengers as readonly Model[]) : [])],
  validation: () => [],
};

/** The models that a step runs, the one whose output goes on first. */
export function modelsOf(step: Step): readonly Model[] {
  return (modelsByKind[step.kind] as (step: Step) => readonly Model[])(step);
}

/** A wrong argument from plain JavaScript is kept, so that the check can name it. */
function frozenCopy<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze([...(value as readonly unknown[])]) as T;
  return typeof value === "object" && value !== null ? Object.freeze({ ...value }) : value;
}
