import type { Problem } from "../errors.js";
import type { RowScope } from "../row.js";

/** What a pipeline remembers in addition to its public data, for `checkPipeline`. */
export interface EditHistory {
  /** True if the pipeline states its inputs, false if its first inference step defines them. */
  readonly stated: boolean;
  /** The option `missing`, unchecked. */
  readonly missing: unknown;
  /** Edits that could not be made. */
  readonly problems: readonly Problem[];
  /** By step index: the row that a lambda at that position was written for; null if no step was edited. */
  readonly rows: readonly RowScope[] | null;
}

/**
 * The key under which a pipeline stores its history. A symbol, because users do not need to see it; a registered one,
 * because bundles for browsers have copies of this module.
 */
export const editHistory: unique symbol = Symbol.for("shapeline.editHistory");
