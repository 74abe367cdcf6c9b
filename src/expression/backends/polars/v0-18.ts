import { functionJson, json } from "./json.js";
import { polars, polarsGuards } from "./polars.js";
import type { PolarsFunction, Profile } from "./profile.js";

/** The ten fields of 0.18's function options, in its order, with the usual values. `fmt_str` is only displayed. */
export const defaultOptions = {
  collect_groups: "ApplyFlat",
  fmt_str: "",
  input_wildcard_expansion: false,
  auto_explode: false,
  cast_to_supertypes: false,
  allow_rename: false,
  pass_name_to_apply: false,
  changes_length: false,
  check_lengths: true,
  allow_group_aware: true,
} as const;

function options(changes: { readonly auto_explode?: true; readonly cast_to_supertypes?: true } = {}): string {
  return JSON.stringify({ ...defaultOptions, ...changes });
}

const functions: Readonly<Record<PolarsFunction, readonly [name: string, options: string]>> = {
  not: ['{"Boolean":"IsNot"}', options()],
  isNan: ['{"Boolean":"IsNan"}', options()],
  isNotNan: ['{"Boolean":"IsNotNan"}', options()],
  isFinite: ['{"Boolean":"IsFinite"}', options()],
  isNull: ['{"Boolean":"IsNull"}', options()],
  fillNull: ['{"FillNull":{"super_type":"Unknown"}}', options({ cast_to_supertypes: true })],
  abs: ['"Abs"', options()],
  floor: ['"Floor"', options()],
  ceil: ['"Ceil"', options()],
  sqrt: ['{"Pow":"Sqrt"}', options()],
  startsWith: ['{"StringExpr":"StartsWith"}', options({ auto_explode: true, cast_to_supertypes: true })],
  endsWith: ['{"StringExpr":"EndsWith"}', options({ auto_explode: true, cast_to_supertypes: true })],
  includes: [
    '{"StringExpr":{"Contains":{"literal":true,"strict":false}}}',
    options({ auto_explode: true, cast_to_supertypes: true }),
  ],
};

const getOptions = options({ auto_explode: true });

const mirrored = "mirrored if the right side may be NaN";

const profile: Profile = {
  label: "polars 0.18",
  literals: {
    number: (text) => `{"Float64":${text}}`,
    string: (text) => `{"Utf8":${text}}`,
    boolean: (value) => `{"Boolean":${value}}`,
    integer: (digits, dtype) => (dtype === "uint64" ? `{"UInt64":${digits}}` : `{"Int64":${digits}}`),
  },
  get: (list, index) =>
    functionJson('{"ListExpr":"Get"}', getOptions, [list, json(`{"Literal":{"Int32":${index}}}`, 2)]),
  castToFloat64: (operand) => json(`{"Cast":{"expr":${operand.text},"data_type":"Float64","strict":true}}`, 2, operand),
  call: (name, inputs) => functionJson(...functions[name], inputs),
  length: null,
  nan: "greatest on the right",
  remainder: "sign of the left",
  shortcuts: false,
  guards: { ...polarsGuards, "<": mirrored, "<=": mirrored },
};

/** The expression language of polars 0.18.15, in which the platform stores expressions. */
export const polars018 = polars(profile);
