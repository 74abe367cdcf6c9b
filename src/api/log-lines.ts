import type { WithheldColumns } from "../../dsl/deployment.js";
import type { WrittenError } from "./errors.js";
import type { RecordTypes } from "./value-types.js";

/**
 * A line of a log as JSON lines. `types` stands before the rows that it describes, and again where the columns change,
 * as between two versions of a pipeline. The last line is `end`, or `error` if the reading failed: without either, the
 * answer was cut off.
 */
export type LogLine =
  | { readonly types: RecordTypes }
  | { readonly row: Readonly<Record<string, unknown>> }
  | { readonly end: { readonly rows: number; readonly withheld: WithheldColumns } }
  | { readonly error: WrittenError };
