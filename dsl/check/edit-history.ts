import type { Problem } from "../errors.js";
import type { RowScope } from "../row.js";

/** What a pipeline knows beside its data, for `checkPipeline`. */
export interface Written {
  /** True where the pipeline states its inputs, false where its first inference step gives them. */
  readonly stated: boolean;
  /** Edits that could not be made. */
  readonly problems: readonly Problem[];
  /** By step index: the row that a lambda there was written for; null where no step was changed. */
  readonly rows: readonly RowScope[] | null;
}

/** Where a pipeline keeps it: it is no part of the data that users see. */
export const written: unique symbol = Symbol("written");
