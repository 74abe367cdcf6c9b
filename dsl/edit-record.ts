import type { Problem } from "./errors.js";
import type { RowScope } from "./row.js";

/** What an edited pipeline knows beside its steps, for `checkPipeline`. */
export interface EditRecord {
  /** Edits that could not be made. */
  readonly problems: readonly Problem[];
  /** By step index: the row that a lambda there was written for; null where no step was changed. */
  readonly rows: readonly RowScope[] | null;
}

/** Where a pipeline keeps its `EditRecord`: it is no part of the data that users see. */
export const editRecord: unique symbol = Symbol("edits");

export const unedited: EditRecord = Object.freeze({ problems: [], rows: null });
