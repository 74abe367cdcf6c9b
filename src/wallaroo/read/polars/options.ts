import { defaultOptions } from "../../../expression/backends/polars/v0-18.js";
import type { JsonObject, JsonValue } from "../lossless-json.js";

const explode = { auto_explode: true };
const explodeAndCast = { auto_explode: true, cast_to_supertypes: true };
const expandWildcards = { input_wildcard_expansion: true, auto_explode: true, allow_rename: true };

/** Options by function that differ from the usual ones. */
const optionsByFunction: Readonly<Record<string, Readonly<Record<string, string | boolean>>>> = {
  "ListExpr.Get": explode,
  "ListExpr.Slice": explode,
  "ListExpr.Contains": { input_wildcard_expansion: true, auto_explode: true },
  "Boolean.IsIn": explodeAndCast,
  "StringExpr.StartsWith": explodeAndCast,
  "StringExpr.EndsWith": explodeAndCast,
  "StringExpr.Contains": explodeAndCast,
  FillNull: { cast_to_supertypes: true },
  "Boolean.AnyHorizontal": expandWildcards,
  "Boolean.AllHorizontal": expandWildcards,
  Coalesce: { collect_groups: "ApplyGroups", input_wildcard_expansion: true, cast_to_supertypes: true },
};

/** The name of the first option that differs from what polars 0.18.15 writes for a function, or null. */
export function unexpectedOption(name: string, options: JsonValue | undefined): string | null {
  if (!(options instanceof Map)) return "options";
  const expected: Readonly<Record<string, string | boolean>> = { ...defaultOptions, ...optionsByFunction[name] };
  const found = options as JsonObject;
  for (const key of found.keys()) if (!Object.hasOwn(expected, key)) return key;
  return Object.keys(expected).find((key) => key !== "fmt_str" && found.get(key) !== expected[key]) ?? null;
}
