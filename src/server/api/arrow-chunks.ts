import type { Table } from "apache-arrow";

/** The mark at the end of an Arrow stream. */
const endBytes = 8;

/** Tables of one schema as the bytes of one Arrow stream, a table at a time. */
export async function* arrowChunks(
  tables: AsyncIterable<Table> | Iterable<Table>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { tableToIPC } = await import("apache-arrow");
  let end: Uint8Array | null = null;
  for await (const table of tables) {
    const bytes = tableToIPC(table, "stream");
    const until = bytes.length - endBytes;
    yield bytes.subarray(end === null ? 0 : schemaBytes(bytes), until);
    end = bytes.subarray(until);
  }
  if (end !== null) yield end;
}

/** The length of the first message, the schema: a mark, the length of its metadata, the metadata. */
function schemaBytes(bytes: Uint8Array): number {
  return endBytes + new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true);
}
