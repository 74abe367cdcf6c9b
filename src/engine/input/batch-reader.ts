import type { Table } from "apache-arrow";
import { InputError, ShapelineError } from "../../../dsl/errors.js";
import { rowsFirst } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import { isTable, otherArrowForm } from "../../tensors/arrow/request-form.js";
import { columnReader } from "./columns.js";
import { errorSummary } from "../../util/error-message.js";
import { describeValue } from "../../util/format-value.js";
import type { InputBatch } from "./input-batch.js";
import { missingInput, unknownInput } from "./names.js";
import { type RequestLimits, defaultRequestLimits, requireRequestSize } from "./request-size.js";
import { hasFixedRows } from "./row-shape.js";
import { rowsReader } from "./rows.js";
import { requireSameValues, sharedInputs } from "./shared-inputs.js";
import { SymbolSizes } from "./symbols.js";

/** Creates the reader of tables for ports whose rows are first. */
export type TableReader = (
  pipeline: string,
  ports: readonly Port[],
  missing: readonly string[],
  limits: RequestLimits,
) => (table: Table) => InputBatch;

/**
 * Creates the reader of a pipeline's requests.
 *
 * @param inputs the pipeline's inputs
 * @param tableReader for Arrow tables, or one that refuses them
 * @param limits the most elements and bytes of a request
 * @returns a function that throws InputError SL5xxx for anything that is not exactly a batch of them
 */
export function batchReader(
  pipeline: string,
  inputs: readonly Port[],
  tableReader: TableReader,
  missing: readonly string[] = [],
  limits: RequestLimits = defaultRequestLimits,
): (input: unknown) => InputBatch {
  const ports = inputs.map(rowsFirst);
  const shared = sharedInputs(inputs);
  const readColumns = columnReader(
    pipeline,
    ports,
    shared.map(({ name }) => name),
    missing,
    limits,
  );
  const readRecords = recordsReader(pipeline, ports, missing, limits);
  const readTable = tableReader(pipeline, ports, missing, limits);
  const checked = (batch: InputBatch): InputBatch => {
    if (batch.rows > 1 && shared.length > 0) requireSameValues(inputs, batch.tensors, batch.rows);
    return batch;
  };
  const read = (input: unknown): InputBatch => {
    if (isTable(input)) return checked(readTable(input));
    const other = otherArrowForm(input);
    if (other !== null) throw notRows(other);
    if (Array.isArray(input)) return checked(readRecords(input));
    if (typeof input === "object" && input !== null && !ArrayBuffer.isView(input) && !isPromise(input))
      return readColumns(input);
    throw notRows(describeValue(input));
  };
  const notRows = (found: string): InputError =>
    new InputError(
      "SL5000",
      `pipeline '${pipeline}' takes rows [{ ${names(ports)} }], columns { ${names(ports)} } or an Arrow table, got ${found}`,
    );
  return (input) => {
    try {
      const batch = read(input);
      requireRequestSize(ports, batch.tensors, limits);
      return batch;
    } catch (cause) {
      if (cause instanceof ShapelineError) throw cause;
      // A getter or a proxy of the caller threw, or an object has lengths that no array can have.
      throw new InputError(
        "SL5000",
        `pipeline '${pipeline}': the request cannot be read: ${errorSummary(cause)}; give plain objects, arrays and typed arrays`,
        {},
        { cause },
      );
    }
  };
}

function recordsReader(
  pipeline: string,
  ports: readonly Port[],
  missing: readonly string[],
  limits: RequestLimits,
): (rows: readonly unknown[]) => InputBatch {
  const readers = ports.map((port) => rowsReader(port, port.name, missing.includes(port.name), limits));
  const hasSymbols = !ports.every(hasFixedRows);
  const noSymbols = new SymbolSizes();
  return (rows) => {
    if (rows.length === 0) throw new InputError("SL5001", "the batch is empty: give at least one row");
    for (let row = 0; row < rows.length; row++) checkKeys(pipeline, ports, rows[row], row);
    const symbols = hasSymbols ? new SymbolSizes() : noSymbols;
    return { form: "records", rows: rows.length, tensors: readers.map((read) => read(rows, symbols)) };
  };
}

function checkKeys(pipeline: string, ports: readonly Port[], row: unknown, at: number): void {
  if (typeof row !== "object" || row === null || Array.isArray(row) || ArrayBuffer.isView(row)) {
    throw new InputError("SL5002", `row ${at}: expected an object { ${names(ports)} }, got ${describeValue(row)}`, {
      row: at,
    });
  }
  let keys = 0;
  for (const _ in row) keys++;
  let found = 0;
  for (const port of ports) if (Object.hasOwn(row, port.name)) found++;
  if (keys === ports.length && found === ports.length) return;
  throw (
    missingInput(pipeline, ports, Object.keys(row), `row ${at}`, { row: at }) ??
    unknownInput(pipeline, ports, Object.keys(row), `row ${at}`, { row: at })
  );
}

function isPromise(input: object): boolean {
  return "then" in input && typeof input.then === "function";
}

function names(ports: readonly Port[]): string {
  return ports.map((port) => port.name).join(", ");
}
