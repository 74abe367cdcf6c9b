import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { privateFile } from "../../util/files/make-directory.js";

export const markerFileName = "shapeline.journal-acked";

const magic = 0x314d4c53;
const slotBytes = 80;
/** The slots are in different disk sectors. */
const slotDistance = 4096;

/** A place in the journal: after a record. */
export interface JournalPosition {
  /** The record's sequence number. */
  readonly sequence: number;
  /** Rows of the records up to it, since the journal was opened. */
  readonly rows: number;
  /** When it was reached, in milliseconds since 1970 UTC. */
  readonly time: number;
}

/** What the journal's files must hold: the records after `moved` up to `acknowledged`. */
export interface JournalMarks {
  readonly acknowledged: JournalPosition;
  /** Rows up to here are in the database. */
  readonly moved: JournalPosition;
  /** The active file, and the sequence number of its first record; earlier records are in the other file. */
  readonly active: 0 | 1;
  readonly activeFrom: number;
}

/**
 * A file beside the journal that says which records were acknowledged. With it, a record that a crash interrupted, so
 * that nobody was told of its rows, can be told from an acknowledged one that was damaged later.
 *
 * Two slots with checksums are written in turn: an interrupted write leaves the other one. Writes go to the operating
 * system's cache only, which takes microseconds and survives the end of the process. After a power failure the marks
 * may be older than the journal; a damaged newest record is then taken for an interrupted one.
 */
export class JournalMarker {
  readonly #bytes = Buffer.alloc(slotBytes);
  #file: number | null;
  #generation = 0;

  private constructor(file: number) {
    this.#file = file;
  }

  /** Creates the file; null if it cannot be written, for example on a full disk: the journal works without it. */
  static create(folder: string, marks: JournalMarks): JournalMarker | null {
    let marker: JournalMarker | undefined;
    try {
      marker = new JournalMarker(openSync(join(folder, markerFileName), "w", privateFile));
      // Both slots: later writes then need no more space.
      marker.#write(marks);
      marker.#write(marks);
      return marker;
    } catch {
      marker?.close();
      removeMarker(folder);
      return null;
    }
  }

  /** Ignores errors: the records are on disk, only their damage would be noticed less often. */
  update(marks: JournalMarks): void {
    try {
      this.#write(marks);
    } catch {
      // The slot that was written before remains.
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #write({ acknowledged, moved, active, activeFrom }: JournalMarks): void {
    if (this.#file === null) return;
    const bytes = this.#bytes;
    const numbers = [++this.#generation, activeFrom, ...numbersOf(acknowledged), ...numbersOf(moved)];
    numbers.forEach((number, i) => bytes.writeDoubleLE(number, 12 + 8 * i));
    bytes.writeUInt32LE(magic, 0);
    bytes.writeUInt32LE(active, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
    writeSync(this.#file, bytes, 0, slotBytes, (this.#generation % 2) * slotDistance);
  }
}

const numbersOf = ({ sequence, rows, time }: JournalPosition) => [sequence, rows, time];

/** Reads a folder's marks; null if there are none, or both slots are damaged. */
export function readMarks(folder: string): JournalMarks | null {
  const file = join(folder, markerFileName);
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  const slots = [0, slotDistance]
    .map((at) => bytes.subarray(at, at + slotBytes))
    .filter(
      (slot) =>
        slot.length === slotBytes && slot.readUInt32LE(0) === magic && slot.readUInt32LE(4) === crc32(slot.subarray(8)),
    )
    .sort((a, b) => b.readDoubleLE(12) - a.readDoubleLE(12));
  const newest = slots[0];
  if (newest === undefined) return null;
  const numberAt = (i: number) => newest.readDoubleLE(12 + 8 * i);
  const positionAt = (i: number) => ({ sequence: numberAt(i), rows: numberAt(i + 1), time: numberAt(i + 2) });
  return {
    acknowledged: positionAt(2),
    moved: positionAt(5),
    active: newest.readUInt32LE(8) === 0 ? 0 : 1,
    activeFrom: numberAt(1),
  };
}

/** Deletes a folder's marks. Call it before the journal's files are deleted. */
export function removeMarker(folder: string): void {
  rmSync(join(folder, markerFileName), { force: true });
}
