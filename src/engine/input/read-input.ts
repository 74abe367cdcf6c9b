import type { Table } from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import { tensorFromVector } from "../../tensors/arrow/from-arrow.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";
import { batchReader } from "./batch-reader.js";
import { elementTypes } from "./elements.js";
import type { InputBatch } from "./input-batch.js";
import { missingInput, repeatedOrUnknown } from "./names.js";
import { type RequestLimits, defaultRequestLimits, requireInputSize } from "./request-size.js";
import { symbolCheck } from "./symbols.js";

/**
 * Creates the reader of a pipeline's requests: rows, columns or an Arrow table.
 *
 * @param inputs the pipeline's inputs
 * @param limits the most elements and bytes of a request
 * @returns a function that throws InputError SL5xxx for anything that is not exactly a batch of them
 */
export function inputReader(
  pipeline: string,
  inputs: readonly Port[],
  missing: readonly string[] = [],
  limits: RequestLimits = defaultRequestLimits,
): (input: unknown) => InputBatch {
  return batchReader(pipeline, inputs, tableReader, missing, limits);
}

function tableReader(
  pipeline: string,
  ports: readonly Port[],
  missing: readonly string[],
  limits: RequestLimits,
): (table: Table) => InputBatch {
  const checkSymbols = symbolCheck(ports);
  return (table) => {
    const columns = table.schema.fields.map((field) => String(field.name));
    const fault =
      missingInput(pipeline, ports, columns, "the table") ??
      (columns.length > ports.length ? repeatedOrUnknown(pipeline, ports, columns, "the table", "column") : null);
    if (fault !== null) throw fault;
    if (table.numRows === 0) throw new InputError("SL5001", "the batch is empty: give at least one row");
    const tensors: RowsTensor[] = [];
    for (const port of ports) {
      const vector = table.getChild(port.name);
      if (vector === null) continue;
      const tensor = tensorFromVector(vector, port, `column '${port.name}'`, {
        nullAsNaN: missing.includes(port.name),
        onElements: (count) => requireInputSize(port, count, limits),
      });
      if (port.dtype === "string") checkTexts(port, tensor.data);
      tensors.push(tensor);
    }
    checkSymbols?.(tensors);
    return { form: "table", rows: table.numRows, tensors };
  };
}

function checkTexts(port: Port, texts: ArrayLike<unknown>): void {
  for (let at = 0; at < texts.length; at++) {
    const refusal = elementTypes.string.refusal(texts[at]);
    if (refusal !== null)
      throw new InputError(refusal.code, `column '${port.name}', element ${at}: ${refusal.text}`, { input: port.name });
  }
}
