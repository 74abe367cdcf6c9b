import { InvalidArgumentError } from "commander";
import { parseByteSize } from "../../util/quantities/parse-quantity.js";
import { parseTime } from "../../util/quantities/parse-time.js";

/** Parses `a,b` as a list. */
export function parseCommaList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Parses a whole number, 0 or more. */
export function parseWholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`'${text}' is not a whole number.`);
  return Number(text);
}

/** Parses a number, 0 or more: `0.01`, `1e-6`. */
export function parseBound(text: string): number {
  const number = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(number) || number < 0) throw new InvalidArgumentError(`'${text}' is not a number such as 0.01.`);
  return number;
}

/** Parses a size in bytes: `4GB`, `512 MiB`. */
export function parseSize(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes === null || bytes === 0) throw new InvalidArgumentError(`'${text}' is not a size such as 4GB.`);
  return bytes;
}

/** Checks a time in ISO 8601, and returns it as it was written. */
export function checkTime(text: string): string {
  if (parseTime(text) === null)
    throw new InvalidArgumentError(`'${text}' is not a time such as 2026-01-31 or 2026-01-31T12:00:00Z.`);
  return text;
}
