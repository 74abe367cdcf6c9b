import { functionJson, json } from "./json.js";
import { polars } from "./polars.js";
import type { Profile } from "./profile.js";
import { polars1Functions, polars1Guards } from "./v1.js";

const profile: Profile = {
  label: "polars 1.44",
  literals: {
    number: (text) => `{"Scalar":{"Float64":${text}}}`,
    string: (text) => `{"Scalar":{"String":${text}}}`,
    boolean: (value) => `{"Scalar":{"Boolean":${value}}}`,
    integer: (digits, dtype) => `{"Scalar":{"${dtype === "uint64" ? "UInt64" : "Int64"}":${digits}}}`,
  },
  // `true`: an element past the end is null. With `false` the whole query fails.
  get: (list, index) =>
    functionJson('{"ListExpr":{"Get":true}}', null, [list, json(`{"Literal":{"Dyn":{"Int":${index}}}}`, 3)]),
  castToFloat64: (operand) =>
    json(`{"Cast":{"expr":${operand.text},"dtype":{"Literal":"Float64"},"options":"Strict"}}`, 2, operand),
  call: (name, inputs) => functionJson(polars1Functions[name], null, inputs),
  length: (list) => functionJson('{"ListExpr":"Length"}', null, [list]),
  nan: "greatest",
  remainder: "sign of the right",
  shortcuts: true,
  guards: polars1Guards,
};

/**
 * The expression language of polars 1.44 and later. Its literals and functions are written differently from those of
 * 1.8.
 */
export const polars144 = polars(profile);
