import type { Port } from "../../dsl/tensor.js";
import { allocate } from "../../src/tensors/dtypes.js";
import { isRagged, rowSize, type RowsTensor } from "../../src/tensors/tensor-data.js";

/** A row's value: nested lists of numbers, or a number. */
export type Value = number | readonly Value[];

/** A column of values, one per row. Rows of different shapes make it ragged. */
export function columnOf({ dtype }: Pick<Port, "dtype">, values: readonly Value[]): RowsTensor {
  const shapes = values.map(shapeOf);
  const flat = values.map(flatten);
  const data = allocate(
    dtype,
    flat.reduce((sum, row) => sum + row.length, 0),
  );
  const numbers = flat.flat();
  for (const [i, number] of numbers.entries())
    (data as unknown as (number | bigint)[])[i] = dtype.endsWith("int64") ? BigInt(number) : number;
  const [first = []] = shapes;
  if (shapes.every((shape) => shape.join() === first.join())) return { dtype, dims: [values.length, ...first], data };
  const offsets = [0];
  for (const row of flat) offsets.push((offsets.at(-1) ?? 0) + row.length);
  return { dtype, shapes, offsets, data };
}

/** The shape and the numbers of a row. */
export function rowOf(column: RowsTensor, row: number): { shape: readonly number[]; numbers: number[] } {
  const numbers = (from: number, to: number) => Array.from(column.data.slice(from, to), Number);
  if (isRagged(column))
    return {
      shape: column.shapes[row] ?? [],
      numbers: numbers(column.offsets[row] ?? 0, column.offsets[row + 1] ?? 0),
    };
  const size = rowSize(column.dims);
  return { shape: column.dims.slice(1), numbers: numbers(row * size, (row + 1) * size) };
}

export function shapeOf(value: Value): readonly number[] {
  return typeof value === "number" ? [] : [value.length, ...(value.length === 0 ? [] : shapeOf(value[0] ?? 0))];
}

export function flatten(value: Value): number[] {
  return typeof value === "number" ? [value] : value.flatMap(flatten);
}
