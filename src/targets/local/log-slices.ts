import type { WithheldColumns } from "../../../dsl/deployment.js";
import type { LogBatch, LogLayout } from "../../logs/pipeline-log.js";
import { emptyBatch } from "../../logs/read/empty-batch.js";
import type { ColumnSelection } from "../../tensors/column-selection.js";
import { toRecords } from "../../tensors/format-result.js";
import { recordTypes, type ResultTypes } from "../../tensors/record-types.js";
import { withheldColumns, type ResultRecord } from "../../tensors/result.js";
import { layout } from "../../tensors/result-columns.js";

/** Logged rows of one version, and what describes them. */
export interface LogSlice {
  readonly types: ResultTypes;
  readonly records: readonly ResultRecord[];
  readonly withheld: WithheldColumns;
}

/**
 * The rows of pages as records. A record has the columns of its own version only.
 *
 * @param layouts the versions of the rows in the pages
 * @throws InputError SL5031 if no version has a column that the selection names
 */
export async function* logSlices(
  pages: AsyncIterable<readonly LogBatch[]>,
  layouts: readonly LogLayout[],
  choice: ColumnSelection,
): AsyncGenerator<LogSlice, void, undefined> {
  const known = layouts.map(emptyBatch);
  const lenient = { ...choice, lenient: true };
  let isChecked = false;
  for await (const page of pages) {
    // Ports of unknown rank are only in batches with rows.
    if (!isChecked) layout([...known, ...page], choice);
    isChecked = true;
    for (const batch of page)
      yield {
        types: recordTypes(batch, lenient),
        records: toRecords(batch, lenient),
        withheld: withheldColumns([batch]),
      };
  }
  if (!isChecked) layout(known, choice);
}
