import { defaultOptions } from "../../../expression/backends/polars/v0-18.js";
import type { JsonObject, JsonValue } from "../lossless-json.js";

const explode = { auto_explode: true };
const explodeAndCast = { auto_explode: true, cast_to_supertypes: true };
const wild = { input_wildcard_expansion: true, auto_explode: true, allow_rename: true };

/** By the function's name; the others have the usual ones. */
const special: Readonly<Record<string, Readonly<Record<string, string | boolean>>>> = {
  "ListExpr.Get": explode,
  "ListExpr.Slice": explode,
  "ListExpr.Contains": { input_wildcard_expansion: true, auto_explode: true },
  "Boolean.IsIn": explodeAndCast,
  "StringExpr.StartsWith": explodeAndCast,
  "StringExpr.EndsWith": explodeAndCast,
  "StringExpr.Contains": explodeAndCast,
  FillNull: { cast_to_supertypes: true },
  "Boolean.AnyHorizontal": wild,
  "Boolean.AllHorizontal": wild,
  Coalesce: { collect_groups: "ApplyGroups", input_wildcard_expansion: true, cast_to_supertypes: true },
};

/** The name of the first option that is not as 0.18.15 writes it for this function, or null. */
export function strangeOption(name: string, options: JsonValue | undefined): string | null {
  if (!(options instanceof Map)) return "options";
  const expected: Readonly<Record<string, string | boolean>> = { ...defaultOptions, ...special[name] };
  const given = options as JsonObject;
  for (const key of given.keys()) if (!Object.hasOwn(expected, key)) return key;
  return Object.keys(expected).find((key) => key !== "fmt_str" && given.get(key) !== expected[key]) ?? null;
}
