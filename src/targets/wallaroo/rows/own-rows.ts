import type { Table } from "apache-arrow";
import { unexpectedAnswer } from "../connection/platform-errors.js";

/**
 * Refuses an answer to other rows, such as that of a proxy that mixes up two requests. The first and the last row of
 * the request are compared with what the answer repeats of them, if it does.
 *
 * @throws TargetError SL6055
 */
export function requireOwnRows(where: string, request: Table, answer: Table): void {
  if (request.numRows === 0) return;
  for (const { name } of request.schema.fields) {
    const sent = request.getChild(name);
    const repeated = answer.getChild(`in.${name}`);
    for (const row of new Set([0, request.numRows - 1]))
      if (differ(sent?.get(row), repeated?.get(row)))
        throw unexpectedAnswer(where, `it is the answer to other rows: row ${row} of 'in.${name}' was not sent`);
  }
}

/**
 * Whether two values cannot be the same. Numbers may be rounded on their way, null may stand for NaN, and values of
 * different forms cannot be compared.
 */
function differ(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number")
    return Math.abs(a - b) > 1e-3 * Math.max(Math.abs(a), Math.abs(b)) + 1e-6;
  if (typeof a !== "object" || typeof b !== "object") return typeof a === typeof b && a !== b;
  const [own, other] = [elementsOf(a), elementsOf(b)];
  return own.length === other.length && own.some((element, i) => differ(element, other[i]));
}

/** The elements of a list in a column. */
function elementsOf(value: object | null): readonly unknown[] {
  return value !== null && Symbol.iterator in value ? [...(value as Iterable<unknown>)] : [];
}
