import { makeData, RecordBatch, Schema, Struct, Table } from "apache-arrow";
import type { Choice } from "../../tensors/column-selection.js";
import { asTable } from "../../tensors/format-result.js";
import { emptyBatch } from "../read/empty-batch.js";
import type { LogBatch, LogLayout } from "../pipeline-log.js";

/**
 * Rows of a log as Arrow tables of one schema. A column that a row's version lacks is null in it.
 *
 * @param layouts the versions whose rows the pages hold, newest first
 * @throws StorageError SL7012 where versions hold one column in different types, what reading the pages throws, InputError SL5031
 */
export async function* arrowPages(
  pages: AsyncIterable<readonly LogBatch[]>,
  layouts: readonly LogLayout[],
  choice: Choice,
): AsyncGenerator<Table, void, undefined> {
  const columns = layouts.map(emptyBatch);
  const schema = nullable(asTable(columns, choice));
  let given = false;
  for await (const page of pages) {
    yield inSchema(page, columns, choice);
    given = true;
  }
  if (!given && layouts.length > 0) yield new Table(schema, []);
}

function inSchema(page: readonly LogBatch[], columns: readonly LogBatch[], choice: Choice): Table {
  const table = asTable([...columns, ...page], choice);
  const schema = nullable(table);
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

/** Whether rows hold nulls differs from page to page, and all have one schema: every column may. */
function nullable({ schema }: Table): Schema {
  return new Schema(schema.fields.map((field) => field.clone({ nullable: true })));
}
