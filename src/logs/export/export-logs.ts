import { makeData, RecordBatch, Schema, Struct, type Table } from "apache-arrow";
import type { ExportedLogs, ExportProgress } from "../../../dsl/deployment.js";
import type { Choice } from "../../tensors/column-selection.js";
import { jsonRows } from "../../tensors/json-lines.js";
import { asTable } from "../../tensors/format-result.js";
import { batchSize, emptyFileSize } from "./arrow-size.js";
import { ExportFiles, type ExportFormat } from "./export-files.js";
import type { LogBatch, LogQuery, PageSize } from "../pipeline-log.js";

/** What to export, and where to. */
export interface LogExport {
  readonly directory: string;
  readonly prefix: string;
  readonly format: ExportFormat;
  /** The most rows; null: all. */
  readonly limit: number | null;
  /** The most bytes. */
  readonly size: number;
  readonly query: Omit<LogQuery, "limit" | "after">;
  readonly choice: Choice;
  /** Told after every page. */
  readonly progress: ((progress: ExportProgress) => void) | null;
}

/** Reads a log page by page. */
type ReadPages = (query: LogQuery, size: PageSize) => AsyncIterable<readonly LogBatch[]>;

/** Rows are read and written this many at a time, so that memory does not grow with the log. Text takes long, on the event loop. */
const pageRows: Readonly<Record<ExportFormat, number>> = { json: 2048, arrow: 8192, parquet: 8192 };
const pageBytes = 8 * 2 ** 20;

/**
 * Writes a log to files, newest rows first. A new file begins where the columns change.
 *
 * @param read the log
 * @throws StorageError SL7030, SL7010, InputError SL5031; no file is left then
 */
export async function exportLog(read: ReadPages, wanted: LogExport): Promise<ExportedLogs> {
  const files = new ExportFiles(wanted.directory, wanted.prefix, wanted.format);
  try {
    const { rows, cut } = await writeRows(read, wanted, files);
    return { ...(await files.finish()), rows, cut };
  } catch (error) {
    await files.discard();
    throw error;
  }
}

async function writeRows(
  read: ReadPages,
  { query, limit, size, format, choice, progress }: LogExport,
  files: ExportFiles,
): Promise<{ rows: number; cut: ExportedLogs["cut"] }> {
  // A Parquet file is no longer than the same rows in Arrow: they are what is counted.
  const partOf = format === "json" ? textPart : arrowPart;
  let rows = 0;
  let room = size;
  let columns: string | null = null;
  let cut: ExportedLogs["cut"] = null;
  // One row more than is wanted tells whether the limit cuts any.
  const asked = limit === null ? query : { ...query, limit: Math.min(limit + 1, Number.MAX_SAFE_INTEGER) };
  for await (const page of read(asked, { rows: pageRows[format], bytes: pageBytes })) {
    for (const batch of page) {
      const taken = limit === null ? batch.rows : Math.min(batch.rows, limit - rows);
      const part: Part | null =
        taken === 0 ? null : partOf(batch, taken, { ...choice, lenient: rows > 0 }, room, columns);
      if (part !== null && part.rows > 0) {
        if (part.columns !== columns) await files.startFile();
        columns = part.columns;
        await files.write(part.content);
        room -= part.bytes;
        rows += part.rows;
      }
      if (part !== null && part.rows < taken) cut = "size";
      else if (taken < batch.rows) cut = "limit";
      if (cut !== null) break;
    }
    progress?.({ rows, bytes: size - room, files: files.count });
    if (cut !== null) break;
  }
  return { rows, cut };
}

/** As many of a batch's first rows as there is room for. */
interface Part {
  readonly rows: number;
  readonly bytes: number;
  /** The same for rows that may stand in one file. */
  readonly columns: string;
  readonly content: Uint8Array | RecordBatch;
}

function textPart(batch: LogBatch, most: number, choice: Choice, room: number): Part {
  const { rows: texts, columns } = jsonRows(batch, choice);
  let rows = most;
  let content = Buffer.from(lines(texts, rows));
  if (content.byteLength > room) {
    rows = 0;
    for (let bytes = 0; rows < most; rows++) {
      bytes += Buffer.byteLength(texts[rows] ?? "") + 1;
      if (bytes > room) break;
    }
    content = Buffer.from(lines(texts, rows));
  }
  return { rows, bytes: content.byteLength, columns: columns.join("\n"), content };
}

function lines(texts: readonly string[], rows: number): string {
  return rows === 0 ? "" : `${(rows === texts.length ? texts : texts.slice(0, rows)).join("\n")}\n`;
}

/** @param file the columns of the file under way, whose frame is counted already */
function arrowPart(batch: LogBatch, most: number, choice: Choice, room: number, file: string | null): Part {
  const table = asTable(batch, choice);
  let rows = most;
  let part = nullable(table, rows);
  const columns = part.schema.fields.map((field) => `${field.name}: ${String(field.type)}`).join("\n");
  const frame = columns === file ? 0 : emptyFileSize(part.schema);
  let bytes = frame + batchSize(part);
  while (bytes > room && rows > 0) {
    rows = Math.min(rows - 1, Math.floor((rows * room) / bytes));
    part = nullable(table, rows);
    bytes = frame + batchSize(part);
  }
  return { rows, bytes, columns, content: part };
}

/** Whether rows hold nulls differs from batch to batch, and a file has one schema: all columns may. */
function nullable(table: Table, rows: number): RecordBatch {
  const fields = table.schema.fields.map((field) => field.clone({ nullable: true }));
  const children = fields
    .map((_, column) => table.batches[0]?.data.children[column]?.slice(0, rows))
    .filter((child) => child !== undefined);
  return new RecordBatch(
    new Schema(fields),
    makeData({ type: new Struct(fields), length: rows, nullCount: 0, children }),
  );
}
