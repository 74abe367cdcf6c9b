import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import type { WriteBatch } from "./write-batch.js";
import { identifier, reasonOf } from "../duckdb.js";

/** Why rows could not be written. */
export interface WriteFailure {
  readonly cause: unknown;
}

/** What a writer leaves behind where the database takes nothing more; the rows of its journal are not among it. */
export interface UnwrittenRows {
  readonly failure: WriteFailure;
  /** Of the commit that ended the database: nobody knows whether it was done. */
  readonly uncertain: readonly WriteBatch[];
  readonly queued: readonly WriteBatch[];
}

/** Tells those who wait for a commit that ended the database whether it was done. */
export async function settleUncertain(
  connection: DuckDBConnection,
  { failure, uncertain }: UnwrittenRows,
): Promise<void> {
  for (const batch of uncertain) {
    const found = await connection.run(`SELECT row FROM ${identifier(batch.sink.table)} WHERE row = ${batch.firstRow}`);
    if (found.rowCount > 0) batch.resolve();
    else batch.reject(notLoggedError(failure));
  }
}

/** Gives up what is not settled. */
export function rejectAll({ failure, uncertain, queued }: UnwrittenRows): void {
  for (const batch of uncertain) batch.reject(uncertainError(failure));
  for (const batch of queued) batch.reject(notLoggedError(failure));
}

/** Rows that are in the log neither now nor later. */
export function notLoggedError({ cause }: WriteFailure): StorageError {
  return new StorageError(
    "SL7009",
    `the rows could not be logged: ${reasonOf(cause)}; none of them is in the log; see that the disk has room, then log them again`,
    {},
    { cause },
  );
}

/** Rows of a commit of which nobody knows whether it was done. */
function uncertainError({ cause }: WriteFailure): StorageError {
  return new StorageError(
    "SL7009",
    `the rows could not be logged: ${reasonOf(cause)}; whether they are in the log shows when it can be opened again; see that the disk has room`,
    {},
    { cause },
  );
}

/** Rows that the journal holds and the database does not take. */
export function stuckInJournalError({ cause }: WriteFailure): StorageError {
  return new StorageError(
    "SL7018",
    `rows that were acknowledged cannot go from the journal into the log: ${reasonOf(cause)}; none is lost, and it is tried again, also when the log is next opened; see that the disk has room`,
    {},
    { cause },
  );
}
