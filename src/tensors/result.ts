import type { WithheldColumns } from "../../dsl/deployment.js";
import type { NestedValue } from "./nested-lists.js";
import type { RowsTensor } from "./tensor-data.js";

/** A challenger's outputs for a batch. `answered[i]` is 0 if it failed or has not ended; that row then has no value. */
export interface ChallengerResult {
  readonly outputs: ReadonlyMap<string, RowsTensor>;
  readonly answered: Uint8Array;
}

/** Metadata of inferred rows, one entry per row. */
export interface RowsMetadata {
  /** The pipeline's version. */
  readonly version: number;
  /** The model that produced the output. */
  readonly lastModel: readonly string[];
  /** Nanoseconds: reading the request, then one entry per inference step. */
  readonly elapsed: readonly (readonly number[])[];
  /** The request's metadata; null if it had none. */
  readonly requests: readonly (RequestMetadata | null)[];
  /** By challenger: why it has no output; null if it has one or has not ended. */
  readonly notes: ReadonlyMap<string, readonly (string | null)[]>;
}

export type RequestMetadata = Readonly<Record<string, string | number | boolean>>;

/** Values that the log did not store. Columns have flat names, such as `in.email`. */
export interface WithheldValues {
  /** Columns that are not in the log. */
  readonly excluded: readonly string[];
  /** Columns that hold a marker or nothing. */
  readonly redacted: readonly string[];
  /** The ports whose tensor in the batch does not hold the value of every row. */
  readonly ports: ReadonlyMap<string, PartialPort>;
}

export interface PartialPort {
  /** 0 for each row without its value. */
  readonly valid: Uint8Array;
  /** Shape and digest of the rows that were too long for the log, null for others; null for redacted ports. */
  readonly long: {
    readonly shapes: readonly (readonly number[] | null)[];
    readonly digests: readonly (string | null)[];
  } | null;
}

/** A batch of inferred rows, before it is formatted. The insertion order of the maps is the order of the columns. */
export interface ResultBatch {
  readonly rows: number;
  /** Milliseconds since 1970 UTC, one per row. */
  readonly time: Float64Array;
  readonly inputs: ReadonlyMap<string, RowsTensor>;
  readonly outputs: ReadonlyMap<string, RowsTensor>;
  readonly challengers: ReadonlyMap<string, ChallengerResult>;
  /** By validation name: 1 for each row that failed it. */
  readonly failures: ReadonlyMap<string, Uint8Array>;
  /** Only of logged rows, if the log leaves something out. */
  readonly withheld?: WithheldValues;
}

/** The values of ports in one row; null if the row has none. */
type PortRecord = Readonly<Record<string, NestedValue | null>>;

/** One row as a record. `out_<challenger>` is beside `out`; its ports are null if the challenger has no answer. */
export interface ResultRecord {
  readonly time: Date;
  readonly in: PortRecord;
  readonly out: PortRecord;
  readonly anomaly: Readonly<Record<string, boolean | number | null>> & { readonly count: number };
  readonly check_failures: number;
  readonly [challenger: `out_${string}`]: PortRecord;
}

/** Many rows by column: the keys of a record, each with one array entry per row. */
export interface ResultColumns {
  readonly time: Date[];
  readonly in: Readonly<Record<string, (NestedValue | null)[]>>;
  readonly out: Readonly<Record<string, (NestedValue | null)[]>>;
  readonly anomaly: Readonly<Record<string, (boolean | number | null)[]>> & { readonly count: number[] };
  readonly check_failures: number[];
  readonly [challenger: `out_${string}`]: Readonly<Record<string, (NestedValue | null)[]>>;
}

/** The number of failed validations of each row. */
export function failureCounts(batch: Pick<ResultBatch, "rows" | "failures">): Int32Array {
  const counts = new Int32Array(batch.rows);
  for (const flags of batch.failures.values())
    for (let row = 0; row < counts.length; row++) if (flags[row] === 1) counts[row] = (counts[row] ?? 0) + 1;
  return counts;
}

/** The columns that logged rows lack, over all batches: each is listed if at least one row lacks it. */
export function withheldColumns(batches: readonly Pick<ResultBatch, "withheld">[]): WithheldColumns {
  const [excluded, redacted, digested] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const { withheld } of batches) {
    if (withheld === undefined) continue;
    for (const column of withheld.excluded) excluded.add(column);
    for (const column of withheld.redacted) redacted.add(column);
    for (const [column, { long }] of withheld.ports) if (long?.digests.some(Boolean) === true) digested.add(column);
  }
  return { excluded: [...excluded], redacted: [...redacted], digested: [...digested] };
}

/** The columns of both. */
export function mergeWithheld(a: WithheldColumns, b: WithheldColumns): WithheldColumns {
  const union = (left: readonly string[], right: readonly string[]) => [...new Set([...left, ...right])];
  return {
    excluded: union(a.excluded, b.excluded),
    redacted: union(a.redacted, b.redacted),
    digested: union(a.digested, b.digested),
  };
}
