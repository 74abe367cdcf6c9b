import type { Data } from "apache-arrow";
import {
  Bool,
  Field,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  vectorFromArray,
  type DataType,
} from "apache-arrow";
import type { DType, Port } from "../../dsl/tensor.js";
import type { RowScope } from "../../dsl/row.js";
import type { TensorData, TensorElements } from "../../src/tensors/tensor-data.js";

/** A value of a row as a lambda sees it. */
export type RowValue = number | bigint | boolean | string | readonly RowValue[];

/** One column of test rows: the port, and a value for each row. */
export interface TestColumn {
  readonly name: string;
  readonly port: Port;
  readonly values: readonly RowValue[];
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

const arrowTypes: Partial<Record<DType, () => DataType>> = {
  float32: () => new Float32(),
  float64: () => new Float64(),
  int8: () => new Int8(),
  int16: () => new Int16(),
  int32: () => new Int32(),
  int64: () => new Int64(),
  uint8: () => new Uint8(),
  uint16: () => new Uint16(),
  uint32: () => new Uint32(),
  uint64: () => new Uint64(),
};

function flat(values: readonly RowValue[]): RowValue[] {
  return values.flatMap((value) => (Array.isArray(value) ? flat(value as readonly RowValue[]) : [value]));
}

function sizes(value: RowValue | undefined): number[] {
  return Array.isArray(value) ? [value.length, ...sizes(value[0] as RowValue | undefined)] : [];
}

function elements(dtype: DType, values: readonly RowValue[]): TensorElements {
  if (dtype === "string") return values as string[];
  if (dtype === "float16") throw new TypeError("no float16 in these rows");
  const numbers = dtype === "bool" ? values.map(Number) : values;
  return (arrays[dtype] as unknown as { from(values: readonly RowValue[]): TensorElements }).from(numbers);
}

/** The column as a tensor. All its rows have the same shape. */
export function tensorOf({ port, values }: TestColumn): TensorData {
  const seen = sizes(values[0]);
  // An empty list has no elements from which to read the inner size.
  const dims = (port.shape ?? []).slice(1).map((size, axis) => (typeof size === "number" ? size : (seen[axis] ?? 0)));
  return { dtype: port.dtype, dims: [values.length, ...dims], data: elements(port.dtype, flat(values)) };
}

function arrowData(dtype: DType, depth: number, values: readonly RowValue[]): Data {
  if (depth > 0) {
    const lists = values as readonly (readonly RowValue[])[];
    const valueOffsets = new Int32Array(lists.length + 1);
    lists.forEach((list, i) => (valueOffsets[i + 1] = (valueOffsets[i] ?? 0) + list.length));
    const child = arrowData(dtype, depth - 1, lists.flat());
    return makeData({ type: new List(new Field("item", child.type, true)), length: lists.length, valueOffsets, child });
  }
  if (dtype === "string") return vectorFromArray(values as readonly string[], new Utf8()).data[0] as Data;
  if (dtype === "bool") return vectorFromArray(values as readonly boolean[], new Bool()).data[0] as Data;
  const type = arrowTypes[dtype]?.();
  if (type === undefined) throw new TypeError(`no ${dtype} in these rows`);
  return makeData({ type, length: values.length, data: elements(dtype, values) } as never);
}

/** The columns as an Arrow file, base64. */
export function arrowFile(columns: readonly TestColumn[]): string {
  const data = columns.map(({ port, values }) => arrowData(port.dtype, (port.shape?.length ?? 1) - 1, values));
  const schema = new Schema(columns.map(({ name }, i) => new Field(name, (data[i] as Data).type, true)));
  const struct = makeData({ type: new Struct(schema.fields), length: columns[0]?.values.length ?? 0, children: data });
  return Buffer.from(tableToIPC(new Table(schema, new RecordBatch(schema, struct)), "file")).toString("base64");
}

/** The rows as a lambda sees them: `x.in`, `x.out`, `x.models`, each holding its ports. */
export function rowsOf(columns: readonly TestColumn[]): unknown[] {
  return Array.from({ length: columns[0]?.values.length ?? 0 }, (_, r) => {
    const row: {
      in: Record<string, RowValue>;
      out: Record<string, RowValue>;
      models: Record<string, Record<string, RowValue>>;
    } = { in: {}, out: {}, models: {} };
    for (const { name, port, values } of columns) {
      const value = values[r] as RowValue;
      const [source = ""] = name.split(".");
      if (source === "in" || source === "out") row[source][port.name] = value;
      else (row.models[source.slice("out_".length)] ??= {})[port.name] = value;
    }
    return row;
  });
}

export function scopeOf(columns: readonly TestColumn[]): RowScope {
  const of = (source: string) => columns.filter(({ name }) => name.startsWith(`${source}.`)).map(({ port }) => port);
  const models = [
    ...new Set(columns.map(({ name }) => name.split(".")[0] ?? "").filter((source) => source.startsWith("out_"))),
  ];
  return {
    inputs: of("in"),
    outputs: of("out"),
    models: Object.fromEntries(models.map((source) => [source.slice("out_".length), of(source)])),
  };
}

export function column(
  name: string,
  dtype: DType,
  shape: readonly (number | null)[],
  values: readonly RowValue[],
): TestColumn {
  return { name, port: { name: name.slice(name.indexOf(".") + 1), dtype, shape: ["batch", ...shape] }, values };
}
