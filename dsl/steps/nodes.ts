import type { Model } from "../model.js";
import { kindOf } from "../value-kind.js";

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

/** Several models on the same input; their outputs go on as a tuple, in this order. */
export interface ModelsStep {
  readonly kind: "models";
  readonly models: readonly Model[];
}

export function modelsStep(models: readonly Model[]): ModelsStep {
  return Object.freeze({ kind: "models", models: frozenCopy(models) });
}

/** Which outputs of the tuple are logged: those from `from` up to, and without, `to`; `null` is the end. */
export interface AuditStep {
  readonly kind: "audit";
  readonly from: number;
  readonly to: number | null;
}

/** `slice` as the platform reads it: `"1:"`, `"1:3"`, `":2"`, and `"1"`, which is `"1:"`. Other text is kept in `from`, so that the check can name it. */
export function auditStep(slice: string): AuditStep {
  const given: unknown = slice;
  const text = typeof given === "string" ? given : kindOf(given);
  const [, from, to] = /^(0|[1-9]\d*|)(?::(0|[1-9]\d*|))?$/.exec(text) ?? [];
  if (from === undefined || text === "")
    return Object.freeze({ kind: "audit", from: text as unknown as number, to: null });
  return Object.freeze({ kind: "audit", from: Number(from), to: to === undefined || to === "" ? null : Number(to) });
}

/** One output of the tuple goes on. */
export interface SelectStep {
  readonly kind: "select";
  readonly index: number;
}

export function selectStep(index: number): SelectStep {
  return Object.freeze({ kind: "select", index });
}

/** What `.keySplit` takes beside the key. */
export interface KeySplitOptions<D, R> {
  /** Runs where the request has no such key, or a value without a route. */
  readonly default: D;
  /** By the value of the key. */
  readonly routes: R;
}

/** The request's metadata choose the model: `routes` by the value of `key`, else the default. */
export interface KeySplitStep {
  readonly kind: "keySplit";
  readonly key: string;
  readonly default: Model;
  readonly routes: Readonly<Record<string, Model>>;
}

export function keySplitStep(
  key: string,
  options: KeySplitOptions<Model, Readonly<Record<string, Model>>>,
): KeySplitStep {
  const { default: fallback, routes } = { ...options };
  return Object.freeze({ kind: "keySplit", key, default: fallback, routes: frozenCopy(routes) });
}

/** Chance chooses the model, by weight. Requests with the same value of `hashKey` go to the same model. */
export interface RandomSplitStep {
  readonly kind: "randomSplit";
  readonly hashKey: string | null;
  readonly weights: readonly (readonly [weight: number, model: Model])[];
}

export function randomSplitStep(
  weights: readonly (readonly [number, Model])[],
  hashKey: string | null,
): RandomSplitStep {
  const pairs: unknown = weights;
  return Object.freeze({
    kind: "randomSplit",
    hashKey,
    weights: frozenCopy(Array.isArray(pairs) ? weights.map(frozenCopy) : weights),
  });
}

/** Symbols of the current outputs become sizes; every batch is checked for them. */
export interface RefineStep {
  readonly kind: "refine";
  readonly sizes: Readonly<Record<string, number>>;
}

export function refineStep(sizes: Readonly<Record<string, number>>): RefineStep {
  return Object.freeze({ kind: "refine", sizes: frozenCopy(sizes) });
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

/** A named condition over the rows of a window. */
export interface AlertStep {
  readonly kind: "alert";
  readonly name: string;
  readonly condition: (all: never) => unknown;
  /** The window: `"5m"`. */
  readonly over: string;
  /** How long the condition must hold before the alert fires; null: it fires at once. */
  readonly for: string | null;
}

export function alertStep(
  name: string,
  condition: (all: never) => unknown,
  options: { readonly over: string; readonly for?: string },
): AlertStep {
  const { over, for: held = null } = { ...options };
  return Object.freeze({ kind: "alert", name, condition, over, for: held });
}

export type Step =
  | ModelStep
  | ModelsStep
  | AuditStep
  | SelectStep
  | KeySplitStep
  | RandomSplitStep
  | ShadowStep
  | ValidationStep
  | AlertStep
  | RefineStep;
export type StepKind = Step["kind"];

/** The models that each kind of step runs, the one whose output goes on first. Values that plain JavaScript let through are left as they are. */
const modelsByKind: { readonly [K in StepKind]: (step: Extract<Step, { kind: K }>) => readonly Model[] } = {
  model: (step) => [step.model],
  models: (step) => listOf(step.models),
  audit: () => [],
  select: () => [],
  keySplit: (step) => [step.default, ...Object.values(step.routes ?? {})],
  randomSplit: (step) => listOf(step.weights).map((pair) => listOf(pair)[1] as Model),
  shadow: (step) => [step.champion, ...listOf(step.challengers)],
  validation: () => [],
  alert: () => [],
  refine: () => [],
};

/** The models that a step runs, the one whose output goes on first. */
export function modelsOf(step: Step): readonly Model[] {
  return (modelsByKind[step.kind] as (step: Step) => readonly Model[])(step);
}

/** Plain JavaScript may give something else than a list. */
function listOf<T>(value: readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

/** A wrong argument from plain JavaScript is kept, so that the check can name it. */
function frozenCopy<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze([...(value as readonly unknown[])]) as T;
  return typeof value === "object" && value !== null ? Object.freeze({ ...value }) : value;
}
