import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import { rowShape } from "../../../dsl/rows.js";
import { describeValue } from "../../util/format-value.js";
import { type ChosenColumns, chooseColumns } from "../choose-columns.js";
import type { WantedRows } from "../wanted-rows.js";
import { describeScalar, readList, readScalar } from "./cell-values.js";
import { type Cell, parseCsv } from "./parse-csv.js";
import { detectSeparator } from "./separator.js";

/** Records with the inputs of a pipeline, and what was left out of the file. */
export interface CsvRows {
  readonly rows: readonly Record<string, unknown>[];
  readonly chosen: ChosenColumns;
}

/**
 * Reads CSV with a header as records. An input is one column, with lists as JSON text, or one column for each element
 * of a row: `x_0`, `x_1`, … An empty cell is null.
 *
 * @throws InputError SL5030 for text that is not CSV, SL5003, SL5004 and SL5034 for its columns, SL5006 for a cell
 */
export async function readCsv(text: string, wanted: WantedRows, file: string): Promise<CsvRows> {
  const { header, rows, lines } = await parseCsv(text, detectSeparator(text, wanted.inputs, file), file, wanted.pace);
  const chosen = chooseColumns(header, wanted, file);
  const records: Record<string, unknown>[] = [];
  for (const [row, cells] of rows.entries()) {
    if (wanted.pace.isDue()) await wanted.pace.rest();
    const where = (column: number): string => `row ${row} (line ${lines[row]}), column '${header[column]}'`;
    const record: Record<string, unknown> = {};
    for (const input of chosen.columns) {
      const { port } = input;
      const value =
        input.kind === "one"
          ? readCell(port, cells[input.at] ?? null, () => where(input.at), file)
          : input.at.map((at) => readElement(port, cells[at] ?? null, () => where(at), file));
      // A plain assignment to `__proto__` would set no member.
      Object.defineProperty(record, port.name, { value, enumerable: true, writable: true, configurable: true });
    }
    records.push(record);
  }
  return { rows: records, chosen };
}

function readCell(port: Port, cell: Cell, where: () => string, file: string): unknown {
  if (cell === null) return null;
  const shape = rowShape(port.shape);
  const isList = cell.trimStart().startsWith("[");
  if (shape === null ? isList && port.dtype !== "string" : shape.length > 0 && isList) {
    const list = readList(port.dtype, cell);
    if (list !== undefined) return list;
    throw new InputError(
      "SL5006",
      `'${file}', ${where()}: expected a list as JSON text, such as "[1, 2, 3]", got ${describeValue(cell)}; in pandas: df["${port.name}"] = df["${port.name}"].map(lambda v: json.dumps(np.asarray(v).tolist()))`,
      { file, input: port.name },
    );
  }
  // A row of one number, such as [batch, 1], may be written as the number.
  if (shape !== null && shape.length > 0 && shape.every((dim) => dim === 1))
    return shape.reduce<unknown>((value) => [value], readElement(port, cell, where, file));
  if (shape !== null && shape.length > 0) {
    throw new InputError(
      "SL5008",
      `'${file}', ${where()}: expected a list as JSON text, such as "[1, 2, 3]", got ${describeValue(cell)}`,
      { file, input: port.name },
    );
  }
  return readElement(port, cell, where, file);
}

function readElement({ name, dtype }: Port, cell: Cell, where: () => string, file: string): unknown {
  if (cell === null) return null;
  const value = readScalar(dtype, cell);
  if (value !== undefined) return value;
  const hint = /^\s*-?\d+,\d+\s*$/.test(cell) ? "; write decimals with a point" : "";
  throw new InputError(
    "SL5006",
    `'${file}', ${where()}: expected ${describeScalar(dtype)}, got ${describeValue(cell)}${hint}; leave the cell empty where there is no value`,
    { file, input: name },
  );
}
