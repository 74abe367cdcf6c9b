import type { Misfit } from "./models.js";

/** The kinds of generated calls. */
export type Kind =
  | "model"
  | "renamed"
  | "sourced"
  | "models"
  | "audit"
  | "select"
  | "keySplit"
  | "randomSplit"
  | "shadow"
  | "validate"
  | "alert"
  | "refine";

/** Ways to make a step wrong, in addition to a model that does not fit. */
export const faults: Readonly<Record<Kind, readonly string[]>> = {
  model: [],
  renamed: ["no such input", "no such output"],
  sourced: ["no such column", "no such model", "no such model output", "other constant"],
  models: ["empty", "repeated", "logged before"],
  audit: ["no slice", "empty", "out of range", "out of place"],
  select: ["out of range", "out of place"],
  keySplit: ["no key", "no routes", "other names", "other tensor"],
  randomSplit: ["empty", "weight", "repeated", "no hash key", "other tensor"],
  shadow: ["empty", "repeated", "logged before"],
  validate: ["no identifier", "reserved", "taken", "out of place"],
  alert: ["no identifier", "reserved", "taken", "over", "for"],
  refine: ["no symbol", "no size", "empty"],
};
/** Kinds of steps that run models. */
export const withModels: ReadonlySet<Kind> = new Set<Kind>([
  "model",
  "renamed",
  "models",
  "keySplit",
  "randomSplit",
  "shadow",
]);
/** The deliberate fault in a call. */
export type Fault = { readonly name: string } | { readonly misfit: Misfit } | null;
