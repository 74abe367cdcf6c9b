import { constants, existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { privateFile } from "../../util/files/make-directory.js";
import { JournalMarker, readMarks, removeMarker, type JournalMarks, type JournalPosition } from "./journal-marker.js";
import { readRecords, type FoundRecord, type JournalRows } from "./journal-record.js";

export const journalFileNames = ["shapeline.journal-a", "shapeline.journal-b"] as const;
/** With O_DSYNC a write returns once it is on disk: one call instead of write and datasync. */
const supportsDsync = process.platform === "linux";

/**
 * Two files that store acknowledged rows until they are in the database: a DuckDB commit takes ten times as long as an
 * append to a file. While the rows of one file are moved into the database, new rows go to the other file. A marker
 * beside them says which records were acknowledged.
 */
export class Journal {
  readonly #folder: string;
  readonly #files: readonly [FileHandle, FileHandle];
  readonly #marker: JournalMarker | null;
  #end = 0;
  #marks: JournalMarks;

  private constructor(
    folder: string,
    files: readonly [FileHandle, FileHandle],
    marker: JournalMarker | null,
    marks: JournalMarks,
  ) {
    this.#folder = folder;
    this.#files = files;
    this.#marker = marker;
    this.#marks = marks;
  }

  /** @param after the last sequence number found in the files */
  static async open(folder: string, after: number): Promise<Journal> {
    const flags = constants.O_RDWR | constants.O_CREAT | (supportsDsync ? constants.O_DSYNC : 0);
    const first = await open(join(folder, journalFileNames[0]), flags, privateFile);
    try {
      const second = await open(join(folder, journalFileNames[1]), flags, privateFile);
      const start = { sequence: after, rows: 0, time: Date.now() };
      const marks: JournalMarks = { acknowledged: start, moved: start, active: 0, activeFrom: after + 1 };
      return new Journal(folder, [first, second], JournalMarker.create(folder, marks), marks);
    } catch (error) {
      await first.close();
      throw error;
    }
  }

  /** The next record's sequence number; numbers increase over both files, without gaps. */
  get nextSequence(): number {
    return this.#marks.acknowledged.sequence + 1;
  }

  /** The place after the last record. */
  get position(): JournalPosition {
    return this.#marks.acknowledged;
  }

  /** All rows up to this record are in the database. */
  get movedSequence(): number {
    return this.#marks.moved.sequence;
  }

  /**
   * Appends a record to the active file and resolves once it is on disk: its rows may then be acknowledged. Do not call
   * it concurrently.
   *
   * @param record with the number `nextSequence`
   * @param rows of the record
   */
  async write(record: Buffer, rows: number): Promise<void> {
    const file = this.#files[this.#marks.active];
    try {
      for (let at = 0; at < record.length;)
        at += (await file.write(record, at, record.length - at, this.#end + at)).bytesWritten;
      if (!supportsDsync) await file.datasync();
    } catch (error) {
      // Remove the partial record: its rows are reported as failed, so a later replay must not find them.
      await file.truncate(this.#end).catch(() => undefined);
      throw error;
    }
    this.#end += record.length;
    const { acknowledged } = this.#marks;
    this.#setMarks({
      acknowledged: { sequence: acknowledged.sequence + 1, rows: acknowledged.rows + rows, time: Date.now() },
    });
  }

  /** Call it once all rows up to a position are in the database. */
  markMoved(moved: JournalPosition): void {
    if (moved.sequence > this.movedSequence) this.#setMarks({ moved });
  }

  /** Makes the other file active and overwrites it: all of its rows are in the database. */
  switchFiles(): void {
    this.#end = 0;
    this.#marks = { ...this.#marks, active: this.#marks.active === 0 ? 1 : 0, activeFrom: this.nextSequence };
  }

  /** @param empty true if all rows are in the database: the files are then deleted */
  async close(empty: boolean): Promise<void> {
    // Before the files are emptied.
    if (empty) this.markMoved(this.position);
    this.#marker?.close();
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

  #setMarks(changed: Partial<JournalMarks>): void {
    this.#marks = { ...this.#marks, ...changed };
    this.#marker?.update(this.#marks);
  }
}

/** Acknowledged rows that are not in the journal's files. */
export interface MissingRows {
  /** null if unknown. */
  readonly rows: number | null;
  /** Sequence numbers of the first and the last missing record. */
  readonly first: number;
  readonly last: number;
  /** They were acknowledged between these times, in milliseconds since 1970 UTC. */
  readonly since: number;
  readonly until: number;
}

export interface FoundJournal {
  /** In the order of writing, without rows that are known to be in the database. */
  readonly rows: readonly JournalRows[];
  /** The last sequence number in use. */
  readonly last: number;
  readonly damaged: readonly string[];
  /** null if none is missing, or if the folder has no marks: a damaged newest record is then not noticed. */
  readonly missing: MissingRows | null;
}

/** Reads a folder's journal. */
export function readJournal(folder: string): FoundJournal {
  const marks = readMarks(folder);
  const found = journalFileNames.map((name) => {
    const file = join(folder, name);
    return { file, ...readRecords(existsSync(file) ? readFileSync(file) : Buffer.alloc(0)) };
  });
  const all = found.flatMap((each) => each.records).sort((a, b) => a.sequence - b.sequence);
  // Records say it too: after a power failure the marks may be the older ones.
  const moved = all.reduce((most, record) => Math.max(most, record.moved), marks?.moved.sequence ?? 0);
  const records = all.filter(({ sequence }) => sequence > moved);
  const last = Math.max(moved, marks?.acknowledged.sequence ?? 0, records.at(-1)?.sequence ?? 0);
  const rows = records.flatMap((each) => each.rows);
  if (marks === null)
    return { rows, last, missing: null, damaged: found.filter(({ damaged }) => damaged).map(({ file }) => file) };
  const gaps = gapsIn(records, moved, last);
  const [first, final] = [gaps[0], gaps.at(-1)];
  if (first === undefined || final === undefined) return { rows, last, missing: null, damaged: [] };
  const damaged = new Set([
    ...(final.to >= marks.activeFrom ? [marks.active] : []),
    ...(first.from < marks.activeFrom ? [1 - marks.active] : []),
  ]);
  return {
    rows,
    last,
    missing: {
      rows: moved === marks.moved.sequence ? missingRows(records, marks) : null,
      first: first.from,
      last: final.to,
      since: marks.moved.time,
      until: marks.acknowledged.time,
    },
    damaged: found.filter(({ file }, i) => damaged.has(i) && existsSync(file)).map(({ file }) => file),
  };
}

/** The sequence numbers from `after` (exclusive) to `last` that no record has. */
function gapsIn(records: readonly FoundRecord[], after: number, last: number): { from: number; to: number }[] {
  const gaps = [];
  let next = after + 1;
  for (const { sequence } of records) {
    if (sequence > next) gaps.push({ from: next, to: sequence - 1 });
    next = sequence + 1;
  }
  if (last >= next) gaps.push({ from: next, to: last });
  return gaps;
}

function missingRows(records: readonly FoundRecord[], { acknowledged, moved }: JournalMarks): number | null {
  let missing = acknowledged.rows - moved.rows;
  for (const { sequence, rows } of records)
    if (sequence <= acknowledged.sequence) for (const each of rows) missing -= each.rows;
  return missing > 0 ? missing : null;
}

/**
 * Renames the damaged files of a journal and warns about them. Call it once all readable rows are in the database.
 *
 * @param folder of the journal
 */
export function setAsideDamaged(folder: string, { damaged, missing }: FoundJournal): void {
  const kept = damaged.map((file) => {
    const name = `${file}.damaged-${new Date().toISOString().replaceAll(":", "-")}`;
    renameSync(file, name);
    return { file, name };
  });
  const rows =
    missing === null
      ? "acknowledged rows in its broken records"
      : `${missing.rows ?? "an unknown number of"} acknowledged rows, logged between ${isoTime(missing.since)} and ${isoTime(missing.until)} (records ${missing.first} to ${missing.last}),`;
  const warn = (file: string, remedy: string) =>
    process.emitWarning(
      `the journal '${file}' is damaged: ${rows} may be missing from the log; all other rows were recovered; ${remedy}`,
      "ShapelineLogWarning",
    );
  for (const { file, name } of kept)
    warn(
      file,
      `the file is kept as '${name}': restore the log from a copy, or delete that file to continue without those rows`,
    );
  if (kept.length === 0 && missing !== null)
    warn(join(folder, journalFileNames[0]), "its files are gone: restore the log from a copy if you need those rows");
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Deletes a folder's journal. Call it once all rows are in the database. */
export function removeJournal(folder: string): void {
  // First: marks without their files would tell of missing rows.
  removeMarker(folder);
  for (const name of journalFileNames) rmSync(join(folder, name), { force: true });
}
