import type { DuckDBListVector, DuckDBType, DuckDBVector } from "@duckdb/node-api";
import {
  Bool,
  type Data,
  type DataType,
  Field,
  Float16,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  makeData,
} from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import type { DuckDB } from "../../logs/duckdb.js";
import { numberToFloat16 } from "../../tensors/float16.js";

/** Collects a column of query results as one Arrow column. */
export interface ColumnBuilder {
  /** Approximately the memory of what was collected. */
  readonly bytes: number;
  append(vector: DuckDBVector): void;
  finish(): Data;
}

/**
 * Creates the builder of a column.
 *
 * @param isFloat16 whether the file's elements are float16, which DuckDB reads as float32
 * @param where the column in messages
 * @throws InputError SL5018 for a type that no tensor has
 */
export function columnBuilder(duckdb: DuckDB, type: DuckDBType, isFloat16: boolean, where: string): ColumnBuilder {
  const { DuckDBTypeId } = duckdb;
  if (type.typeId === DuckDBTypeId.LIST)
    return new ListBuilder(columnBuilder(duckdb, (type as ReturnType<DuckDB["LIST"]>).valueType, isFloat16, where));
  if (type.typeId === DuckDBTypeId.VARCHAR || type.typeId === DuckDBTypeId.ENUM) return new TextBuilder();
  if (type.typeId === DuckDBTypeId.BOOLEAN) return new BoolBuilder();
  if (isFloat16)
    return new NumberBuilder(new Float16(), (values) => Uint16Array.from(values as number[], numberToFloat16));
  const numbers: Readonly<Record<number, () => NumberBuilder>> = {
    [DuckDBTypeId.TINYINT]: () => new NumberBuilder(new Int8(), (values) => Int8Array.from(values as number[])),
    [DuckDBTypeId.SMALLINT]: () => new NumberBuilder(new Int16(), (values) => Int16Array.from(values as number[])),
    [DuckDBTypeId.INTEGER]: () => new NumberBuilder(new Int32(), (values) => Int32Array.from(values as number[])),
    [DuckDBTypeId.BIGINT]: () => new NumberBuilder(new Int64(), (values) => BigInt64Array.from(values as bigint[])),
    [DuckDBTypeId.UTINYINT]: () => new NumberBuilder(new Uint8(), (values) => Uint8Array.from(values as number[])),
    [DuckDBTypeId.USMALLINT]: () => new NumberBuilder(new Uint16(), (values) => Uint16Array.from(values as number[])),
    [DuckDBTypeId.UINTEGER]: () => new NumberBuilder(new Uint32(), (values) => Uint32Array.from(values as number[])),
    [DuckDBTypeId.UBIGINT]: () => new NumberBuilder(new Uint64(), (values) => BigUint64Array.from(values as bigint[])),
    [DuckDBTypeId.FLOAT]: () => new NumberBuilder(new Float32(), (values) => Float32Array.from(values as number[])),
    [DuckDBTypeId.DOUBLE]: () => new NumberBuilder(new Float64(), (values) => Float64Array.from(values as number[])),
  };
  const create = numbers[type.typeId];
  if (create !== undefined) return create();
  throw new InputError(
    "SL5018",
    `${where} has the type ${String(type)}, which no tensor has; cast it, for example with: duckdb -c "COPY (SELECT * REPLACE (x::DOUBLE AS x) FROM 'rows.parquet') TO 'cast.parquet'"`,
    { found: String(type) },
  );
}

/** One bit per entry, set where it is not null. Arrow leaves the bitmap out if there is no null. */
class Validity {
  #nulls: number[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(valid: boolean): void {
    if (!valid) this.#nulls.push(this.#length);
    this.#length++;
  }

  finish(): { readonly nullCount: number; readonly nullBitmap?: Uint8Array } {
    if (this.#nulls.length === 0) return { nullCount: 0 };
    const nullBitmap = new Uint8Array(((this.#length + 63) & ~63) >> 3).fill(0xff);
    for (const at of this.#nulls) nullBitmap[at >> 3] = (nullBitmap[at >> 3] ?? 0) & ~(1 << (at & 7));
    return { nullCount: this.#nulls.length, nullBitmap };
  }
}

class ListBuilder implements ColumnBuilder {
  readonly #child: ColumnBuilder;
  readonly #validity = new Validity();
  readonly #offsets = [0];

  constructor(child: ColumnBuilder) {
    this.#child = child;
  }

  get bytes(): number {
    return this.#offsets.length * 8 + this.#child.bytes;
  }

  append(vector: DuckDBVector): void {
    for (let i = 0; i < vector.itemCount; i++) {
      const items = (vector as DuckDBListVector).getItemVector(i);
      this.#validity.push(items !== null);
      if (items !== null) this.#child.append(items);
      this.#offsets.push((this.#offsets.at(-1) ?? 0) + (items?.itemCount ?? 0));
    }
  }

  finish(): Data {
    const child = this.#child.finish();
    return makeData({
      type: new List(new Field("item", child.type as DataType, true)),
      length: this.#validity.length,
      ...this.#validity.finish(),
      valueOffsets: Int32Array.from(this.#offsets),
      child,
    });
  }
}

class NumberBuilder implements ColumnBuilder {
  readonly #type: DataType;
  readonly #toElements: (values: readonly unknown[]) => ArrayBufferView;
  readonly #validity = new Validity();
  readonly #values: (number | bigint)[] = [];
  readonly #null: number | bigint;

  constructor(type: DataType, toElements: (values: readonly unknown[]) => ArrayBufferView) {
    this.#type = type;
    this.#toElements = toElements;
    this.#null = toElements([]) instanceof BigInt64Array || toElements([]) instanceof BigUint64Array ? 0n : 0;
  }

  get bytes(): number {
    return this.#values.length * 8;
  }

  append(vector: DuckDBVector): void {
    for (let i = 0; i < vector.itemCount; i++) {
      const value = vector.getItem(i) as number | bigint | null;
      this.#validity.push(value !== null);
      this.#values.push(value ?? this.#null);
    }
  }

  finish(): Data {
    const data = this.#toElements(this.#values);
    // Each number type accepts its own typed array; the cast only picks one overload.
    return makeData({
      type: this.#type as Bool,
      length: this.#validity.length,
      ...this.#validity.finish(),
      data: data as Uint8Array,
    });
  }
}

class BoolBuilder implements ColumnBuilder {
  readonly #validity = new Validity();
  readonly #values: boolean[] = [];

  get bytes(): number {
    return this.#values.length;
  }

  append(vector: DuckDBVector): void {
    for (let i = 0; i < vector.itemCount; i++) {
      const value = vector.getItem(i) as boolean | null;
      this.#validity.push(value !== null);
      this.#values.push(value === true);
    }
  }

  finish(): Data {
    const { length } = this.#values;
    const data = new Uint8Array(((length + 63) & ~63) >> 3);
    for (let i = 0; i < length; i++) if (this.#values[i] === true) data[i >> 3] = (data[i >> 3] ?? 0) | (1 << (i & 7));
    return makeData({ type: new Bool(), length, ...this.#validity.finish(), data });
  }
}

class TextBuilder implements ColumnBuilder {
  readonly #validity = new Validity();
  readonly #values: Buffer[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes + this.#values.length * 8;
  }

  append(vector: DuckDBVector): void {
    for (let i = 0; i < vector.itemCount; i++) {
      const value = vector.getItem(i) as string | null;
      const text = Buffer.from(value ?? "", "utf8");
      this.#validity.push(value !== null);
      this.#values.push(text);
      this.#bytes += text.length;
    }
  }

  finish(): Data {
    const valueOffsets = new Int32Array(this.#values.length + 1);
    let end = 0;
    for (const [i, value] of this.#values.entries()) valueOffsets[i + 1] = end += value.length;
    return makeData({
      type: new Utf8(),
      length: this.#values.length,
      ...this.#validity.finish(),
      valueOffsets,
      data: Buffer.concat(this.#values, this.#bytes),
    });
  }
}
