import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import { joinRows } from "../../tensors/row-ranges.js";
import { isRagged, type RowsTensor, type TensorData } from "../../tensors/tensor-data.js";
import type { Bindings } from "./row-shape.js";

/** Reads one row of an input. */
export type ReadRow = (row: number, bindings: Bindings) => TensorData;

/**
 * Reads the inputs of a request, first as rows of one shape. If a row has another shape than the first, every row is
 * read by itself: a symbol is one size within a row, and may differ between rows.
 *
 * @param readAll reads all rows of all inputs
 * @param readers the readers of one row, by input
 */
export function readRowsOrRagged(
  rows: number,
  readAll: () => TensorData[],
  readers: readonly ReadRow[],
): readonly RowsTensor[] {
  try {
    return readAll();
  } catch (error) {
    if (!isOtherShape(error) || rows < 2) throw error;
  }
  const columns = readers.map((): TensorData[] => []);
  for (let row = 0; row < rows; row++) {
    const bindings: Bindings = new Map();
    for (const [i, read] of readers.entries()) columns[i]?.push(read(row, bindings));
  }
  return columns.map(joinRows);
}

/** A row that has another shape than the first one, or another size of a symbol. */
function isOtherShape(error: unknown): boolean {
  return error instanceof InputError && (error.code === "SL5009" || error.code === "SL5012" || error.code === "SL5008");
}

/**
 * Requires a port of unknown rank to have one rank in all rows: a column has one type.
 *
 * @throws InputError SL5008
 */
export function requireOneRank(ports: readonly Port[], columns: readonly RowsTensor[]): void {
  for (const [i, port] of ports.entries()) {
    const column = columns[i];
    if (column === undefined || !isRagged(column)) continue;
    const rank = column.shapes[0]?.length ?? 0;
    const row = column.shapes.findIndex((shape) => shape.length !== rank);
    if (row >= 0)
      throw new InputError(
        "SL5008",
        `row ${row}, input '${port.name}': ${column.shapes[row]?.length} dimensions, row 0 has ${rank}; give all rows of a request the same nesting`,
        { row, input: port.name },
      );
  }
}
