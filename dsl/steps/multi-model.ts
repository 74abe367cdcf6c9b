import type { After } from "./step-list.js";
import type { Audit } from "./audit.js";
import type { CountOf } from "./step-list.js";
import type { MultiModel } from "./models.js";

// Shared by models, audit and select: the tuple of outputs that a models step produces.

/** The index and the models of the newest models step. */
export type MultiModelOf<Steps> =
  Steps extends After<infer S, infer Prev>
    ? S extends MultiModel<infer Models>
      ? { readonly index: CountOf<Prev>; readonly models: Models }
      : MultiModelOf<Prev>
    : never;

/** True if the newest models step is audited. */
export type IsAudited<Steps> =
  Steps extends After<infer S, infer Prev>
    ? S extends MultiModel<unknown>
      ? false
      : S extends Audit<string>
        ? true
        : IsAudited<Prev>
    : false;

export type NeedsModels<Method extends string> =
  `.${Method}() needs a .models() step before it, with nothing selected yet`;
export const needsModels = (method: string): string =>
  `.${method}() needs a .models() step before it, with nothing selected yet`;

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
