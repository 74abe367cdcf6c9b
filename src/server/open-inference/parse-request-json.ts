import { InputError } from "../../../dsl/errors.js";
import { parseJsonExact } from "../../util/json/parse-json-exact.js";

/** The JSON of a request as values. */
export interface ParsedJson {
  readonly value: unknown;
  /** The text has bare `NaN` or `Infinity`, so that an infinity is no number that was too large. */
  readonly bareNumbers: boolean;
}

/**
 * Parses the JSON of a request. Bare `NaN`, `Infinity` and `-Infinity`, which Python's clients write, are numbers.
 *
 * @param exact integers beyond 2^53 become bigints
 * @throws InputError SL5000 for text that is not JSON, SL5010 for a number beyond all floats
 */
export function parseRequestJson(text: string, exact: boolean): ParsedJson {
  try {
    return { value: parseJsonExact(text, exact), bareNumbers: false };
  } catch (error) {
    if (/\b(?:NaN|Infinity)\b/.test(text)) return { value: withBareNumbers(text, exact), bareNumbers: true };
    throw notJson(error);
  }
}

/** Marks the bare numbers: no text that a model can receive holds a NUL. */
const mark = "\u0000bare ";
const stringOrBareNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/gs;

function withBareNumbers(text: string, exact: boolean): unknown {
  const marked = text.replace(stringOrBareNumber, (found) =>
    found.startsWith('"') ? found : `"\\u0000bare ${found}"`,
  );
  let value: unknown;
  try {
    value = parseJsonExact(marked, exact);
  } catch (error) {
    throw notJson(error);
  }
  return unmarked(value, 0);
}

function unmarked(value: unknown, depth: number): unknown {
  if (typeof value === "string") return value.startsWith(mark) ? Number(value.slice(mark.length)) : value;
  if (value === Infinity || value === -Infinity)
    throw new InputError("SL5010", "the request holds a number beyond all floats; write Infinity if you mean it");
  if (typeof value !== "object" || value === null) return value;
  if (depth > mostLevels) throw notJson(undefined);
  const members = value as Record<string, unknown>;
  for (const key in members) members[key] = unmarked(members[key], depth + 1);
  return value;
}

/** More than a request of nested data has. */
const mostLevels = 64;

/** V8's message quotes the text around the error, which may be somebody's data. */
function notJson(cause: unknown): InputError {
  const position = cause instanceof Error ? /at position \d+/.exec(cause.message)?.[0] : undefined;
  return new InputError(
    "SL5000",
    `the body is not JSON${position === undefined ? "" : `: it breaks ${position}`}; send { "inputs": [{ "name", "shape", "datatype", "data" }] }`,
    {},
    { cause },
  );
}
