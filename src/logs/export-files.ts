import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { RecordBatchFileWriter, type RecordBatch } from "apache-arrow";
import { StorageError } from "../../dsl/errors.js";
import { systemReason } from "../files/system-reason.js";

/** One file under way, under a name of its own until all are done. */
interface OpenFile {
  readonly temporary: string;
  readonly path: string;
}

/** The files of one export: `<prefix>-<n>.<ending>` in one folder. They get their names together, when all are written. */
export class ExportFiles {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #arrow: boolean;
  readonly #files: OpenFile[] = [];
  #sink: Sink<never> | null = null;

  constructor(directory: string, prefix: string, arrow: boolean) {
    this.#directory = directory;
    this.#prefix = prefix;
    this.#arrow = arrow;
  }

  get count(): number {
    return this.#files.length;
  }

  /** Ends the file under way and begins the next one. */
  async begin(): Promise<void> {
    await this.#work(async () => {
      await this.#end();
      await mkdir(this.#directory, { recursive: true });
      const name = `${this.#prefix}-${this.#files.length + 1}.${this.#arrow ? "arrow" : "json"}`;
      const file = { temporary: join(this.#directory, `.${name}.${process.pid}.tmp`), path: join(this.#directory, name) };
      await rm(file.temporary, { force: true });
      this.#files.push(file);
      const handle = await open(file.temporary, "wx");
      this.#sink = this.#arrow ? new ArrowSink(handle) : new TextSink(handle);
    });
  }

  /** Adds lines, or a record batch of the file's schema. */
  async write(part: string | RecordBatch): Promise<void> {
    await this.#work(async () => this.#sink?.write(part as never));
  }

  /** Gives the files their names. */
  async finish(): Promise<{ readonly files: string[]; readonly bytes: number }> {
    return this.#work(async () => {
      await this.#end();
      let bytes = 0;
      for (const { temporary } of this.#files) bytes += (await stat(temporary)).size;
      for (const { temporary, path } of this.#files) await rename(temporary, path);
      return { files: this.#files.map(({ path }) => path), bytes };
    });
  }

  /** Takes back what was written. */
  async abandon(): Promise<void> {
    await this.#end().catch(() => undefined);
    for (const { temporary } of this.#files) await rm(temporary, { force: true }).catch(() => undefined);
  }

  async #end(): Promise<void> {
    const sink = this.#sink;
    this.#sink = null;
    await sink?.end();
  }

  async #work<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new StorageError("SL7030", `the logs cannot be written to '${this.#directory}': ${systemReason(error)}; choose another directory`, { path: this.#directory }, { cause: error });
    }
  }
}

interface Sink<Part> {
  write(part: Part): Promise<void>;
  end(): Promise<void>;
}

/** Lines of text. */
class TextSink implements Sink<string> {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(lines: string): Promise<void> {
    await this.#file.appendFile(lines);
  }

  async end(): Promise<void> {
    await this.#file.close();
  }
}

/** An Arrow IPC file, written batch by batch. */
class ArrowSink implements Sink<RecordBatch> {
  readonly #file: FileHandle;
  readonly #writer = new RecordBatchFileWriter();
  readonly #flowing: Promise<void>;

  constructor(file: FileHandle) {
    this.#file = file;
    this.#flowing = this.#flow();
    // Told at the end; until then it is no unhandled rejection.
    this.#flowing.catch(() => undefined);
  }

  async #flow(): Promise<void> {
    for await (const chunk of this.#writer as AsyncIterable<Uint8Array>) await this.#file.appendFile(chunk);
  }

  async write(batch: RecordBatch): Promise<void> {
    this.#writer.write(batch);
  }

  async end(): Promise<void> {
    this.#writer.close();
    try {
      await this.#flowing;
    } finally {
      await this.#file.close();
    }
  }
}
