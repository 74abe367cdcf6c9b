import type { DuckDBConnection } from "@duckdb/node-api";
import {
  copyFileSync,
  existsSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { StorageError } from "../../../dsl/errors.js";
import { systemErrorMessage } from "../../util/error-message.js";

/** The first bytes of a DuckDB write-ahead log: its version entry. */
const walHeader = Buffer.from([0x64, 0x00, 0x62, 0x65]);
/** A process that ends while it creates a WAL leaves a smaller one, without rows. */
const minBytesWithRows = 64;
/** In the names of kept copies. */
const damagedSuffix = ".damaged-";
const units: Readonly<Record<string, number>> = { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** Size of a database's write-ahead log in bytes; 0 if there is none. */
export function walSize(file: string): number {
  return existsSync(`${file}.wal`) ? statSync(`${file}.wal`).size : 0;
}

/**
 * DuckDB silently skips the unreadable part of a write-ahead log and overwrites it later. Call this after the database
 * is opened and before anything is written: a WAL with a damaged header is refused; a WAL with a skipped end is copied.
 *
 * @param before result of `walSize` before the database was opened
 * @throws StorageError SL7006 damaged header, or the copy could not be saved
 */
export async function checkWal(
  connection: DuckDBConnection,
  file: string,
  before: number,
  readOnly: boolean,
): Promise<void> {
  const wal = `${file}.wal`;
  // DuckDB removes a WAL whose rows are all in the file already.
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
        `the write-ahead log '${wal}' has a damaged header: DuckDB would ignore its ${before} bytes and overwrite them; it was not changed; restore it from a copy, or move it away to continue without its rows`,
        { file: wal },
      );
    }
    return;
  }
  // DuckDB reports the size with one decimal, or with three digits.
  const most = (bytes + (Number.isInteger(bytes) ? 1 : 0.1)) * (units[unit] ?? Infinity);
  if (readOnly || most >= before) return;
  // Opening is retried every second: further copies would take the space that was freed for the log.
  if (isKept(wal)) return;
  const copy = `${wal}${damagedSuffix}${new Date().toISOString().replaceAll(":", "-")}`;
  try {
    copyFileSync(wal, copy);
  } catch (error) {
    rmSync(copy, { force: true });
    throw new StorageError(
      "SL7006",
      `the write-ahead log '${wal}' is only readable up to a damaged position, and no copy of it could be saved: ${systemErrorMessage(error)}; make sure the disk has free space, then open the log again`,
      { file: wal },
      { cause: error },
    );
  }
  process.emitWarning(
    `the end of the write-ahead log '${wal}' cannot be read and was skipped; the whole file is kept as '${copy}': after a crash, the rows in that end were never acknowledged and the file may be deleted; otherwise restore the log from a copy`,
    "ShapelineLogWarning",
  );
}

/** Whether a copy with the same bytes is there already. */
function isKept(wal: string): boolean {
  const folder = dirname(wal);
  const { size } = statSync(wal);
  const copies = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(wal)}${damagedSuffix}`))
    .map((name) => join(folder, name))
    .filter((copy) => statSync(copy).size === size);
  if (copies.length === 0) return false;
  const bytes = readFileSync(wal);
  return copies.some((copy) => readFileSync(copy).equals(bytes));
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
