import { setImmediate } from "node:timers/promises";
import { allColumns, type ColumnSelection } from "./column-selection.js";
import { recordsOf } from "./format-result.js";
import type { ResultRecord } from "./result.js";
import { type Batch, layout } from "./result-columns.js";

/** As `toRecords`; the event loop is free between two batches. A file of its own: browsers have no `setImmediate`. */
export async function toRecordsInSlices(
  batches: readonly Batch[],
  selection: ColumnSelection = allColumns,
): Promise<ResultRecord[]> {
  const columns = layout(batches, selection);
  const records: ResultRecord[] = [];
  for (const batch of batches) {
    for (const record of recordsOf(batch, columns, selection)) records.push(record);
    await setImmediate();
  }
  return records;
}
