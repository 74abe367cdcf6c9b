import type { RecordBatch, Table } from "apache-arrow";
import type { ExportedLogs } from "../../../../dsl/deployment.js";
import { batchSize, emptyFileSize } from "../../../logs/export/arrow-size.js";
import { ExportFiles } from "../../../logs/export/export-files.js";
import type { LogExport } from "../../../logs/export/export-logs.js";
import { toJson } from "../../../tensors/json/to-json.js";
import { columnsOfTable, recordsOfColumns } from "../rows/answer-rows.js";

/**
 * Writes pages of a log to files. A new file begins where the columns change. No file remains after an error.
 *
 * @throws StorageError SL7030; what reading the pages throws
 */
export async function exportPages(
  pages: AsyncIterable<Table>,
  { directory, prefix, format, size, limit, choice, progress }: LogExport,
): Promise<ExportedLogs> {
  const files = new ExportFiles(directory, prefix, format);
  let rows = 0;
  let bytes = 0;
  let cut: ExportedLogs["cut"] = null;
  let columns: string | null = null;
  const isFlat = choice.separator !== undefined;
  try {
    read: for await (const page of pages) {
      for (const batch of page.batches) {
        if (batch.numRows === 0) continue;
        const key = page.schema.fields.map((field) => String(field)).join("\n");
        const startsFile = key !== columns;
        let taken = limit === null ? batch.numRows : Math.min(batch.numRows, limit - rows);
        if (taken < batch.numRows) cut = "limit";
        const fits = (count: number): boolean =>
          bytes + (startsFile ? emptyFileSize(page.schema) : 0) + sizeOf(batch, count, format, isFlat) <= size;
        if (taken > 0 && !fits(taken)) {
          cut = "size";
          taken = largest(taken, fits);
        }
        if (taken > 0) {
          if (startsFile) await files.startFile();
          columns = key;
          const part = batch.slice(0, taken);
          bytes += sizeOf(part, taken, format, isFlat);
          await files.write(format === "json" ? jsonLines(part, taken, isFlat) : part);
          rows += taken;
        }
        progress?.({ rows, bytes, files: files.count });
        if (cut !== null) break read;
      }
    }
    return { ...(await files.finish()), rows, cut, withheld: { excluded: [], redacted: [], digested: [] } };
  } catch (error) {
    await files.discard();
    throw error;
  }
}

/** The largest count below `most` that fits. */
function largest(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high - 1) {
    const middle = (low + high) >> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function sizeOf(batch: RecordBatch, rows: number, format: LogExport["format"], isFlat: boolean): number {
  if (rows === 0) return 0;
  return format === "json" ? jsonLines(batch, rows, isFlat).byteLength : batchSize(batch.slice(0, rows));
}

function jsonLines(batch: RecordBatch, rows: number, isFlat: boolean): Uint8Array {
  const table = { schema: batch.schema, getChildAt: (i: number) => batch.getChildAt(i) } as unknown as Table;
  const records = recordsOfColumns(columnsOfTable(table, isFlat), rows);
  return Buffer.from(records.map((record) => `${toJson(record, 0)}\n`).join(""));
}
