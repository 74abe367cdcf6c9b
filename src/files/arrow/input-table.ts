import {
  type Data,
  DataType,
  Field,
  FixedSizeList,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Vector,
  makeData,
} from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import { rowShape } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import type { InputColumns } from "../choose-columns.js";

/**
 * Makes a table of a pipeline's inputs. An input with one column per element becomes a column of lists.
 *
 * @param columns the columns that were chosen, one after another
 * @throws InputError SL5018 if the columns of one input have different types, or are no numbers
 */
export function toInputTable(inputs: readonly InputColumns[], columns: readonly Vector[], file: string): Table {
  let at = 0;
  const named = inputs.map((input): [string, Vector] => {
    const { name } = input.port;
    if (input.kind === "one") return [name, asRowOfOne(columns[at++] as Vector, input.port)];
    const elements = columns.slice(at, (at += input.at.length));
    return [name, joinElements(elements, name, file)];
  });
  return tableOf(named);
}

/** A row of one number, such as that of [batch, 1], may be a column of numbers: each becomes a list of one. */
function asRowOfOne(column: Vector, { shape }: Port): Vector {
  const sizes = rowShape(shape);
  const isOne = sizes !== null && sizes.length > 0 && sizes.every((size) => size === 1);
  const type = column.type as DataType;
  if (!isOne || DataType.isList(type) || DataType.isFixedSizeList(type)) return column;
  const nest = (data: Data): Data => {
    const list = new FixedSizeList(1, new Field("item", data.type, true));
    return makeData({ type: list, length: data.length, nullCount: 0, child: data });
  };
  return new Vector(column.data.map((data) => sizes.reduce(nest, data)));
}

/** A table of columns of one length. A `Table` made of an object would lose a column `__proto__`. */
export function tableOf(columns: readonly (readonly [string, Vector])[]): Table {
  const rows = columns[0]?.[1].length ?? 0;
  const fields = columns.map(([name, vector]) => new Field(name, vector.type as DataType, true));
  const schema = new Schema(fields);
  const chunks = columns.map(([, { data }]) => data);
  // All columns are read from the same batches, so they have the same chunks.
  const batches = Array.from({ length: chunks[0]?.length ?? 0 }, (_, i) => {
    const children: Data[] = chunks.map((data) => data[i] as Data);
    const length = children[0]?.length ?? rows;
    return new RecordBatch(schema, makeData({ type: new Struct(fields), length, nullCount: 0, children }));
  });
  return new Table(schema, batches);
}

function joinElements(elements: readonly Vector[], name: string, file: string): Vector {
  const [first] = elements;
  const type = first?.type as DataType;
  const fail = (problem: string): InputError =>
    new InputError(
      "SL5018",
      `'${file}': the columns of the elements of input '${name}' ${problem}; give them one type, or one column '${name}' with lists`,
      { file, input: name },
    );
  if (!DataType.isInt(type) && !DataType.isFloat(type)) throw fail("are not numbers");
  const other = elements.find((vector) => String(vector.type) !== String(type));
  if (other !== undefined) throw fail(`have the types ${String(type)} and ${String(other.type)}`);
  return new Vector(
    (first?.data ?? []).map((_, batch) =>
      joinBatch(
        elements.map(({ data }) => data[batch] as Data),
        type,
        fail,
      ),
    ),
  );
}

/** The elements of one batch as lists. */
function joinBatch(elements: readonly Data[], type: DataType, fail: (problem: string) => InputError): Data {
  const [rows, size] = [elements[0]?.length ?? 0, elements.length];
  const Elements = type.ArrayType as unknown as new (length: number) => Float64Array;
  const values = new Elements(rows * size);
  const nullBitmap = new Uint8Array(((rows * size + 63) & ~63) >> 3).fill(0xff);
  let nullCount = 0;
  for (const [element, column] of elements.entries()) {
    const from = column.values as Float64Array;
    if (from.length < rows) throw fail("are damaged");
    for (let row = 0; row < rows; row++) {
      const to = row * size + element;
      if (column.getValid(row)) values[to] = from[row] ?? 0;
      else {
        nullCount++;
        nullBitmap[to >> 3] = (nullBitmap[to >> 3] ?? 0) & ~(1 << (to & 7));
      }
    }
  }
  const child = makeData({ type: type as never, length: rows * size, nullCount, nullBitmap, data: values as never });
  const list = new FixedSizeList(size, new Field("item", type, true));
  return makeData({ type: list, length: rows, nullCount: 0, child });
}
