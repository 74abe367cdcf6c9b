import { pythonFloat, pythonString } from "../../expression/backends/python-json.js";
import type { Definition } from "../definition.js";

/**
 * The text of a definition as the platform's SDK sends it: Python's `json.dumps`, with `, ` and `: ` between and all of it ASCII.
 *
 * @param definition what `toDefinition` gave, or one that was read
 * @returns one line of JSON, without a line break
 * @example stringifyDefinition(toDefinition(config, { dialect: "polars" }))
 */
export function stringifyDefinition(definition: Definition): string {
  return text(definition);
}

function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, part]) => `${pythonString(key)}: ${text(part)}`)
      .join(", ")}}`;
  }
  if (typeof value === "string") return pythonString(value);
  return typeof value === "number" ? pythonNumber(value) : JSON.stringify(value);
}

/** Whole numbers are Python's integers, all others its floats. */
function pythonNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(BigInt(value)) : pythonFloat(value);
}
