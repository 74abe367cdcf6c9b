import type { ErrorCode } from "../../dsl/messages/error-codes.js";

/** The two languages in which the platform has stored validations: `checks` up to SDK 2023.4.1, `polars` since. */
export const dialects = ["polars", "checks"] as const;
export type Dialect = (typeof dialects)[number];

/** A model as the platform's steps name it. */
export interface DefinitionModel {
  readonly name: string;
  readonly version: string;
  readonly sha: string;
}

/** One step of the platform, under the one key that is its kind. */
export type DefinitionStep =
  | { readonly ModelInference: { readonly models: readonly DefinitionModel[] } }
  | { readonly AuditResults: { readonly from: number; readonly to: number | null } }
  | { readonly Nth: { readonly index: number } }
  | { readonly MultiOut: Readonly<Record<string, never>> }
  | {
      readonly MetaValueSplit: {
        readonly split_key: string;
        readonly control: DefinitionModel;
        readonly routes: Readonly<Record<string, DefinitionModel>>;
      };
    }
  | {
      readonly RandomSplit: {
        readonly hash_key: string | null;
        readonly weights: readonly { readonly model: DefinitionModel; readonly weight: number }[];
      };
    }
  | { readonly Check: { readonly tree: readonly string[] } };

/** A pipeline as the platform stores it. */
export interface Definition {
  readonly id: string;
  readonly steps: readonly DefinitionStep[];
}

/** What a definition says beside its meaning: how its checks are grouped. `toDefinition(config, form)` gives them back as they came. */
export interface DefinitionForm {
  readonly dialect: Dialect;
  /** The number of validations in each Check step, in order of the config's validations. Default: `polars` one Check for validations side by side, `checks` one for each. */
  readonly checks?: readonly number[];
}

/** One thing of a definition that cannot be read, or that a platform cannot mean; `path` as one would write it in code. */
export interface DefinitionProblem {
  readonly code: ErrorCode;
  readonly path: string;
  readonly message: string;
}

export const nameRule =
  "the platform takes names of letters, digits and '-', a letter first and no '-' last, at most 63";

/** A name of a pipeline or model that the platform takes everywhere. */
export function isPlatformName(name: string): boolean {
  return /^[a-zA-Z]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(name) && name.length <= 63;
}
