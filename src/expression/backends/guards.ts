import type { AlertBackEnd } from "./alerts.js";
import type { Op } from "../tree/tree.js";

/** For each back-end the operations that it says with more than its own operation of that name, and what that is. */
type Guards = Readonly<Partial<Record<Op, string>>>;

const orderings = (text: string): Guards => ({ "<": text, ">": text, "<=": text, ">=": text });
const ofNaN = "NaN, above all numbers there, is excluded";
const equality = "two NaN, equal there, are told apart";
const spelled = {
  round: "with floor and ceil",
  trunc: "with floor and ceil",
  sign: "with comparisons, which keep NaN and -0",
} as const;
const zeros = "a choice that gives NaN where one is NaN, and tells 0 from -0";

const polars: Guards = {
  read: "float32 and integers are cast to Float64",
  constant: "numbers that the JSON reader would misread are cast from text",
  negate: "times -1, which keeps -0",
  min: zeros,
  max: zeros,
  ...spelled,
  isInteger: "with isFinite and floor",
  isFinite: "filled where an element is missing",
  isNaN: "filled where an element is missing",
  every: "element by element",
  some: "element by element",
  "===": "filled where an element is missing",
  "!==": "filled where an element is missing",
};

const newPolars: Guards = {
  ...polars,
  ...orderings(ofNaN),
  "===": equality,
  "!==": equality,
  "+": "a constant is made a value for each row, where a short cut would lose a -0",
  "-": "a constant is made a value for each row, where a short cut would lose a -0",
  "/": "a constant is made a value for each row, where a short cut would round twice",
  length: "cast to Float64",
};

export const guards: Readonly<Record<AlertBackEnd, Guards>> = {
  "polars-0.18": {
    ...polars,
    "<": "turned round where the right side may be NaN",
    "<=": "turned round where the right side may be NaN",
  },
  "polars-1": newPolars,
  "polars-1.44": newPolars,
  checks: {
    "&&": "a check for each condition",
    "||": "a list of constants, of one value's equalities",
    "!": "the opposite comparison, where nothing can be NaN",
    negate: "0 less the value; nothing there tells 0 from -0",
    min: "a comparison of each value",
    max: "a comparison of each value",
    every: "element by element",
    isFinite: "the value less itself is 0",
  },
  cel: {
    read: "cast to double",
    length: "cast to double",
    ...orderings("asked first whether an element is there"),
    "===": "asked first whether an element is there",
    "!==": "asked first whether an element is there",
    min: zeros,
    max: zeros,
    abs: "with a comparison",
    floor: "with int(), where a double is not whole already",
    ceil: "with int(), where a double is not whole already",
    round: "with int(), where a double is not whole already",
    trunc: "with int(), where a double is not whole already",
    sign: "with comparisons, which keep NaN and -0",
    isInteger: "with int(), where a double is not whole already",
    isFinite: "the value less itself is 0",
    isNaN: "the value is not itself",
    missing: "with the list's size",
    "??": "with the list's size",
  },
  sql: {
    read: "cast to DOUBLE",
    length: "cast to DOUBLE",
    ...orderings(ofNaN),
    "===": equality,
    "!==": equality,
    "+": "constants of -0 stand for themselves; bigints in 128 bits",
    "-": "constants of -0 stand for themselves; bigints in 128 bits",
    "*": "constants of -0 stand for themselves; bigints in 128 bits",
    "/": "constants of -0 stand for themselves; bigints in 128 bits",
    "%": "constants of -0 stand for themselves; bigints in 128 bits",
    min: zeros,
    max: zeros,
    round: spelled.round,
    sign: spelled.sign,
    isInteger: "with isfinite and floor",
    sqrt: "NaN of what is below 0, where DuckDB would fail",
    isFinite: "filled where an element is missing",
    isNaN: "filled where an element is missing",
    every: "with list_filter",
    some: "with list_filter",
    aggregate: "NaN wins, -0 becomes 0, no rows have a value, and sums are made in order",
  },
  promql: {
    aggregate: "a gauge that the server sets to what the aggregate comes to",
    conditional: "with `and` and `or` of samples",
    "&&": "a product of 1 and 0, or `and`",
    "||": "a sum of 1 and 0, or `or`",
    "!": "1 less the value",
    min: zeros,
    max: zeros,
    round: spelled.round,
    trunc: spelled.trunc,
    isInteger: "with isFinite and floor",
    isFinite: "the value less itself is 0",
    isNaN: "the value is not itself",
  },
  javascript: {},
};
