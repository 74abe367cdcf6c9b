// `shapeline/internals`: every type that the declaration file of an app may have to name. TypeScript writes
// `import("shapeline/internals").PairsOf<…>` into it. Without this entry it ends in TS2883 or TS2742. Not for authors:
// these types change without notice.
export type * from "./check/flaws.js";
export type * from "./check/row-change.js";
export type * from "./constant.js";
export type * from "./deployment.js";
export type * from "./messages/edits.js";
export type * from "./messages/first-five-names.js";
export type * from "./messages/shapes.js";
export type * from "./messages/sources.js";
export type * from "./messages/steps.js";
export type * from "./missing.js";
export type * from "./model.js";
export type * from "./names.js";
export type * from "./pipeline/edits.js";
export type * from "./pipeline/extendable.js";
export type * from "./row.js";
export type * from "./rows.js";
export type * from "./shapes/alternatives.js";
export type * from "./shapes/fit-model.js";
export type * from "./shapes/fits.js";
export type * from "./shapes/mismatch.js";
export type * from "./shapes/port-names.js";
export type * from "./shapes/sources.js";
export type * from "./steps/logged-names.js";
export type * from "./steps/multi-model.js";
export type * from "./steps/split-outputs.js";
export type * from "./steps/step-kinds.js";
export type * from "./steps/step-list.js";
