import { RecordBatchFileWriter, type RecordBatch, type Schema } from "apache-arrow";

/** Writes an Arrow IPC file batch by batch. `write` resolves once the batch's bytes are written. */
export class ArrowFileWriter {
  readonly #writer = new RecordBatchFileWriter();
  readonly #writeBytes: (bytes: Uint8Array) => Promise<void>;
  readonly #finished: Promise<void>;
  #busy = false;
  #failed = false;

  constructor(writeBytes: (bytes: Uint8Array) => Promise<void>) {
    this.#writeBytes = writeBytes;
    this.#finished = this.#copyOutput();
    // `write` and `end` throw the error; until then it must not be an unhandled rejection.
    this.#finished.catch(() => (this.#failed = true));
  }

  async #copyOutput(): Promise<void> {
    for await (const chunk of this.#writer as AsyncIterable<Uint8Array>) {
      this.#busy = true;
      await this.#writeBytes(chunk);
      this.#busy = false;
    }
  }

  async write(batch: RecordBatch): Promise<void> {
    this.#writer.write(batch);
    do await new Promise(setImmediate);
    while (this.#busy && !this.#failed);
    if (this.#failed) await this.#finished;
  }

  /** @param schema for a file without rows */
  async end(schema?: Schema): Promise<void> {
    if (schema !== undefined) this.#writer.reset(undefined, schema);
    this.#writer.close();
    await this.#finished;
  }
}
