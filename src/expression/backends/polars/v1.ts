import { functionJson, json, type PolarsFunction, type Profile } from "./json.js";
import { polars } from "./polars.js";

const options = '{"collect_groups":"ElementWise","fmt_str":"","check_lengths":true,"flags":"ALLOW_GROUP_AWARE"}';

/** Later versions have the same. */
export const polars1Functions: Readonly<Record<PolarsFunction, string>> = {
  not: '{"Boolean":"Not"}',
  isNan: '{"Boolean":"IsNan"}',
  isNotNan: '{"Boolean":"IsNotNan"}',
  isFinite: '{"Boolean":"IsFinite"}',
  isNull: '{"Boolean":"IsNull"}',
  fillNull: '"FillNull"',
  abs: '"Abs"',
  floor: '"Floor"',
  ceil: '"Ceil"',
  sqrt: '{"Pow":"Sqrt"}',
  startsWith: '{"StringExpr":"StartsWith"}',
  endsWith: '{"StringExpr":"EndsWith"}',
  includes: '{"StringExpr":{"Contains":{"literal":true,"strict":false}}}',
};

const profile: Profile = {
  label: "polars 1",
  literals: {
    number: (text) => `{"Float":${text}}`,
    string: (text) => `{"String":${text}}`,
    boolean: (value) => `{"Boolean":${value}}`,
    integer: (digits) => `{"Int":${digits}}`,
  },
  // `true`: past the end is null. With `false` the whole query fails.
  get: (list, index) =>
    functionJson('{"ListExpr":{"Get":true}}', options, [list, json(`{"Literal":{"Int":${index}}}`, 2)]),
  castToFloat64: (operand) =>
    json(`{"Cast":{"expr":${operand.text},"dtype":"Float64","options":"Strict"}}`, 2, operand),
  call: (name, inputs) => functionJson(polars1Functions[name], options, inputs),
  length: (list) => functionJson('{"ListExpr":"Length"}', options, [list]),
  nan: "greatest",
  remainder: "sign of the right",
  shortCuts: true,
};

/** The expression language of polars 1.7 and 1.8. */
export const polars1 = polars(profile);
