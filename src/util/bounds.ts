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

/**
 * The bounds on everything that may come from somebody else: configs, model files, requests, files of rows, sockets.
 * `npm run docs` writes docs/limits.md from this list.
 */
export const bounds = {
  configLength: {
    limit: 64_000_000,
    unit: "characters",
    what: "the JSON text of a config",
    wayOut: "divide the pipeline; give large constants to the model that needs them",
  },
  modelBytes: {
    limit: 2 ** 31 - 1,
    unit: "bytes",
    what: "a model with the weights of its data files",
    wayOut: "export it with smaller elements, such as float16, or in two parts",
  },
  modelDepth: {
    limit: 96,
    unit: "messages around one another",
    what: "a model file",
    wayOut: "export it with fewer graphs inside nodes of graphs",
  },
} as const satisfies Record<string, Bound>;

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
