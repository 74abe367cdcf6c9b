import { RecordBatchReader, Table, tableFromIPC, tableToIPC } from "apache-arrow";
import type { ArrowTable } from "../../../dsl/deployment.js";

// Loaded for calls with tables only.

/** A table as the bytes of an Arrow stream. */
export function writeTable(table: Table): Uint8Array<ArrayBuffer> {
  return tableToIPC(table, "stream") as Uint8Array<ArrayBuffer>;
}

/** The table of an Arrow stream. */
export function readTable(bytes: Uint8Array): ArrowTable {
  return tableFromIPC(bytes);
}

/** The batches of an Arrow stream as they arrive, each as a table. Without rows, one empty table has the columns. */
export async function* readTables(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<ArrowTable, void, undefined> {
  try {
    const reader = await RecordBatchReader.from(chunks);
    await reader.open();
    let isEmpty = true;
    for await (const batch of reader) {
      isEmpty = false;
      yield new Table(reader.schema, [batch]);
    }
    if (isEmpty) yield new Table(reader.schema, []);
  } finally {
    await chunks.return(undefined);
  }
}
