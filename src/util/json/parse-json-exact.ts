/** Marks the digits of an integer that a JavaScript number cannot hold. NUL does not occur in JSON text. */
const mark = "\u0000";
const wide = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/;
/** A string, which is left as it is, or an integer of 16 digits or more. */
const stringOrWideInteger = new RegExp(`"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"|${wide.source}`, "gs");

/** Longer integers are beyond every dtype, and making a bigint of millions of digits takes minutes. */
export const maxDigits = 400;

/**
 * Parses JSON. With `exact`, integers beyond 2^53 become bigints; without, the nearest number.
 *
 * @throws SyntaxError for text that is not JSON
 */
export function parseJsonExact(text: string, exact: boolean): unknown {
  if (!exact || !wide.test(text)) return JSON.parse(text);
  // Checked as it is: a marked integer would also be accepted as a member's name.
  JSON.parse(text);
  return JSON.parse(
    text.replace(stringOrWideInteger, (found) =>
      found.startsWith('"') || found.length > maxDigits ? found : `"\\u0000${found}"`,
    ),
    (_key, value: unknown) => {
      if (typeof value !== "string" || !value.startsWith(mark)) return value;
      const integer = BigInt(value.slice(1));
      return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
    },
  );
}
