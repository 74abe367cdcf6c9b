import { commonGuards, type Guards } from "../backend.js";
import { functionJson, json } from "./json.js";
import { polars, polarsGuards } from "./polars.js";
import type { PolarsFunction, Profile } from "./profile.js";

const options = '{"collect_groups":"ElementWise","fmt_str":"","check_lengths":true,"flags":"ALLOW_GROUP_AWARE"}';

/** Polars 1.44 has the same functions. */
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

const perRow = (loss: string): string => `a constant becomes a value for each row, if a shortcut would ${loss}`;

/** Polars 1.44 has the same guards. */
export const polars1Guards: Guards = {
  ...polarsGuards,
  ...commonGuards.orderings(commonGuards.nanOrder),
  "===": commonGuards.nanEquality,
  "!==": commonGuards.nanEquality,
  "+": perRow("lose a -0"),
  "-": perRow("lose a -0"),
  "/": perRow("round twice"),
  length: "cast to Float64",
};

const profile: Profile = {
  label: "polars 1",
  literals: {
    number: (text) => `{"Float":${text}}`,
    string: (text) => `{"String":${text}}`,
    boolean: (value) => `{"Boolean":${value}}`,
    integer: (digits) => `{"Int":${digits}}`,
  },
  // `true`: an element past the end is null. With `false` the whole query fails.
  get: (list, index) =>
    functionJson('{"ListExpr":{"Get":true}}', options, [list, json(`{"Literal":{"Int":${index}}}`, 2)]),
  castToFloat64: (operand) =>
    json(`{"Cast":{"expr":${operand.text},"dtype":"Float64","options":"Strict"}}`, 2, operand),
  call: (name, inputs) => functionJson(polars1Functions[name], options, inputs),
  length: (list) => functionJson('{"ListExpr":"Length"}', options, [list]),
  nan: "greatest",
  remainder: "sign of the right",
  shortcuts: true,
  guards: polars1Guards,
};

/** The expression language of polars 1.7 and 1.8. */
export const polars1 = polars(profile);
