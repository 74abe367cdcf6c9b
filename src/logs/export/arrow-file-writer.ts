import { RecordBatchFileWriter, type RecordBatch, type Schema } from "apache-arrow";

/** An Arrow IPC file, written batch by batch; what was handed over is put away before the next batch is taken. */
export class ArrowFileWriter {
  readonly #writer = new RecordBatchFileWriter();
  readonly #put: (bytes: Uint8Array) => Promise<void>;
  readonly #flowing: Promise<void>;
  #busy = false;
  #failed = false;

  constructor(put: (bytes: Uint8Array) => Promise<void>) {
    this.#put = put;
    this.#flowing = this.#flow();
    // Told at the end; until then it is no unhandled rejection.
    this.#flowing.catch(() => (this.#failed = true));
  }

  async #flow(): Promise<void> {
    for await (const chunk of this.#writer as AsyncIterable<Uint8Array>) {
      this.#busy = true;
      await this.#put(chunk);
      this.#busy = false;
    }
  }

  async write(batch: RecordBatch): Promise<void> {
    this.#writer.write(batch);
    do await new Promise(setImmediate);
    while (this.#busy && !this.#failed);
    if (this.#failed) await this.#flowing;
  }

  /** @param schema for a file without rows */
  async end(schema?: Schema): Promise<void> {
    if (schema !== undefined) this.#writer.reset(undefined, schema);
    this.#writer.close();
    await this.#flowing;
  }
}
