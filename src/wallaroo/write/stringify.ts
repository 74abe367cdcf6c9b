import { pythonFloat, pythonString } from "../../expression/backends/python-json.js";
import type { Definition } from "../definition.js";

/**
 * Writes a definition exactly as the platform's SDK sends it: JSON in the format of Python's `json.dumps`.
 *
 * @param definition the result of `toDefinition`
 * @returns one line of JSON in ASCII
 * @example stringifyDefinition(toDefinition(config, { dialect: "polars" }))
 */
export function stringifyDefinition(definition: Definition): string {
  return pythonJson(definition);
}

function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, part]) => `${pythonString(key)}: ${pythonJson(part)}`)
      .join(", ")}}`;
  }
  if (typeof value === "string") return pythonString(value);
  return typeof value === "number" ? pythonNumber(value) : JSON.stringify(value);
}

/** Whole numbers below 1e21 are Python integers; other numbers are Python floats. */
function pythonNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(BigInt(value)) : pythonFloat(value);
}
