import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { RecordBatch } from "apache-arrow";
import { ShapelineError, StorageError } from "../../../dsl/errors.js";
import { makeDirectory, privateFile } from "../../util/files/make-directory.js";
import { removeAbandoned, temporaryPath } from "../../util/files/temporary-file.js";
import { isProgramFault, systemErrorMessage } from "../../util/error-message.js";
import { ArrowFileWriter } from "./arrow-file-writer.js";
import { BufferedFile } from "./buffered-file.js";
import { reasonOf } from "../duckdb.js";
import { ParquetFileWriter } from "./parquet-file-writer.js";

/** A file with a temporary name until the export is complete. */
interface OpenFile {
  readonly temporary: string;
  readonly path: string;
}

export type ExportFormat = "json" | "arrow" | "parquet";

/**
 * The files of one export: `<prefix>-<n>.<format>` in one folder. They are renamed to their final names once all are
 * written.
 */
export class ExportFiles {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #format: ExportFormat;
  readonly #files: OpenFile[] = [];
  #writer: FileWriter<never> | null = null;

  constructor(directory: string, prefix: string, format: ExportFormat) {
    this.#directory = directory;
    this.#prefix = prefix;
    this.#format = format;
  }

  get count(): number {
    return this.#files.length;
  }

  /** Finishes the current file and starts the next one. */
  async startFile(): Promise<void> {
    await this.#withStorageErrors(async () => {
      await this.#finishFile();
      await makeDirectory(this.#directory);
      if (this.#files.length === 0) await removeAbandoned(this.#directory, (name) => this.#isExport(name));
      const path = join(this.#directory, `${this.#prefix}-${this.#files.length + 1}.${this.#format}`);
      // A unique name: two exports may write to one folder at the same time.
      const file = { temporary: temporaryPath(path), path };
      this.#files.push(file);
      this.#writer = await openWriter[this.#format](file.temporary);
    });
  }

  /** Writes UTF-8 lines, or a record batch with the file's schema. */
  async write(part: Uint8Array | RecordBatch): Promise<void> {
    await this.#withStorageErrors(async () => this.#writer?.write(part as never));
  }

  /** Finishes the last file and gives all files their final names. */
  async finish(): Promise<{ readonly files: string[]; readonly bytes: number }> {
    return this.#withStorageErrors(async () => {
      await this.#finishFile();
      let bytes = 0;
      for (const { temporary } of this.#files) bytes += (await stat(temporary)).size;
      for (const { temporary, path } of this.#files) await rename(temporary, path);
      return { files: this.#files.map(({ path }) => path), bytes };
    });
  }

  /** Deletes all files of the export. */
  async discard(): Promise<void> {
    await this.#writer?.discard().catch(() => undefined);
    this.#writer = null;
    for (const { temporary } of this.#files) await rm(temporary, { force: true }).catch(() => undefined);
  }

  #isExport(name: string): boolean {
    return (
      name.startsWith(`${this.#prefix}-`) && /^\d+\.(?:json|arrow|parquet)$/.test(name.slice(this.#prefix.length + 1))
    );
  }

  async #finishFile(): Promise<void> {
    const writer = this.#writer;
    this.#writer = null;
    await writer?.end();
  }

  async #withStorageErrors<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ShapelineError || isProgramFault(error)) throw error;
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
  /** Closes without finishing the file; its owner deletes it. */
  discard(): Promise<void>;
}

const openWriter: Readonly<Record<ExportFormat, (path: string) => Promise<FileWriter<never>>>> = {
  json: async (path) => new TextFileWriter(new BufferedFile(await open(path, "wx", privateFile))),
  arrow: async (path) => new ArrowExportWriter(new BufferedFile(await open(path, "wx", privateFile))),
  parquet: async (path) => new ParquetFileWriter(path),
};

/** Writes lines of text as UTF-8. */
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

  discard(): Promise<void> {
    return this.#file.close();
  }
}

/** Writes an Arrow IPC file. */
class ArrowExportWriter implements FileWriter<RecordBatch> {
  readonly #file: BufferedFile;
  readonly #writer: ArrowFileWriter;

  constructor(file: BufferedFile) {
    this.#file = file;
    this.#writer = new ArrowFileWriter((bytes) => file.write(bytes));
  }

  async write(batch: RecordBatch): Promise<void> {
    await this.#writer.write(batch);
  }

  async end(): Promise<void> {
    try {
      await this.#writer.end();
    } finally {
      await this.#file.end();
    }
  }

  discard(): Promise<void> {
    return this.#file.close();
  }
}
