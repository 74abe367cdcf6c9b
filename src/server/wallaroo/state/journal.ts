import { open, readFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { StorageError } from "../../../../dsl/errors.js";
import { errorSummary } from "../../../util/error-message.js";
import { privateFile } from "../../../util/files/make-directory.js";
import { crc32 } from "node:zlib";

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * An append-only file of JSON lines, each with a checksum. A resolved `append` is on disk. A line that was cut off by a
 * kill is the last one, and is dropped when the file is opened.
 */
export class Journal {
  readonly #handle: FileHandle;
  readonly #file: string;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #failure: StorageError | null = null;

  private constructor(handle: FileHandle, file: string) {
    this.#handle = handle;
    this.#file = file;
  }

  /**
   * Opens the file, or creates it, and reads its entries.
   *
   * @throws StorageError SL7006 if a line before the last one is damaged, SL7001 if the file cannot be opened
   */
  static async open(file: string, apply: (entry: unknown) => void): Promise<Journal> {
    try {
      const handle = await open(file, "a+", privateFile);
      const bytes = await readFile(file);
      const whole = replay(bytes, file, apply);
      if (whole < bytes.length) await handle.truncate(whole);
      const journal = new Journal(handle, file);
      await handle.sync();
      await syncFolder(dirname(file));
      return journal;
    } catch (error) {
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
   * @throws StorageError SL7014 if it cannot be written; then no later one is either
   */
  append(entry: unknown): Promise<void> {
    const text = JSON.stringify(entry);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: `${checksum(text)} ${text}\n`, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#failure !== null) throw this.#failure;
        await this.#handle.appendFile(batch.map(({ line }) => line).join(""));
        await this.#handle.sync();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // Whether the bytes reached the disk is unknown, so nothing may follow them until the file is read again.
        this.#failure ??= new StorageError(
          "SL7014",
          `the file '${this.#file}' cannot be written: ${errorSummary(error)}; free space on the disk and start the server again`,
          { file: this.#file },
          { cause: error },
        );
        for (const { reject } of batch) reject(this.#failure);
      }
    }
    this.#writing = null;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }
}

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
