import type { FileHandle } from "node:fs/promises";

/** Bytes per write: small writes are slow. */
const writeBytes = 2 ** 20;

/** Buffers sequential writes to a file. */
export class BufferedFile {
  readonly #file: FileHandle;
  #buffered: Uint8Array[] = [];
  #bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Adds bytes. They are not copied: do not change them before `end`. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#buffered.push(bytes);
    this.#bytes += bytes.byteLength;
    if (this.#bytes >= writeBytes) await this.#flush();
  }

  /** Writes the buffered bytes and closes the file. */
  async end(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.close();
    }
  }

  /** Closes the file without writing the buffered bytes. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#buffered, this.#bytes);
    this.#buffered = [];
    this.#bytes = 0;
    await this.#file.appendFile(bytes);
  }
}
