import { statSync, type BigIntStats } from "node:fs";
import { join } from "node:path";
import { StorageError } from "../../../dsl/errors.js";
import { journalFileNames } from "../write/journal.js";
import { databaseFileName, protectFiles } from "./data-folder.js";

const checkIntervalMs = 1000;

/**
 * Notices that the files of an open log were deleted or replaced: the system keeps deleted files until they are closed,
 * so that writes to them succeed, and are lost.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #opened: ReadonlyMap<string, string>;
  readonly #timer: NodeJS.Timeout;
  #error: StorageError | null = null;

  /** @param shared true: other users may use the files, so their permissions stay as they are */
  constructor(folder: string, shared: boolean) {
    this.#folder = folder;
    this.#opened = new Map(
      [databaseFileName, ...journalFileNames].flatMap((name) => {
        const identity = identityOf(join(folder, name));
        return identity === null ? [] : [[name, identity] as const];
      }),
    );
    this.#timer = setInterval(() => {
      if (this.check() === null && !shared) protectFiles(folder);
    }, checkIntervalMs).unref();
  }

  /** The error since the files are lost; null while they are there. Does not look at the disk. */
  get error(): StorageError | null {
    return this.#error;
  }

  /** Looks at the disk. Takes some microseconds. */
  check(): StorageError | null {
    if (this.#error !== null) return this.#error;
    for (const [name, identity] of this.#opened) {
      const now = identityOf(join(this.#folder, name));
      if (now === identity) continue;
      this.#error = new StorageError(
        "SL7001",
        `the file '${name}' of the data folder '${this.#folder}' was ${now === null ? "deleted" : "replaced"} while the log was open; nothing more is logged; restore the folder from a copy if you need its rows, then restart the process`,
        { folder: this.#folder },
      );
      return this.#error;
    }
    return null;
  }

  /**
   * Call it right before a commit or a checkpoint: DuckDB's checkpoints, also those of commits, remove the write-ahead
   * log by path.
   *
   * @throws StorageError SL7001 the files were deleted or replaced
   */
  readonly assertInPlace = (): void => {
    const lost = this.check();
    if (lost !== null) throw lost;
  };

  /** Whether the database file is that of the log: its journal is deleted when it is closed. */
  get databaseInPlace(): boolean {
    return identityOf(join(this.#folder, databaseFileName)) === this.#opened.get(databaseFileName);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Device and inode of a file; null if there is none. */
function identityOf(path: string): string | null {
  let found: BigIntStats | undefined;
  try {
    found = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // A part of the path is no folder any more, or cannot be entered.
  }
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
