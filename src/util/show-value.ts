import { describe } from "./describe.js";

/** An option's value in a message. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : describe(value);
}
