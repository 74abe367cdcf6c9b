import { DataType, Table, tableToIPC, type Data, type RecordBatch, type Schema } from "apache-arrow";

/** What a batch's message and its entry in the footer take besides, and what each of its columns does there: more than they do. */
const messageBytes = 256;
const nodeBytes = 96;

/** What an Arrow file of this schema takes without rows. */
export function emptyFileSize(schema: Schema): number {
  return tableToIPC(new Table(schema), "file").byteLength;
}

/** What a batch adds to an Arrow file: no less than it does, and little more. */
export function batchSize(batch: RecordBatch): number {
  return messageBytes + batch.data.children.reduce((sum, data) => sum + dataSize(data, 0, data.length), 0);
}

/** @param from of its elements; those from there on that are written */
function dataSize(data: Data, from: number, length: number): number {
  const nulls = data.nullCount > 0 ? padded(Math.ceil(length / 8)) : 0;
  return nodeBytes + nulls + elementsSize(data, from, length);
}

function elementsSize(data: Data, from: number, length: number): number {
  const type: DataType = data.type;
  if (DataType.isBool(type)) return padded(Math.ceil(length / 8));
  if (!DataType.isList(type) && !DataType.isUtf8(type))
    return padded(length * (data.values as Uint8Array).BYTES_PER_ELEMENT);
  const offsets = data.valueOffsets as Int32Array;
  const begin = offsets[from] ?? 0;
  const inside = (offsets[from + length] ?? begin) - begin;
  const child: Data | undefined = data.children[0];
  return padded((length + 1) * 4) + (child === undefined ? padded(inside) : dataSize(child, begin, inside));
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
