import { makeData, RecordBatch, Schema, Struct, Table } from "apache-arrow";
import type { ColumnSelection } from "../../tensors/column-selection.js";
import { toTable } from "../../tensors/arrow/to-table.js";
import { emptyBatch } from "../read/empty-batch.js";
import type { LogBatch, LogLayout } from "../pipeline-log.js";

/**
 * Converts pages of a log to Arrow tables with one schema. A column that a row's version lacks is null.
 *
 * @param layouts the versions of the rows in the pages, newest first
 * @throws StorageError SL7012 if a column's type differs between versions; InputError SL5031; the errors of `pages`
 */
export async function* arrowPages(
  pages: AsyncIterable<readonly LogBatch[]>,
  layouts: readonly LogLayout[],
  choice: ColumnSelection,
): AsyncGenerator<Table, void, undefined> {
  const columns = layouts.map(emptyBatch);
  const schema = withNullableColumns(toTable(columns, choice));
  let anyPage = false;
  for await (const page of pages) {
    yield inSchema(page, columns, choice);
    anyPage = true;
  }
  if (!anyPage && layouts.length > 0) yield new Table(schema, []);
}

function inSchema(page: readonly LogBatch[], columns: readonly LogBatch[], choice: ColumnSelection): Table {
  const table = toTable([...columns, ...page], choice);
  const schema = withNullableColumns(table);
  const struct = new Struct(schema.fields);
  const batches = table.batches.filter(({ numRows }) => numRows > 0);
  return new Table(
    schema,
    batches.map(
      ({ data, numRows }) =>
        new RecordBatch(schema, makeData({ type: struct, length: numRows, nullCount: 0, children: data.children })),
    ),
  );
}

/** Makes every column nullable: some pages have nulls, and all need the same schema. */
function withNullableColumns({ schema }: Table): Schema {
  return new Schema(
    schema.fields.map((field) => field.clone({ nullable: true })),
    schema.metadata,
  );
}
