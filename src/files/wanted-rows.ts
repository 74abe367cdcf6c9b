import type { Port } from "../../dsl/tensor.js";
import { bounds } from "../util/bounds.js";
import type { ReadingPace } from "./reading-pace.js";

/** The largest file, and the most that one unpacks to, unless the caller says otherwise. */
export const defaultMaxBytes = bounds.fileBytes.limit;

/** The heap that each text of a column takes besides its bytes, once it is read: it counts towards the limit. */
export const textOverhead = 16;

/** What a file's rows are read for. */
export interface WantedRows {
  /** The pipeline's name. */
  readonly pipeline: string;
  readonly inputs: readonly Port[];
  /** Whether columns that are no inputs are left out instead of refused. */
  readonly ignoreUnknown: boolean;
  /** The largest size of a file, and of what it unpacks to. */
  readonly maxBytes: number;
  /** When the event loop gets its turn, and when the reading ends. */
  readonly pace: ReadingPace;
}
