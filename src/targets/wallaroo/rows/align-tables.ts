import { type Data, type DataType, type Field, RecordBatch, Schema, Struct, Table, makeData } from "apache-arrow";
import { TargetError } from "../../../../dsl/errors.js";
import { nullData } from "../../../tensors/arrow/to-arrow.js";

/**
 * Puts tables below each other. Columns that one lacks are null in its rows.
 *
 * @throws TargetError SL6055 for a column that has two types
 */
export function alignTables(tables: readonly Table[]): Table {
  const fields = new Map<string, Field>();
  for (const { schema } of tables)
    for (const field of schema.fields) {
      const known = fields.get(field.name);
      if (known !== undefined && typeText(known) !== typeText(field))
        throw new TargetError(
          "SL6055",
          `the log's column '${field.name}' has two types, ${typeText(known)} and ${typeText(field)}; read the versions apart, with start and end`,
          { column: field.name },
        );
      if (known === undefined) fields.set(field.name, field.clone({ nullable: true }));
    }
  const schema = new Schema([...fields.values()]);
  const struct = new Struct(schema.fields);
  const batches = tables.flatMap(({ batches: parts }) =>
    parts
      .filter(({ numRows }) => numRows > 0)
      .map((batch) => {
        const children = schema.fields.map(
          (field): Data<DataType> =>
            (batch.getChild(field.name)?.data[0] as Data<DataType> | undefined) ??
            nullData(field.type as DataType, batch.numRows),
        );
        return new RecordBatch(schema, makeData({ type: struct, length: batch.numRows, nullCount: 0, children }));
      }),
  );
  return new Table(schema, batches);
}

const typeText = (field: Field): string => String(field);
