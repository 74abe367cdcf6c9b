import { DictionaryBatch } from "apache-arrow/fb/dictionary-batch";
import { Endianness } from "apache-arrow/fb/endianness";
import { Footer } from "apache-arrow/fb/footer";
import { Message } from "apache-arrow/fb/message";
import { MessageHeader } from "apache-arrow/fb/message-header";
import { MetadataVersion } from "apache-arrow/fb/metadata-version";
import { RecordBatch } from "apache-arrow/fb/record-batch";
import { Schema } from "apache-arrow/fb/schema";
import { ByteBuffer } from "flatbuffers";

// The framing of Arrow's IPC format: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
// Reading a flatbuffer outside its bytes gives zeros, so every size is compared with the bytes that are there.

/** Thrown for bytes that are no complete Arrow data. The message ends "… is not a complete Arrow file: ". */
export class DamagedArrowError extends Error {}

/** A batch of rows, or of a dictionary's values. */
export interface IpcBatch {
  readonly kind: "rows" | "dictionary";
  readonly batch: RecordBatch;
  /** The dictionary, and whether its values are added to earlier ones. */
  readonly id: bigint;
  readonly isDelta: boolean;
  readonly body: Uint8Array;
  readonly metadataBytes: number;
}

/** A schema and its batches, each dictionary before the rows that use it. */
export interface IpcContent {
  readonly schema: Schema;
  /** The size of the schema's encoding: no list in it can have more entries. */
  readonly schemaBytes: number;
  readonly version: MetadataVersion;
  readonly batches: readonly IpcBatch[];
}

const magicLength = 6;
const continuation = -1;

/** @throws DamagedArrowError for incomplete or contradictory data */
export function readIpcFile(bytes: Uint8Array): IpcContent {
  const view = viewOf(bytes);
  const tail = magicLength + 4;
  const isComplete = bytes.length >= 8 + tail && magicAt(bytes, bytes.length - magicLength);
  if (!isComplete) throw new DamagedArrowError("its end is missing");
  const footerSize = view.getInt32(bytes.length - tail, true);
  const start = bytes.length - tail - footerSize;
  if (footerSize <= 0 || start < 8) throw new DamagedArrowError(`its footer has ${footerSize} bytes`);
  const footer = Footer.getRootAsFooter(new ByteBuffer(bytes.subarray(start, start + footerSize)));
  const schema = footer.schema();
  if (schema === null) throw new DamagedArrowError("it has no schema");
  checkVersion(footer.version());
  checkSchema(schema);
  const blocks = [
    ...list(footer.dictionariesLength(), footerSize, (i) => footer.dictionaries(i)),
    ...list(footer.recordBatchesLength(), footerSize, (i) => footer.recordBatches(i)),
  ];
  const batches = blocks.map((block) => {
    const message = readMessage(bytes, Number(block.offset()));
    if (message === null) throw new DamagedArrowError("a batch ends outside the file");
    return batchOf(message);
  });
  return { schema, schemaBytes: footerSize, version: footer.version(), batches };
}

/** @throws DamagedArrowError for incomplete or contradictory data */
export function readIpcStream(bytes: Uint8Array): IpcContent {
  let at = 0;
  const next = (): ReadMessage => {
    const message = readMessage(bytes, at);
    if (message === null) throw new DamagedArrowError("its end is missing");
    at = message.end;
    return message;
  };
  const first = next();
  const schema = first.header(MessageHeader.Schema, new Schema());
  checkSchema(schema);
  const batches: IpcBatch[] = [];
  for (;;) {
    const message = next();
    // The mark of the end has no metadata.
    if (message.metadataBytes === 0) break;
    batches.push(batchOf(message));
  }
  return { schema, schemaBytes: first.metadataBytes, version: first.version, batches };
}

interface ReadMessage {
  readonly metadataBytes: number;
  readonly header: <T>(type: MessageHeader, into: T) => T;
  readonly type: MessageHeader;
  readonly version: MetadataVersion;
  readonly body: Uint8Array;
  readonly end: number;
}

/** Reads the message at a place; null if it ends outside the bytes. */
function readMessage(bytes: Uint8Array, place: number): ReadMessage | null {
  const view = viewOf(bytes);
  let at = place;
  if (!(at >= 0 && at + 8 <= bytes.length)) return null;
  let size = view.getInt32(at, true);
  at += 4;
  // Writers before version 0.15 wrote no mark before the size.
  if (size === continuation) {
    size = view.getInt32(at, true);
    at += 4;
  }
  if (size < 0 || at + size > bytes.length) return null;
  const message = Message.getRootAsMessage(new ByteBuffer(bytes.subarray(at, at + size)));
  const isEnd = size === 0;
  const type = isEnd ? MessageHeader.NONE : message.headerType();
  const bodyLength = isEnd ? 0 : Number(message.bodyLength());
  const version = isEnd ? MetadataVersion.V5 : message.version();
  checkVersion(version);
  const bodyStart = at + size;
  if (!(bodyLength >= 0 && bodyStart + bodyLength <= bytes.length)) return null;
  return {
    metadataBytes: size,
    type,
    version,
    header(wanted, into) {
      const header = type === wanted ? (message.header(into) as typeof into | null) : null;
      if (header === null)
        throw new DamagedArrowError(`it holds a ${MessageHeader[type] ?? "message of unknown type"}`);
      return header;
    },
    body: bytes.subarray(bodyStart, bodyStart + bodyLength),
    end: bodyStart + bodyLength,
  };
}

function batchOf(message: ReadMessage): IpcBatch {
  const { body, metadataBytes } = message;
  if (message.type !== MessageHeader.DictionaryBatch) {
    const batch = message.header(MessageHeader.RecordBatch, new RecordBatch());
    return { kind: "rows", batch, id: 0n, isDelta: false, body, metadataBytes };
  }
  const dictionary = message.header(MessageHeader.DictionaryBatch, new DictionaryBatch());
  const batch = dictionary.data();
  if (batch === null) throw new DamagedArrowError("a dictionary has no values");
  return { kind: "dictionary", batch, id: dictionary.id(), isDelta: dictionary.isDelta(), body, metadataBytes };
}

function checkVersion(version: MetadataVersion): void {
  if (version !== MetadataVersion.V4 && version !== MetadataVersion.V5)
    throw new DamagedArrowError(
      `its metadata have the version ${MetadataVersion[version] ?? version}; V4 and V5 are taken`,
    );
}

function checkSchema(schema: Schema): void {
  if (schema.endianness() !== Endianness.Little)
    throw new DamagedArrowError("its numbers are big-endian; write it little-endian");
}

/** The entries of a list of a flatbuffer; each entry has at least 4 of its bytes. */
export function list<T>(length: number, bytes: number, at: (index: number) => T | null): T[] {
  if (length < 0 || length * 4 > bytes) throw new DamagedArrowError(`a list of its metadata has ${length} entries`);
  return Array.from({ length }, (_, i) => {
    const entry = at(i);
    if (entry === null) throw new DamagedArrowError("an entry of its metadata is missing");
    return entry;
  });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function magicAt(bytes: Uint8Array, at: number): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, magicLength).toString("latin1") === "ARROW1";
}
