import { randomBytes } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { RecordBatch } from "apache-arrow";
import { ShapelineError, StorageError } from "../../../dsl/errors.js";
import { makeDirectory } from "../../util/make-directory.js";
import { systemErrorMessage } from "../../util/error-message.js";
import { ArrowFileWriter } from "./arrow-file-writer.js";
import { BufferedFile } from "./buffered-file.js";
import { reasonOf } from "../duckdb.js";
import { ParquetFileWriter } from "./parquet-file-writer.js";

/** One file under way, under a name of its own until all are done. */
interface OpenFile {
  readonly temporary: string;
  readonly path: string;
}

export type ExportFormat = "json" | "arrow" | "parquet";

/** The files of one export: `<prefix>-<n>.<ending>` in one folder. They get their names together, when all are written. */
export class ExportFiles {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #format: ExportFormat;
  readonly #files: OpenFile[] = [];
  #sink: FileWriter<never> | null = null;

  constructor(directory: string, prefix: string, format: ExportFormat) {
    this.#directory = directory;
    this.#prefix = prefix;
    this.#format = format;
  }

  get count(): number {
    return this.#files.length;
  }

  /** Ends the file under way and begins the next one. */
  async startFile(): Promise<void> {
    await this.#work(async () => {
      await this.#end();
      await makeDirectory(this.#directory);
      const name = `${this.#prefix}-${this.#files.length + 1}.${this.#format}`;
      // A name that nobody else takes: two exports may be under way in one folder.
      const file = {
        temporary: join(this.#directory, `.${name}.${randomBytes(4).toString("hex")}.tmp`),
        path: join(this.#directory, name),
      };
      this.#files.push(file);
      this.#sink = await openWriter[this.#format](file.temporary);
    });
  }

  /** Adds lines as UTF-8, or a record batch of the file's schema. */
  async write(part: Uint8Array | RecordBatch): Promise<void> {
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
  async discard(): Promise<void> {
    await this.#sink?.abandon().catch(() => undefined);
    this.#sink = null;
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
      if (error instanceof ShapelineError) throw error;
      throw new StorageError(
        "SL7030",
        `the logs cannot be written to '${this.#directory}': ${reasonOf(systemErrorMessage(error))}; choose another directory`,
        { path: this.#directory },
        { cause: error },
      );
    }
  }
}

interface FileWriter<Part> {
  write(part: Part): Promise<void>;
  end(): Promise<void>;
  /** Instead of the end, where the file is to be taken back. */
  abandon(): Promise<void>;
}

const openWriter: Readonly<Record<ExportFormat, (path: string) => Promise<FileWriter<never>>>> = {
  json: async (path) => new TextFileWriter(new BufferedFile(await open(path, "wx"))),
  arrow: async (path) => new ArrowExportWriter(new BufferedFile(await open(path, "wx"))),
  parquet: async (path) => new ParquetFileWriter(path),
};

/** Lines of text, as UTF-8. */
class TextFileWriter implements FileWriter<Uint8Array> {
  readonly #file: BufferedFile;

  constructor(file: BufferedFile) {
    this.#file = file;
  }

  async write(lines: Uint8Array): Promise<void> {
    await this.#file.write(lines);
  }

  end(): Promise<void> {
    return this.#file.end();
  }

  abandon(): Promise<void> {
    return this.#file.close();
  }
}

/** An Arrow IPC file. */
class ArrowExportWriter implements FileWriter<RecordBatch> {
  readonly #file: BufferedFile;
  readonly #sink: ArrowFileWriter;

  constructor(file: BufferedFile) {
    this.#file = file;
    this.#sink = new ArrowFileWriter((bytes) => file.write(bytes));
  }

  async write(batch: RecordBatch): Promise<void> {
    await this.#sink.write(batch);
  }

  async end(): Promise<void> {
    try {
      await this.#sink.end();
    } finally {
      await this.#file.end();
    }
  }

  abandon(): Promise<void> {
    return this.#file.close();
  }
}
