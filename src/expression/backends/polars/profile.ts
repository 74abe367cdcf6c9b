import type { StringTest } from "../../tree/tree.js";
import type { Guards } from "../backend.js";
import type { Json } from "./json.js";

/** The polars functions in use. Each profile has its own names and options for them. */
export type PolarsFunction =
  "not" | "isNan" | "isNotNan" | "isFinite" | "isNull" | "fillNull" | "abs" | "floor" | "ceil" | "sqrt" | StringTest;

/** What differs from one polars version to another. */
export interface Profile {
  readonly label: string;
  readonly literals: {
    number(text: string): string;
    string(text: string): string;
    /** The digits of a 64-bit integer in its column's dtype. */
    integer(digits: string, dtype: "int64" | "uint64"): string;
    boolean(value: boolean): string;
  };
  get(list: Json, index: number): Json;
  castToFloat64(operand: Json): Json;
  call(name: PolarsFunction, inputs: readonly Json[]): Json;
  /** The length of a list as an integer, or null if the language has no text for it. */
  readonly length: ((list: Json) => Json) | null;
  /**
   * How comparisons treat NaN. "greatest": NaN is above all numbers and equals itself. "greatest on the right": only
   * the right side of `<` and `<=`, and only in a batch of one row, so the mirrored comparison is exact.
   */
  readonly nan: "greatest" | "greatest on the right";
  /** Whose sign a float remainder has. JavaScript: the left side's. */
  readonly remainder: "sign of the left" | "sign of the right";
  /**
   * Whether arithmetic of a column with one number takes shortcuts: division multiplies by the reciprocal, which rounds
   * twice; adding or subtracting zero leaves -0 unchanged.
   */
  readonly shortcuts: boolean;
  readonly guards: Guards;
}
