import type { DType } from "../../dsl/tensor.js";
import { setOwnProperty } from "../util/objects.js";
import type { ColumnSelection } from "./column-selection.js";
import { type Batch, type Column, layout, portCells } from "./result-columns.js";

/** What the values of a column are: a dtype, a Date, or JSON. */
type ColumnType = DType | "time" | "json";

/** The types of the columns of records, in the form of a record. */
export interface ResultTypes {
  readonly [column: string]: ColumnType | { readonly [name: string]: ColumnType };
}

/** The types of the columns that `toRecords` gives for a batch. */
export function recordTypes(batch: Batch, selection: ColumnSelection): ResultTypes {
  const types: Record<string, ColumnType | Record<string, ColumnType>> = {};
  const { separator } = selection;
  for (const column of layout([batch], selection)) {
    const { group, name, kind } = column;
    if (kind === "group") types[group] ??= {};
    else if (name === null) types[group] = typeOf(column, batch);
    else if (separator !== null) setOwnProperty(types, `${group}${separator}${name}`, typeOf(column, batch));
    else setOwnProperty((types[group] ??= {}) as Record<string, unknown>, name, typeOf(column, batch));
  }
  return types;
}

function typeOf(column: Column, batch: Batch): ColumnType {
  switch (column.kind) {
    case "time":
      return "time";
    case "count":
      return "int32";
    case "flag":
      return "bool";
    case "longDigest":
      return "string";
    case "port":
      return portCells(column, batch)?.tensor.dtype ?? "json";
    default:
      return "json";
  }
}
