import type { DuckDBListVector, DuckDBType, DuckDBVector } from "@duckdb/node-api";
import { Bool, type Data, type DataType, Field, List, Utf8, makeData } from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import type { DuckDB } from "../../logs/duckdb.js";
import type { DType } from "../../../dsl/tensor.js";
import { arrowTypes } from "../../tensors/dtypes.js";
import { numberToFloat16 } from "../../tensors/float16.js";

/** Collects a column of query results as one Arrow column. */
export interface ColumnBuilder {
  /** Approximately the memory of what was collected. */
  readonly bytes: number;
  /** @param row the row that all entries belong to; by default each entry is a row */
  append(vector: DuckDBVector, row?: number): void;
  finish(): Data;
}

/** What a column is read for. */
export interface ColumnTarget {
  /** The input's dtype: numbers of other types are converted to it. */
  readonly dtype: DType;
  /** The column in messages. */
  readonly where: string;
}

/**
 * Creates the builder of a column.
 *
 * @throws InputError SL5018 for a type that no tensor has, or that is not the input's kind; `append` throws SL5010 and
 * SL5011 for a number that the input's dtype cannot hold
 */
export function columnBuilder(duckdb: DuckDB, type: DuckDBType, target: ColumnTarget): ColumnBuilder {
  const { DuckDBTypeId } = duckdb;
  const { dtype, where } = target;
  if (type.typeId === DuckDBTypeId.LIST)
    return new ListBuilder(columnBuilder(duckdb, (type as ReturnType<DuckDB["LIST"]>).valueType, target));
  const isText = type.typeId === DuckDBTypeId.VARCHAR || type.typeId === DuckDBTypeId.ENUM;
  if (isText && dtype === "string") return new TextBuilder();
  if (type.typeId === DuckDBTypeId.BOOLEAN && dtype === "bool") return new BoolBuilder();
  const isNumber = numberTypes.has(DuckDBTypeId[type.typeId]);
  if (isNumber && dtype !== "string" && dtype !== "bool") return new NumberBuilder(dtype, where);
  throw new InputError(
    "SL5018",
    `${where}: found ${String(type)}, expected ${dtype}; cast the column to ${dtype} first`,
    {
      found: String(type),
      expected: dtype,
    },
  );
}

const numberTypes: ReadonlySet<string | undefined> = new Set([
  ...[
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
  ],
  ...["FLOAT", "DOUBLE"],
]);

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

  append(vector: DuckDBVector, row?: number): void {
    for (let i = 0; i < vector.itemCount; i++) {
      const items = (vector as DuckDBListVector).getItemVector(i);
      if (items !== null) this.#child.append(items, row ?? this.#validity.length);
      this.#validity.push(items !== null);
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
  readonly #dtype: NumberDType;
  readonly #where: string;
  readonly #validity = new Validity();
  readonly #values: (number | bigint)[] = [];

  constructor(dtype: NumberDType, where: string) {
    this.#dtype = dtype;
    this.#where = where;
  }

  get bytes(): number {
    return this.#values.length * 8;
  }

  append(vector: DuckDBVector, row?: number): void {
    const { convert, zero } = numberKinds[this.#dtype];
    for (let i = 0; i < vector.itemCount; i++) {
      const value = vector.getItem(i) as number | bigint | null;
      const converted = value === null ? zero : convert(value);
      if (converted === null) throw this.#misfit(value, row ?? this.#validity.length);
      this.#validity.push(value !== null);
      this.#values.push(converted);
    }
  }

  #misfit(value: number | bigint | null, row: number): InputError {
    const isWhole = typeof value === "bigint" || Number.isInteger(value);
    return new InputError(
      isWhole || this.#dtype.startsWith("float") ? "SL5010" : "SL5011",
      `${this.#where}, row ${row}: ${value} ${isWhole || this.#dtype.startsWith("float") ? "is out of the range of" : "is not a whole number, as in"} ${this.#dtype}`,
      { row },
    );
  }

  finish(): Data {
    // Each number type accepts its own typed array; the casts only pick one overload.
    return makeData({
      type: arrowTypes[this.#dtype] as Bool,
      length: this.#validity.length,
      ...this.#validity.finish(),
      data: numberKinds[this.#dtype].pack(this.#values) as Uint8Array,
    });
  }
}

type NumberDType = Exclude<DType, "bool" | "string">;

/** How numbers of a file become those of a dtype. */
interface NumberKind {
  readonly zero: number | bigint;
  /** The number as an element; null if the dtype cannot hold it. */
  readonly convert: (value: number | bigint) => number | bigint | null;
  readonly pack: (values: readonly (number | bigint)[]) => ArrayBufferView;
}

const isFinite = (value: number): boolean => Number.isFinite(value);

/** Rounds to the nearest float, as reading JSON does. */
function float(round: (value: number) => number, pack: (values: readonly number[]) => ArrayBufferView): NumberKind {
  return {
    zero: 0,
    convert(value) {
      const number = Number(value);
      return isFinite(number) && !isFinite(round(number)) ? null : number;
    },
    pack: pack as NumberKind["pack"],
  };
}

function integer(min: number, max: number, pack: (values: readonly number[]) => ArrayBufferView): NumberKind {
  return {
    zero: 0,
    convert(value) {
      const number = Number(value);
      return Number.isInteger(number) && number >= min && number <= max ? number : null;
    },
    pack: pack as NumberKind["pack"],
  };
}

function wide(min: bigint, max: bigint, pack: (values: readonly bigint[]) => ArrayBufferView): NumberKind {
  return {
    zero: 0n,
    convert(value) {
      if (typeof value === "number" && !Number.isInteger(value)) return null;
      const integer = BigInt(value);
      return integer >= min && integer <= max ? integer : null;
    },
    pack: pack as NumberKind["pack"],
  };
}

const numberKinds: Readonly<Record<NumberDType, NumberKind>> = {
  float16: float(
    (value) => ((numberToFloat16(value) & 0x7fff) === 0x7c00 ? Infinity : value),
    (values) => Uint16Array.from(values, numberToFloat16),
  ),
  float32: float(Math.fround, (values) => Float32Array.from(values)),
  float64: float(
    (value) => value,
    (values) => Float64Array.from(values),
  ),
  int8: integer(-(2 ** 7), 2 ** 7 - 1, (values) => Int8Array.from(values)),
  int16: integer(-(2 ** 15), 2 ** 15 - 1, (values) => Int16Array.from(values)),
  int32: integer(-(2 ** 31), 2 ** 31 - 1, (values) => Int32Array.from(values)),
  int64: wide(-(2n ** 63n), 2n ** 63n - 1n, (values) => BigInt64Array.from(values)),
  uint8: integer(0, 2 ** 8 - 1, (values) => Uint8Array.from(values)),
  uint16: integer(0, 2 ** 16 - 1, (values) => Uint16Array.from(values)),
  uint32: integer(0, 2 ** 32 - 1, (values) => Uint32Array.from(values)),
  uint64: wide(0n, 2n ** 64n - 1n, (values) => BigUint64Array.from(values)),
};

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
