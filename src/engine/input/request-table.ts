import { Field, makeData, RecordBatch, Schema, Struct, Table } from "apache-arrow";
import type { Port } from "../../../dsl/tensor.js";
import { inputReader } from "./read-input.js";
import { tensorToArrowData } from "../../tensors/arrow/to-arrow.js";

/** The ports that a request's rows must have. */
export interface RequestPorts {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly missing?: readonly string[] | undefined;
}

/**
 * Converts records, columns or a table to one Arrow table with the ports as columns.
 *
 * @throws InputError SL5xxx for rows that do not fit the ports
 */
export function requestTable({ name, inputs, missing }: RequestPorts, request: unknown): Table {
  const { rows, tensors } = inputReader(name, inputs, missing)(request);
  const children = tensors.map((tensor) => tensorToArrowData(tensor));
  const fields = inputs.map((port, i) => new Field(port.name, (children[i] as (typeof children)[number]).type, false));
  const data = makeData({ type: new Struct(fields), length: rows, nullCount: 0, children });
  return new Table([new RecordBatch(new Schema(fields), data)]);
}
