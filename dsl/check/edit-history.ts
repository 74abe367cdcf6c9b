import type { RowScope } from "../row.js";

/** What a pipeline remembers in addition to its public data, for `checkPipeline`. */
export interface EditHistory {
  /** True if the pipeline states its inputs, false if its first inference step defines them. */
  readonly stated: boolean;
  /** The option `missing`, unchecked. */
  readonly missing: unknown;
  /** Calls that are wrong by themselves. */
  readonly notes: readonly EditNote[];
  /**
   * By step index: the row that a lambda at that position was written for, and its row after each edit since then. Null
   * if no step was edited.
   */
  readonly rows: readonly (readonly RowScope[])[] | null;
}

/** A call that is wrong by itself, as data: `noteProblem` has the words, which apps load with `build()`. */
export type EditNote =
  | {
      readonly kind: "arguments";
      /** The index of the step that the method adds; null for `pipeline()`. */
      readonly step: number | null;
      readonly method: string;
      readonly args: readonly unknown[];
      /** The most arguments. */
      readonly arity: number;
      /** The names of the options, which are the last argument. */
      readonly options: readonly string[] | undefined;
    }
  | { readonly kind: "index"; readonly method: string; readonly index: unknown; readonly count: number }
  | { readonly kind: "callback"; readonly index: number };

/**
 * The key under which a pipeline stores its history. A symbol, because users do not need to see it; a registered one,
 * because bundles for browsers have copies of this module.
 */
export const editHistory: unique symbol = Symbol.for("shapeline.editHistory");
