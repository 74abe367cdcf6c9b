import type { DuckDBConnection } from "@duckdb/node-api";
import { copyFileSync, existsSync, openSync, closeSync, readSync, statSync } from "node:fs";
import { StorageError } from "../../../dsl/errors.js";
import { systemErrorMessage } from "../../util/error-message.js";

/** How a write-ahead log of DuckDB's begins: its entry for the version. */
const walHeader = Buffer.from([0x64, 0x00, 0x62, 0x65]);
/** A process that ended while it began one leaves less than this, and no rows in it. */
const minBytesWithRows = 64;
const units: Readonly<Record<string, number>> = { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** Bytes of a database's write-ahead log before it is opened. */
export function walSize(file: string): number {
  return existsSync(`${file}.wal`) ? statSync(`${file}.wal`).size : 0;
}

/**
 * What DuckDB cannot read of a write-ahead log it leaves out without a word, and overwrites. To be called when the database is open
 * and nothing is written: a log without a head is refused, and one whose end is left out is kept as a copy beside it.
 *
 * @param before what `walSize` gave before
 * @throws StorageError SL7006
 */
export async function checkWal(
  connection: DuckDBConnection,
  file: string,
  before: number,
  readOnly: boolean,
): Promise<void> {
  const wal = `${file}.wal`;
  // Where DuckDB had it all in the file already, it has removed it.
  if (before < minBytesWithRows || walSize(file) !== before) return;
  const [[text] = []] = await (
    await connection.run("SELECT wal_size FROM pragma_database_size() WHERE database_name = current_database()")
  ).getRows();
  const [amount = "", unit = ""] = String(text).split(" ");
  const bytes = Number(amount);
  if (bytes === 0) {
    if (!readHeader(wal).equals(walHeader)) {
      throw new StorageError(
        "SL7006",
        `the write-ahead log '${wal}' is damaged at its head: its ${before} bytes would be left out, and overwritten; it stays as it is: restore it from a copy, or move it away to go on without the rows in it`,
        { file: wal },
      );
    }
    return;
  }
  // It is told with one decimal, or three digits.
  const most = (bytes + (Number.isInteger(bytes) ? 1 : 0.1)) * (units[unit] ?? Infinity);
  if (readOnly || most >= before) return;
  const copy = `${wal}.damaged-${new Date().toISOString().replaceAll(":", "-")}`;
  try {
    copyFileSync(wal, copy);
  } catch (error) {
    throw new StorageError(
      "SL7006",
      `the write-ahead log '${wal}' can only be read up to a place in it, and no copy can be kept: ${systemErrorMessage(error)}; see that the disk has room, then open it again`,
      { file: wal },
      { cause: error },
    );
  }
  process.emitWarning(
    `the end of the write-ahead log '${wal}' cannot be read, and is left out; the whole is kept as '${copy}': after a crash nobody was told that the rows in that end are logged, and the copy may be deleted; otherwise restore the log from a copy`,
    "ShapelineLogWarning",
  );
}

function readHeader(path: string): Buffer {
  const bytes = Buffer.alloc(walHeader.length);
  const file = openSync(path, "r");
  try {
    readSync(file, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(file);
  }
  return bytes;
}
