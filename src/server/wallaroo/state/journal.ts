import { open, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { crc32 } from "node:zlib";
import { StorageError } from "../../../../dsl/errors.js";
import { errorSummary } from "../../../util/error-message.js";
import { privateFile } from "../../../util/files/make-directory.js";
import { removeAbandoned, temporaryPath } from "../../../util/files/temporary-file.js";

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What the entries of a journal make. */
export interface JournalState {
  /** Applies one entry, when the file is read. */
  readonly apply: (entry: unknown) => void;
  /** Entries that make the state as it is now, in place of all entries so far. */
  readonly snapshot: () => Iterable<unknown>;
}

/** Below this size a file is never compacted. */
const smallFile = 2 ** 20;
/** A file is compacted when it has grown to this multiple of what it was after the last compaction. */
const growth = 3;

/**
 * An append-only file of JSON lines, each with a checksum. A resolved `append` is on disk. A line that was cut off by a
 * kill is the last one, and is dropped when the file is opened. A file that has grown is replaced by one with the
 * present state: a kill leaves the one or the other.
 */
export class Journal {
  #handle: FileHandle;
  readonly #file: string;
  readonly #state: JournalState;
  readonly #small: number;
  /** Bytes of the file, and those at which it is compacted. */
  #size: number;
  #compactAt: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #failure: StorageError | null = null;

  private constructor(handle: FileHandle, file: string, state: JournalState, size: number, small: number) {
    this.#handle = handle;
    this.#file = file;
    this.#state = state;
    this.#size = size;
    this.#small = small;
    this.#compactAt = small;
  }

  /**
   * Opens the file, or creates it, and reads its entries.
   *
   * @param small bytes below which the file is never compacted
   * @throws StorageError SL7006 if a line before the last one is damaged, SL7001 if the file cannot be opened
   */
  static async open(file: string, state: JournalState, small = smallFile): Promise<Journal> {
    let handle: FileHandle | null = null;
    try {
      await removeAbandoned(dirname(file), (name) => name === basename(file));
      handle = await open(file, "a+", privateFile);
      const bytes = await readFile(file);
      const whole = replay(bytes, file, state.apply);
      if (whole < bytes.length) await handle.truncate(whole);
      const journal = new Journal(handle, file, state, whole, small);
      await handle.sync();
      await syncFolder(dirname(file));
      await journal.#compactIfGrown();
      if (journal.#failure !== null) throw journal.#failure;
      return journal;
    } catch (error) {
      await handle?.close().catch(() => undefined);
      if (error instanceof StorageError) throw error;
      throw new StorageError(
        "SL7001",
        `the file '${file}' cannot be opened: ${errorSummary(error)}; choose another data folder`,
        { file },
        { cause: error },
      );
    }
  }

  /**
   * Appends an entry. Entries that wait at the same time share one write.
   *
   * @param apply makes the entry part of the state, before a later snapshot of it
   * @throws StorageError SL7014 if it cannot be written; then no later one is either
   */
  append(entry: unknown, apply: () => void): Promise<void> {
    const text = JSON.stringify(entry);
    return new Promise((resolve, reject) => {
      const stored = (): void => {
        apply();
        resolve();
      };
      this.#waiting.push({ line: lineOf(text), resolve: stored, reject });
      this.#writing ??= this.#write();
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#failure !== null) throw this.#failure;
        const bytes = Buffer.from(batch.map(({ line }) => line).join(""));
        await this.#handle.appendFile(bytes);
        await this.#handle.sync();
        this.#size += bytes.length;
        for (const { resolve } of batch) resolve();
        await this.#compactIfGrown();
      } catch (error) {
        // Whether the bytes reached the disk is unknown, so nothing may follow them until the file is read again.
        this.#fail(error);
        for (const { reject } of batch) reject(this.#failure);
      }
    }
    this.#writing = null;
  }

  #fail(cause: unknown): void {
    this.#failure ??= new StorageError(
      "SL7014",
      `the file '${this.#file}' cannot be written: ${errorSummary(cause)}; free space on the disk and start the server again`,
      { file: this.#file },
      { cause },
    );
  }

  async #compactIfGrown(): Promise<void> {
    if (this.#size < this.#compactAt) return;
    const temporary = temporaryPath(this.#file);
    let size = 0;
    try {
      const handle = await open(temporary, "wx", privateFile);
      try {
        for (const entry of this.#state.snapshot()) {
          const bytes = Buffer.from(lineOf(JSON.stringify(entry)));
          await handle.appendFile(bytes);
          size += bytes.length;
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch {
      // The old file holds everything: it is tried again when the file has grown further.
      await rm(temporary, { force: true }).catch(() => undefined);
      this.#compactAt = growth * this.#size;
      return;
    }
    try {
      // Windows replaces no file that is open.
      await this.#handle.close();
      await rename(temporary, this.#file);
      await syncFolder(dirname(this.#file));
      this.#handle = await open(this.#file, "a", privateFile);
      this.#size = size;
      this.#compactAt = Math.max(this.#small, growth * size);
    } catch (error) {
      // Which of the two files a later start would find is unknown.
      this.#fail(error);
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }
}

const lineOf = (text: string): string => `${checksum(text)} ${text}\n`;

/** Applies whole lines and returns the number of their bytes. */
function replay(bytes: Buffer, file: string, apply: (entry: unknown) => void): number {
  let from = 0;
  for (let line = 1; from < bytes.length; line++) {
    const end = bytes.indexOf(10, from);
    const text = bytes.toString("utf8", from, end === -1 ? bytes.length : end);
    const body = text.slice(9);
    if (end === -1 || text.slice(0, 8) !== checksum(body)) {
      if (end === -1 || end === bytes.length - 1) return from;
      throw new StorageError(
        "SL7006",
        `line ${line} of '${file}' is damaged; put the file back from a backup, or move it away to start with an empty control plane`,
        { file, line },
      );
    }
    apply(JSON.parse(body) as unknown);
    from = end + 1;
  }
  return from;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

/** Makes new names of a folder durable. Windows has no such call. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
