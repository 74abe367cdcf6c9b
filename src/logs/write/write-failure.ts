import type { DuckDBConnection } from "@duckdb/node-api";
import { StorageError } from "../../../dsl/errors.js";
import { rowsIn, type RelaxedRows } from "./relaxed-rows.js";
import type { WriteBatch, WriteFailure } from "./write-batch.js";
import { identifier, isOutOfMemory, moreMemory, reasonOf } from "../duckdb.js";

/** The unwritten rows of an invalidated database, without those in the journal. */
export interface UnwrittenRows {
  readonly failure: WriteFailure;
  /** The batches of the commit that invalidated the database: commit outcome unknown. */
  readonly uncertain: readonly WriteBatch[];
  readonly queued: readonly WriteBatch[];
}

/**
 * Looks up in the reopened database whether the uncertain batches were committed, and settles their promises; relaxed
 * ones that were not wait again.
 */
export async function settleUncertain(
  connection: DuckDBConnection,
  { failure, uncertain }: UnwrittenRows,
  relaxed: RelaxedRows,
): Promise<void> {
  const found = new Set<WriteBatch>();
  for (const batch of uncertain) {
    const rows = await connection.run(`SELECT row FROM ${identifier(batch.sink.table)} WHERE row = ${batch.firstRow}`);
    if (rows.rowCount > 0) found.add(batch);
  }
  for (const batch of uncertain) {
    if (batch.relaxed) {
      if (found.has(batch)) relaxed.written(batch);
    } else if (found.has(batch)) batch.resolve();
    else batch.reject(notLoggedError(failure));
  }
  const waiting = uncertain.filter((batch) => batch.relaxed && !found.has(batch));
  relaxed.putBack(waiting);
  if (waiting.length > 0) relaxed.failed(failure);
  else relaxed.succeeded(rowsIn([...found].filter((batch) => batch.relaxed)));
}

/** Rejects all batches but the relaxed ones, which wait. */
export function rejectAll({ failure, uncertain, queued }: UnwrittenRows): void {
  for (const batch of uncertain) if (!batch.relaxed) batch.reject(uncertainError(failure));
  for (const batch of queued) batch.reject(notLoggedError(failure));
}

/** The rows are not in the log and will not be. */
export function notLoggedError({ cause }: WriteFailure): StorageError {
  if (isLostFolder(cause))
    return new StorageError("SL7009", `the rows could not be logged: ${cause.message}`, cause.details, { cause });
  return new StorageError(
    "SL7009",
    `the rows could not be logged: ${reasonOf(cause)}; none of them is in the log; ${remedy(cause)}, then log them again`,
    {},
    { cause },
  );
}

/** What to do about rows that DuckDB did not take. */
function remedy(cause: unknown): string {
  return isOutOfMemory(cause)
    ? `${moreMemory}, or store only their shape and digest with { maxElements: 1000 }`
    : "make sure the disk has free space";
}

/** Commit outcome unknown. */
function uncertainError({ cause }: WriteFailure): StorageError {
  return new StorageError(
    "SL7009",
    `the rows could not be logged: ${reasonOf(cause)}; the outcome of their commit is unknown until the log can be reopened; make sure the disk has free space`,
    {},
    { cause },
  );
}

/** Acknowledged rows that cannot be moved from the journal into the database. */
export function stuckInJournalError({ cause }: WriteFailure): StorageError {
  if (isLostFolder(cause)) return cause;
  return new StorageError(
    "SL7018",
    `acknowledged rows cannot be moved from the journal into the database: ${reasonOf(cause)}; no row is lost, and Shapeline retries every second and when the log is next opened; make sure the disk has free space`,
    {},
    { cause },
  );
}

/** Whether the folder's files were deleted or replaced: then no disk space helps, and no retry. */
function isLostFolder(cause: unknown): cause is StorageError {
  return cause instanceof StorageError && cause.code === "SL7001";
}
