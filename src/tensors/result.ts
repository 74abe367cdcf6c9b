import type { TensorData } from "./tensor-data.js";

/** What one challenger gave for a batch; `answered[i]` is 0 where it failed or has not ended, and the row then holds no value. */
export interface ChallengerResult {
  readonly outputs: ReadonlyMap<string, TensorData>;
  readonly answered: Uint8Array;
}

/** What is known of inferred rows besides their values, one entry a row. */
export interface RowsMetadata {
  /** Of the pipeline. */
  readonly version: number;
  /** Name of the model that gave the output. */
  readonly lastModel: readonly string[];
  /** Nanoseconds: reading the request, then one entry for every inference step. */
  readonly elapsed: readonly (readonly number[])[];
  /** What the request said of itself, null where it said nothing. */
  readonly requests: readonly (RequestMetadata | null)[];
  /** By challenger: why it gave no output, null where it did or has not ended. */
  readonly notes: ReadonlyMap<string, readonly (string | null)[]>;
}

export type RequestMetadata = Readonly<Record<string, string | number | boolean>>;

/** A batch of inferred rows, before it becomes records, columns or a table. Insertion order of the maps is column order. */
export interface ResultBatch {
  readonly rows: number;
  /** Milliseconds since 1970 UTC, one a row. */
  readonly time: Float64Array;
  readonly inputs: ReadonlyMap<string, TensorData>;
  readonly outputs: ReadonlyMap<string, TensorData>;
  readonly challengers: ReadonlyMap<string, ChallengerResult>;
  /** By validation name; 1 where the row failed it. */
  readonly failures: ReadonlyMap<string, Uint8Array>;
}
