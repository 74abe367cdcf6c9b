import { InvalidArgumentError } from "commander";

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
