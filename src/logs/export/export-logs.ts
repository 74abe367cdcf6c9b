import { makeData, RecordBatch, Schema, Struct, type Table } from "apache-arrow";
import type { ExportedLogs, ExportProgress } from "../../../dsl/deployment.js";
import type { ColumnSelection } from "../../tensors/column-selection.js";
import { jsonRows } from "../../tensors/json/json-lines.js";
import { toTable } from "../../tensors/arrow/to-table.js";
import { mergeWithheld, withheldColumns } from "../../tensors/result.js";
import { batchSize, emptyFileSize } from "./arrow-size.js";
import { ExportFiles, type ExportFormat } from "./export-files.js";
import type { LogBatch, LogQuery, PageSize } from "../pipeline-log.js";

/** Options of an export. */
export interface LogExport {
  readonly directory: string;
  readonly prefix: string;
  readonly format: ExportFormat;
  /** Maximum number of rows; null: all. */
  readonly limit: number | null;
  /** Maximum size of all files in bytes. */
  readonly size: number;
  readonly query: Omit<LogQuery, "limit" | "after">;
  readonly choice: ColumnSelection;
  /** Called after every page. */
  readonly progress: ((progress: ExportProgress) => void) | null;
}

/** Reads a log page by page. */
type ReadPages = (query: LogQuery, size: PageSize) => AsyncIterable<readonly LogBatch[]>;

/**
 * Rows per page, so that memory does not grow with the log. JSON pages are smaller: formatting blocks the event loop.
 */
const pageRows: Readonly<Record<ExportFormat, number>> = { json: 2048, arrow: 8192, parquet: 8192 };
const pageBytes = 8 * 2 ** 20;

/**
 * Writes a log to files, newest rows first. A new file begins where the columns change.
 *
 * @param read reads the log
 * @throws StorageError SL7030, SL7010; InputError SL5031. No file remains then
 */
export async function exportLog(read: ReadPages, wanted: LogExport): Promise<ExportedLogs> {
  const files = new ExportFiles(wanted.directory, wanted.prefix, wanted.format);
  try {
    const { rows, cut, withheld } = await writeRows(read, wanted, files);
    return { ...(await files.finish()), rows, cut, withheld };
  } catch (error) {
    await files.discard();
    throw error;
  }
}

async function writeRows(
  read: ReadPages,
  { query, limit, size, format, choice, progress }: LogExport,
  files: ExportFiles,
): Promise<Pick<ExportedLogs, "rows" | "cut" | "withheld">> {
  // Parquet files are measured by the size of their rows in Arrow, which is an upper bound.
  const partOf = format === "json" ? textPart : arrowPart;
  let rows = 0;
  let bytesLeft = size;
  let columns: string | null = null;
  let cut: ExportedLogs["cut"] = null;
  let withheld = withheldColumns([]);
  // One extra row shows whether the limit cut off any.
  const pageQuery = limit === null ? query : { ...query, limit: Math.min(limit + 1, Number.MAX_SAFE_INTEGER) };
  for await (const page of read(pageQuery, { rows: pageRows[format], bytes: pageBytes })) {
    for (const batch of page) {
      const taken = limit === null ? batch.rows : Math.min(batch.rows, limit - rows);
      const part: Part | null =
        taken === 0 ? null : partOf(batch, taken, { ...choice, lenient: rows > 0 }, bytesLeft, columns);
      if (part !== null && part.rows > 0) {
        if (part.columns !== columns) await files.startFile();
        columns = part.columns;
        await files.write(part.content);
        bytesLeft -= part.bytes;
        rows += part.rows;
        withheld = mergeWithheld(withheld, withheldColumns([batch]));
      }
      if (part !== null && part.rows < taken) cut = "size";
      else if (taken < batch.rows) cut = "limit";
      if (cut !== null) break;
    }
    progress?.({ rows, bytes: size - bytesLeft, files: files.count });
    if (cut !== null) break;
  }
  return { rows, cut, withheld };
}

/** The first rows of a batch, as many as fit into the size limit. */
interface Part {
  readonly rows: number;
  readonly bytes: number;
  /** Equal for rows that can be in one file. */
  readonly columns: string;
  readonly content: Uint8Array | RecordBatch;
}

function textPart(batch: LogBatch, maxRows: number, choice: ColumnSelection, bytesLeft: number): Part {
  const { rows: texts, columns } = jsonRows(batch, choice);
  let rows = maxRows;
  let content = Buffer.from(lines(texts, rows));
  if (content.byteLength > bytesLeft) {
    rows = 0;
    for (let bytes = 0; rows < maxRows; rows++) {
      bytes += Buffer.byteLength(texts[rows] ?? "") + 1;
      if (bytes > bytesLeft) break;
    }
    content = Buffer.from(lines(texts, rows));
  }
  return { rows, bytes: content.byteLength, columns: columns.join("\n"), content };
}

function lines(texts: readonly string[], rows: number): string {
  return rows === 0 ? "" : `${(rows === texts.length ? texts : texts.slice(0, rows)).join("\n")}\n`;
}

/** @param file columns of the current file, whose schema and footer are already counted; null if there is none */
function arrowPart(
  batch: LogBatch,
  maxRows: number,
  choice: ColumnSelection,
  bytesLeft: number,
  file: string | null,
): Part {
  const table = toTable(batch, choice);
  let rows = maxRows;
  let part = nullableRows(table, rows);
  const { fields, metadata } = part.schema;
  // Rows of a version that withholds other columns start a new file: a file has one schema, whose metadata says which.
  const columns = [
    ...fields.map((field) => `${field.name}: ${String(field.type)}`),
    JSON.stringify([...metadata]),
  ].join("\n");
  const frame = columns === file ? 0 : emptyFileSize(part.schema);
  let bytes = frame + batchSize(part);
  while (bytes > bytesLeft && rows > 0) {
    rows = Math.min(rows - 1, Math.floor((rows * bytesLeft) / bytes));
    part = nullableRows(table, rows);
    bytes = frame + batchSize(part);
  }
  return { rows, bytes, columns, content: part };
}

/** Takes the first rows and makes every column nullable: some batches have nulls, and a file has one schema. */
function nullableRows(table: Table, rows: number): RecordBatch {
  const fields = table.schema.fields.map((field) => field.clone({ nullable: true }));
  const children = fields
    .map((_, column) => table.batches[0]?.data.children[column]?.slice(0, rows))
    .filter((child) => child !== undefined);
  return new RecordBatch(
    new Schema(fields, table.schema.metadata),
    makeData({ type: new Struct(fields), length: rows, nullCount: 0, children }),
  );
}
