import type { DuckDBListVector, DuckDBType, DuckDBVector } from "@duckdb/node-api";
import { Bool, type Data, Field, List, Utf8, makeData } from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import type { DuckDB } from "../../logs/duckdb.js";
import type { DType } from "../../../dsl/tensor.js";
import { arrowTypes } from "../../tensors/arrow/arrow-types.js";
import { elementArrays, type NumericElements } from "../../tensors/dtypes.js";
import { numberToFloat16 } from "../../tensors/float16.js";
import { GrowingArray } from "../growing-array.js";
import { textOverhead } from "../wanted-rows.js";

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
  if (type.typeId === DuckDBTypeId.LIST) return new ListBuilder(columnBuilder(duckdb, type.valueType, target));
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

/** One byte per entry, 1 where it is not null. Arrow leaves the bitmap out if there is no null. */
class Validity {
  readonly #valid = new GrowingArray(Uint8Array);
  #nullCount = 0;

  get length(): number {
    return this.#valid.length;
  }

  push(valid: boolean): void {
    if (!valid) this.#nullCount++;
    this.#valid.push(valid ? 1 : 0);
  }

  finish(): { readonly nullCount: number; readonly nullBitmap?: Uint8Array } {
    const nullCount = this.#nullCount;
    return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap: packBits(this.#valid.elements()) };
  }
}

class ListBuilder implements ColumnBuilder {
  readonly #child: ColumnBuilder;
  readonly #validity = new Validity();
  readonly #offsets = new GrowingArray(Int32Array);

  #end = 0;

  constructor(child: ColumnBuilder) {
    this.#child = child;
    this.#offsets.push(0);
  }

  get bytes(): number {
    return this.#offsets.byteLength + this.#child.bytes;
  }

  append(vector: DuckDBVector, row?: number): void {
    for (let i = 0; i < vector.itemCount; i++) {
      const items = (vector as DuckDBListVector).getItemVector(i);
      if (items !== null) this.#child.append(items, row ?? this.#validity.length);
      this.#validity.push(items !== null);
      this.#end += items?.itemCount ?? 0;
      this.#offsets.push(this.#end);
    }
  }

  finish(): Data {
    const child = this.#child.finish();
    return makeData({
      type: new List(new Field("item", child.type, true)),
      length: this.#validity.length,
      ...this.#validity.finish(),
      valueOffsets: this.#offsets.elements(),
      child,
    });
  }
}

class NumberBuilder implements ColumnBuilder {
  readonly #dtype: NumberDType;
  readonly #where: string;
  readonly #validity = new Validity();
  readonly #values: GrowingArray<NumericElements>;

  constructor(dtype: NumberDType, where: string) {
    this.#dtype = dtype;
    this.#where = where;
    this.#values = new GrowingArray<NumericElements>(elementArrays[dtype]);
  }

  get bytes(): number {
    return this.#values.byteLength;
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
      data: this.#values.elements() as Uint8Array,
    });
  }
}

type NumberDType = Exclude<DType, "bool" | "string">;

/** How numbers of a file become those of a dtype. */
interface NumberKind {
  readonly zero: number | bigint;
  /** The number as an element; null if the dtype cannot hold it. */
  readonly convert: (value: number | bigint) => number | bigint | null;
}

const isFinite = (value: number): boolean => Number.isFinite(value);

/** Rounds to the nearest float, as reading JSON does. */
function float(round: (value: number) => number): NumberKind {
  return {
    zero: 0,
    convert(value) {
      const number = Number(value);
      return isFinite(number) && !isFinite(round(number)) ? null : number;
    },
  };
}

function integer(min: number, max: number): NumberKind {
  return {
    zero: 0,
    convert(value) {
      const number = Number(value);
      return Number.isInteger(number) && number >= min && number <= max ? number : null;
    },
  };
}

function wide(min: bigint, max: bigint): NumberKind {
  return {
    zero: 0n,
    convert(value) {
      if (typeof value === "number" && !Number.isInteger(value)) return null;
      const whole = BigInt(value);
      return whole >= min && whole <= max ? whole : null;
    },
  };
}

const numberKinds: Readonly<Record<NumberDType, NumberKind>> = {
  // A float16 is held as its bits.
  float16: {
    zero: 0,
    convert(value) {
      const bits = numberToFloat16(Number(value));
      return isFinite(Number(value)) && (bits & 0x7fff) === 0x7c00 ? null : bits;
    },
  },
  float32: float(Math.fround),
  float64: float((value) => value),
  int8: integer(-(2 ** 7), 2 ** 7 - 1),
  int16: integer(-(2 ** 15), 2 ** 15 - 1),
  int32: integer(-(2 ** 31), 2 ** 31 - 1),
  int64: wide(-(2n ** 63n), 2n ** 63n - 1n),
  uint8: integer(0, 2 ** 8 - 1),
  uint16: integer(0, 2 ** 16 - 1),
  uint32: integer(0, 2 ** 32 - 1),
  uint64: wide(0n, 2n ** 64n - 1n),
};

class BoolBuilder implements ColumnBuilder {
  readonly #validity = new Validity();
  readonly #values = new GrowingArray(Uint8Array);

  get bytes(): number {
    return this.#values.byteLength;
  }

  append(vector: DuckDBVector): void {
    for (let i = 0; i < vector.itemCount; i++) {
      const value = vector.getItem(i) as boolean | null;
      this.#validity.push(value !== null);
      this.#values.push(value === true ? 1 : 0);
    }
  }

  finish(): Data {
    const { length } = this.#values;
    return makeData({ type: new Bool(), length, ...this.#validity.finish(), data: packBits(this.#values.elements()) });
  }
}

class TextBuilder implements ColumnBuilder {
  readonly #validity = new Validity();
  readonly #offsets = new GrowingArray(Int32Array);
  readonly #bytes = new GrowingArray(Uint8Array);

  constructor() {
    this.#offsets.push(0);
  }

  get bytes(): number {
    return this.#bytes.byteLength + this.#offsets.length * textOverhead;
  }

  append(vector: DuckDBVector): void {
    for (let i = 0; i < vector.itemCount; i++) {
      const value = vector.getItem(i) as string | null;
      this.#validity.push(value !== null);
      const length = Buffer.byteLength(value ?? "");
      const { buffer } = this.#bytes.reserve(length);
      Buffer.from(buffer).write(value ?? "", this.#bytes.length);
      this.#bytes.advance(length);
      this.#offsets.push(this.#bytes.length);
    }
  }

  finish(): Data {
    return makeData({
      type: new Utf8(),
      length: this.#validity.length,
      ...this.#validity.finish(),
      valueOffsets: this.#offsets.elements(),
      data: this.#bytes.elements(),
    });
  }
}

/** One bit per flag, lowest bit first, padded to 64 bits. */
function packBits(flags: Uint8Array): Uint8Array {
  const bits = new Uint8Array(((flags.length + 63) & ~63) >> 3);
  for (let i = 0; i < flags.length; i++) if (flags[i] === 1) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  return bits;
}
