import { constants, existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { privateFile } from "../../util/files/make-directory.js";
import { readRecords, type JournalRows } from "./journal-record.js";

export const journalFileNames = ["shapeline.journal-a", "shapeline.journal-b"] as const;
/** With O_DSYNC a write returns once it is on disk: one call instead of write and datasync. */
const supportsDsync = process.platform === "linux";

/**
 * Two files that store acknowledged rows until they are in the database: a DuckDB commit takes ten times as long as an
 * append to a file. While the rows of one file are moved into the database, new rows go to the other file.
 */
export class Journal {
  readonly #folder: string;
  readonly #files: readonly [FileHandle, FileHandle];
  #active: 0 | 1 = 0;
  #end = 0;
  #sequence: number;

  private constructor(folder: string, files: readonly [FileHandle, FileHandle], sequence: number) {
    this.#folder = folder;
    this.#files = files;
    this.#sequence = sequence;
  }

  /** @param after the last sequence number found in the files */
  static async open(folder: string, after: number): Promise<Journal> {
    const flags = constants.O_RDWR | constants.O_CREAT | (supportsDsync ? constants.O_DSYNC : 0);
    const first = await open(join(folder, journalFileNames[0]), flags, privateFile);
    try {
      return new Journal(folder, [first, await open(join(folder, journalFileNames[1]), flags, privateFile)], after + 1);
    } catch (error) {
      await first.close();
      throw error;
    }
  }

  /** The next record's sequence number; numbers increase over both files. */
  nextSequence(): number {
    return this.#sequence++;
  }

  /** Appends a record to the active file and resolves once it is on disk. Do not call it concurrently. */
  async write(record: Buffer): Promise<void> {
    const file = this.#files[this.#active];
    try {
      for (let at = 0; at < record.length;)
        at += (await file.write(record, at, record.length - at, this.#end + at)).bytesWritten;
      if (!supportsDsync) await file.datasync();
      this.#end += record.length;
    } catch (error) {
      // Remove the partial record: its rows are reported as failed, so a later replay must not find them.
      await file.truncate(this.#end).catch(() => undefined);
      throw error;
    }
  }

  /** Makes the other file active and overwrites it: all of its rows are in the database. */
  switchFiles(): void {
    this.#active = this.#active === 0 ? 1 : 0;
    this.#end = 0;
  }

  /** @param empty true if all rows are in the database: the files are then deleted */
  async close(empty: boolean): Promise<void> {
    for (const file of this.#files) {
      // In a folder that became read-only, files can be emptied but not deleted.
      if (empty) await file.truncate(0).catch(() => undefined);
      await file.close();
    }
    try {
      if (empty) removeJournal(this.#folder);
    } catch (error) {
      if (journalFileNames.some((name) => sizeOf(join(this.#folder, name)) > 0)) throw error;
    }
  }
}

/** Reads a folder's journal: its rows in the order of writing, the last sequence number, and the damaged files. */
export function readJournal(folder: string): {
  readonly rows: readonly JournalRows[];
  readonly last: number;
  readonly damaged: readonly string[];
} {
  const files = journalFileNames.map((name) => join(folder, name)).filter((file) => existsSync(file));
  const found = files.map((file) => ({ file, ...readRecords(readFileSync(file)) }));
  const records = found.flatMap((each) => each.records).sort((a, b) => a.sequence - b.sequence);
  return {
    rows: records.flatMap(({ rows }) => rows),
    last: records.at(-1)?.sequence ?? 0,
    damaged: found.filter(({ damaged }) => damaged).map(({ file }) => file),
  };
}

/** Renames a damaged journal file and warns about it. Call it once all readable rows are in the database. */
export function setAsideDamaged(file: string): void {
  const kept = `${file}.damaged-${new Date().toISOString().replaceAll(":", "-")}`;
  renameSync(file, kept);
  process.emitWarning(
    `the journal '${file}' is damaged: acknowledged rows in its broken records may be missing from the log; all other rows were recovered; the file is kept as '${kept}': restore the log from a copy, or delete that file to continue without those rows`,
    "ShapelineLogWarning",
  );
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Deletes a folder's journal. Call it once all rows are in the database. */
export function removeJournal(folder: string): void {
  for (const name of journalFileNames) rmSync(join(folder, name), { force: true });
}
