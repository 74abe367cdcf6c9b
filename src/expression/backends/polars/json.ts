import { LambdaError, type ErrorCode } from "../../../../dsl/errors.js";
import type { StringTest } from "../../tree/tree.js";

/** One JSON text, how deep it nests (the reader gives up at 128 levels), and whether it has a value for each row. */
export interface Json {
  readonly text: string;
  readonly depth: number;
  readonly perRow: boolean;
}

const deepest = 120;
const longest = 1024 * 1024;
/** The functions used, by what they do; each profile writes name and options its own way. */
export type PolarsFunction =
  "not" | "isNan" | "isNotNan" | "isFinite" | "isNull" | "fillNull" | "abs" | "floor" | "ceil" | "sqrt" | StringTest;

/** What differs from one polars to another. */
export interface Profile {
  readonly label: string;
  readonly literals: {
    number(text: string): string;
    string(text: string): string;
    /** Digits of a 64-bit integer column's dtype. */
    integer(digits: string, dtype: "int64" | "uint64"): string;
    boolean(value: boolean): string;
  };
  get(list: Json, index: number): Json;
  castToFloat64(operand: Json): Json;
  call(name: PolarsFunction, inputs: readonly Json[]): Json;
  /** The length of a list as an integer, or null where the language has no text for it. */
  readonly length: ((list: Json) => Json) | null;
  /**
   * What NaN does that it does not in JavaScript. "greatest": it is above all and equals itself. "greatest on the
   * right": in a batch of one row, and for < and <= alone, so that turning these round avoids it.
   */
  readonly nan: "greatest" | "greatest on the right";
  /** Whose sign a remainder of floats has. JavaScript's has that of the left. */
  readonly remainder: "sign of the left" | "sign of the right";
  /**
   * Arithmetic of a column with one number takes short cuts: division multiplies with the reciprocal, which rounds
   * twice; adding or taking away a zero leaves -0 as it is.
   */
  readonly shortCuts: boolean;
}

/** A text and the parts within it, which stand `levels` deeper than it. */
export function json(text: string, levels: number, ...inside: readonly Json[]): Json {
  const depth = levels + Math.max(0, ...inside.map((part) => part.depth));
  if (depth > deepest) refuse("SL1203", "it nests too deep for polars' JSON reader; split it into several validations");
  if (text.length > longest)
    refuse("SL1203", `its text is longer than ${longest} characters; split it into several validations`);
  return { text, depth, perRow: inside.some((part) => part.perRow) };
}

export function refuse(code: ErrorCode, reason: string): never {
  throw new LambdaError(code, reason);
}

/** `{"Function":{"input":[…],"function":…,"options":…}}`; later versions have no options. */
export function functionJson(name: string, options: string | null, inputs: readonly Json[]): Json {
  const more = options === null ? "" : `,"options":${options}`;
  return json(
    `{"Function":{"input":[${inputs.map((i) => i.text).join(",")}],"function":${name}${more}}}`,
    4,
    ...inputs,
  );
}
