import type { StorageError } from "../../../dsl/errors.js";
import type { LogColumn } from "../schema/columns.js";
import type { Cells } from "./encode.js";
import { RowBlock } from "./column-buffer.js";

/** A table that rows are appended to. */
export interface Sink {
  readonly table: string;
  readonly columns: readonly LogColumn[];
}

/** Rows of one table that are written together. */
export class Batch {
  readonly sink: Sink;
  readonly blocks: RowBlock[] = [];
  rows = 0;
  /** Settles once they are in the database, or will never be. */
  readonly written: Promise<void>;
  done = (): void => undefined;
  failed = (_: StorageError): void => undefined;

  constructor(sink: Sink) {
    this.sink = sink;
    this.written = new Promise((done, failed) => {
      this.done = done;
      this.failed = failed;
    });
  }

  static of(sink: Sink, rows: number, cells: readonly Cells[]): Batch {
    const batch = new Batch(sink);
    batch.add(cells, rows);
    return batch;
  }

  /** The id of its first row. */
  get firstRow(): bigint {
    const ids = this.blocks[0]?.columns.find(({ column }) => column.kind === "row")?.values;
    return BigInt(ids?.[0] ?? -1);
  }

  add(cells: readonly Cells[], rows: number): void {
    for (let from = 0; from < rows;) {
      let block = this.blocks.at(-1);
      if (block === undefined || block.full) this.blocks.push((block = new RowBlock(this.sink.columns)));
      from = block.add(cells, from, rows);
    }
    this.rows += rows;
  }
}
