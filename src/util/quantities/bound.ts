/** One limit on what may come from outside, with the words that an error and the docs use. */
export interface Bound {
  readonly limit: number;
  /** What the limit counts, such as "bytes" or "nodes". */
  readonly unit: string;
  /** What is limited, as the subject of a sentence: "an expression of a config". */
  readonly what: string;
  /** What the user can do instead: the option that raises the limit, or how to make the input smaller. */
  readonly wayOut: string;
}

/** The largest answer of `server()`. In this file, because a page that only infers ships no other bound. */
export const apiAnswer = {
  limit: 2 ** 30,
  unit: "bytes",
  what: "an answer of the server that server() calls",
  wayOut: "send fewer rows at a time, or read logs with logBatches, a part at a time",
} as const satisfies Bound;

/**
 * The sentence of an error about a bound: what was found, the limit, and the way out.
 *
 * @example
 * // "the JSON text of a config may have at most 64,000,000 characters, and this one has 70,000,000; divide …"
 * exceeded(bounds.configLength, 70_000_000);
 */
export function exceeded({ limit, unit, what, wayOut }: Bound, found?: number | bigint): string {
  const has = found === undefined ? "" : `, and this one has ${withCommas(found)}`;
  return `${what} may have at most ${withCommas(limit)} ${unit}${has}; ${wayOut}`;
}

/** A count with a comma every three digits: 67,108,864. */
export function withCommas(count: number | bigint): string {
  return count.toLocaleString("en-US");
}
