import type { StorageError } from "../../../dsl/errors.js";
import type { LogColumn } from "../schema/columns.js";
import type { Cells } from "./encode-rows.js";
import { ChunkBuffer } from "./column-buffer.js";

/** A table and its columns, to which rows are appended. */
export interface TableSink {
  readonly table: string;
  readonly columns: readonly LogColumn[];
}

/** Why rows could not be written. */
export interface WriteFailure {
  readonly cause: unknown;
}

/** Rows of one table that are committed together. */
export class WriteBatch {
  readonly sink: TableSink;
  readonly chunks: ChunkBuffer[] = [];
  rows = 0;
  /** Counted for relaxed batches only. */
  values = 0;
  /** Whether its rows were acknowledged before they are on disk. */
  readonly relaxed: boolean;
  /** Resolves once the rows are in the database; rejects if they will never be. */
  readonly written: Promise<void>;
  resolve = (): void => undefined;
  reject = (_: StorageError): void => undefined;

  constructor(sink: TableSink, relaxed = false) {
    this.sink = sink;
    this.relaxed = relaxed;
    this.written = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  static of(sink: TableSink, rows: number, cells: readonly Cells[]): WriteBatch {
    const batch = new WriteBatch(sink);
    batch.add(cells, rows);
    return batch;
  }

  /** The id of the first row. */
  get firstRow(): bigint {
    const ids = this.chunks[0]?.columns.find(({ column }) => column.kind === "row")?.values;
    return BigInt(ids?.[0] ?? -1);
  }

  add(cells: readonly Cells[], rows: number): void {
    for (let from = 0; from < rows;) {
      let chunk = this.chunks.at(-1);
      if (chunk === undefined || chunk.full) this.chunks.push((chunk = new ChunkBuffer(this.sink.columns)));
      from = chunk.add(cells, from, rows);
    }
    this.rows += rows;
  }
}
