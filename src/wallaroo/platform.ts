import type { ErrorCode } from "../../dsl/messages/error-codes.js";

/** The two languages in which the platform stores validations: `checks` up to SDK 2023.4.1, `polars` from 2023.4.2. */
export const dialects = ["polars", "checks"] as const;
export type Dialect = (typeof dialects)[number];

/** A model as a definition names it. */
export interface DefinitionModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the model file, 64 hex digits. */
  readonly sha: string;
}

/** A part of a definition that cannot be read, or a part of a config that a definition cannot express. */
export interface DefinitionProblem {
  readonly code: ErrorCode;
  /** Where, as in code: `steps[1].Check.tree[0]`. */
  readonly path: string;
  readonly message: string;
}

export const nameRule =
  "a name on the platform has at most 63 letters, digits and '-', starts with a letter and does not end with '-'";

/** Whether the platform accepts a name for pipelines and models. */
export function isPlatformName(name: string): boolean {
  return /^[a-zA-Z]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(name) && name.length <= 63;
}
