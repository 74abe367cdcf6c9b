import type { FileHandle } from "node:fs/promises";

/** So much is written at once: every write has its price. */
const together = 2 ** 20;

/** A file that is written from its beginning to its end, in parts of any size. */
export class BufferedFile {
  readonly #file: FileHandle;
  #waiting: Uint8Array[] = [];
  #bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Adds bytes; they are not copied, leave them alone. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#waiting.push(bytes);
    this.#bytes += bytes.byteLength;
    if (this.#bytes >= together) await this.#write();
  }

  async end(): Promise<void> {
    try {
      await this.#write();
    } finally {
      await this.close();
    }
  }

  /** Without what is not yet written. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting, this.#bytes);
    this.#waiting = [];
    this.#bytes = 0;
    await this.#file.appendFile(bytes);
  }
}
