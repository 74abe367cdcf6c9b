import { constants, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { readRecords, type JournalRows } from "./journal-record.js";

const names = ["shapeline.journal-a", "shapeline.journal-b"] as const;
/** Where a write can end on disk by itself, one call does what takes two elsewhere. */
const synchronous = process.platform === "linux";

/**
 * Two files that hold acknowledged rows until they are in the database: a commit of DuckDB's takes ten times as long as a write
 * to the end of a file. While the rows of one file go into the database, new ones go to the other.
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

  /** @param after the last number of a record that was found */
  static async open(folder: string, after: number): Promise<Journal> {
    const flags = constants.O_RDWR | constants.O_CREAT | (synchronous ? constants.O_DSYNC : 0);
    const first = await open(join(folder, names[0]), flags);
    try {
      return new Journal(folder, [first, await open(join(folder, names[1]), flags)], after + 1);
    } catch (error) {
      await first.close();
      throw error;
    }
  }

  /** The next record's number: they grow, over both files. */
  nextSequence(): number {
    return this.#sequence++;
  }

  /** Writes a record to the end of the active file; it is on disk then. One at a time. */
  async write(record: Buffer): Promise<void> {
    const file = this.#files[this.#active];
    try {
      for (let at = 0; at < record.length;)
        at += (await file.write(record, at, record.length - at, this.#end + at)).bytesWritten;
      if (!synchronous) await file.datasync();
      this.#end += record.length;
    } catch (error) {
      // Nothing of it may be found later: its rows are told to have failed.
      await file.truncate(this.#end).catch(() => undefined);
      throw error;
    }
  }

  /** From now on the other file is written; whatever it holds is in the database. */
  switchFiles(): void {
    this.#active = this.#active === 0 ? 1 : 0;
    this.#end = 0;
  }

  /** @param spent all rows are in the database */
  async close(spent: boolean): Promise<void> {
    for (const file of this.#files) await file.close();
    if (spent) removeJournal(this.#folder);
  }
}

/** What a folder's journal holds, in the order of writing, its last record's number, and the files in which rows are lost. */
export function readJournal(folder: string): {
  readonly rows: readonly JournalRows[];
  readonly last: number;
  readonly damaged: readonly string[];
} {
  const files = names.map((name) => join(folder, name)).filter((file) => existsSync(file));
  const found = files.map((file) => ({ file, ...readRecords(readFileSync(file)) }));
  const records = found.flatMap((each) => each.records).sort((a, b) => a.sequence - b.sequence);
  return {
    rows: records.flatMap(({ rows }) => rows),
    last: records.at(-1)?.sequence ?? 0,
    damaged: found.filter(({ damaged }) => damaged).map(({ file }) => file),
  };
}

/** Keeps a journal's damaged file under another name, and says so. To be called once the rows that can be read are in the database. */
export function setAsideDamaged(file: string): void {
  const kept = `${file}.damaged-${new Date().toISOString().replaceAll(":", "-")}`;
  renameSync(file, kept);
  process.emitWarning(
    `the journal '${file}' is damaged: rows that were acknowledged may be missing in the log, those of its records that are not whole; all others are there, and the file is kept as '${kept}': restore the log from a copy, or delete it to go on without them`,
    "ShapelineLogWarning",
  );
}

/** Removes a folder's journal, once its rows are in the database. */
export function removeJournal(folder: string): void {
  for (const name of names) rmSync(join(folder, name), { force: true });
}
