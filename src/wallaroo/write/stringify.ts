import { pythonFloat, pythonString } from "../../expression/backends/python-json.js";
import type { Definition } from "../definition.js";

/**
 * Writes a definition as the bytes that the platform's SDK sends: the format of Python's `json.dumps`, in ASCII.
 *
 * @param definition what `toDefinition` returned
 * @returns one line of JSON without a line break
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

/** A whole number is written as a Python integer, any other number as a Python float. */
function pythonNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(BigInt(value)) : pythonFloat(value);
}
