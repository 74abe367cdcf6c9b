import { DataType, Table, tableToIPC, type Data, type RecordBatch, type Schema } from "apache-arrow";

/** Upper bounds of the overhead of a batch (its message and footer entry) and of each of its columns. */
const messageBytes = 256;
const nodeBytes = 96;

/** Bytes of an Arrow file with this schema and no rows. */
export function emptyFileSize(schema: Schema): number {
  return tableToIPC(new Table(schema), "file").byteLength;
}

/** Bytes that a batch adds to an Arrow file: a close upper bound. */
export function batchSize(batch: RecordBatch): number {
  return messageBytes + batch.data.children.reduce((sum, data) => sum + dataSize(data, 0, data.length), 0);
}

/** @param from index of the first element to write */
function dataSize(data: Data, from: number, length: number): number {
  const nulls = data.nullCount > 0 ? padTo64(Math.ceil(length / 8)) : 0;
  return nodeBytes + nulls + elementsSize(data, from, length);
}

function elementsSize(data: Data, from: number, length: number): number {
  const type: DataType = data.type;
  if (DataType.isBool(type)) return padTo64(Math.ceil(length / 8));
  if (!DataType.isList(type) && !DataType.isUtf8(type))
    return padTo64(length * (data.values as Uint8Array).BYTES_PER_ELEMENT);
  const offsets = data.valueOffsets as Int32Array;
  const begin = offsets[from] ?? 0;
  const elements = (offsets[from + length] ?? begin) - begin;
  const child: Data | undefined = data.children[0];
  return padTo64((length + 1) * 4) + (child === undefined ? padTo64(elements) : dataSize(child, begin, elements));
}

function padTo64(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
