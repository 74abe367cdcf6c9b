import type { StorageError } from "../../../dsl/errors.js";
import type { LogColumn } from "../schema/columns.js";
import type { Cells } from "./encode-rows.js";
import { ChunkBuffer } from "./column-buffer.js";

/** A table that rows are appended to. */
export interface TableSink {
  readonly table: string;
  readonly columns: readonly LogColumn[];
}

/** Rows of one table that are written together. */
export class WriteBatch {
  readonly sink: TableSink;
  readonly chunks: ChunkBuffer[] = [];
  rows = 0;
  /** Settles once they are in the database, or will never be. */
  readonly written: Promise<void>;
  resolve = (): void => undefined;
  reject = (_: StorageError): void => undefined;

  constructor(sink: TableSink) {
    this.sink = sink;
    this.written = new Promise((done, failed) => {
      this.resolve = done;
      this.reject = failed;
    });
  }

  static of(sink: TableSink, rows: number, cells: readonly Cells[]): WriteBatch {
    const batch = new WriteBatch(sink);
    batch.add(cells, rows);
    return batch;
  }

  /** The id of its first row. */
  get firstRow(): bigint {
    const ids = this.chunks[0]?.columns.find(({ column }) => column.kind === "row")?.values;
    return BigInt(ids?.[0] ?? -1);
  }

  add(cells: readonly Cells[], rows: number): void {
    for (let from = 0; from < rows;) {
      let block = this.chunks.at(-1);
      if (block === undefined || block.full) this.chunks.push((block = new ChunkBuffer(this.sink.columns)));
      from = block.add(cells, from, rows);
    }
    this.rows += rows;
  }
}
