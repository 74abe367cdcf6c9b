// The list of steps in the type of a pipeline. Nothing here knows a step kind.

/**
 * The steps so far, newest first, so that a hover shows the last steps and cuts off the first ones. The list holds the
 * arguments of the steps as interfaces, tuples and strings, and no computed outputs. An anonymous or mapped type in it
 * would be compared again at every later step, and the compiler would stop near 95 steps (TS2589).
 */
export interface After<out S, out Prev> {
  readonly prev: Prev;
  readonly step: S;
}

/** The bottom of the list when `pipeline(name, { inputs })` states the request's columns. */
export interface Stated {
  readonly stated: true;
}

/**
 * The bottom of the list when the first inference step defines the request's columns. Not `null`: without
 * `strictNullChecks`, `null` extends every type.
 */
export interface Unstated {
  readonly stated: false;
}

/** A forward list: the oldest step is outermost. Each `Node` is an `After`, so it also holds the steps before it. */
export interface Link<out Node, out Rest> {
  readonly node: Node;
  readonly rest: Rest;
}

/** Reverses `After` into `Link`. */
export type Forward<Steps, Rest = unknown> =
  Steps extends After<unknown, infer Prev> ? Forward<Prev, Link<Steps, Rest>> : Rest;

/** The number of steps. */
export type CountOf<Steps, N extends readonly 0[] = []> =
  Steps extends After<unknown, infer Prev> ? CountOf<Prev, [...N, 0]> : N["length"];

/** The whole numbers from 0 to `N - 1`. */
export type Below<N extends number, A extends readonly number[] = []> = A["length"] extends N
  ? A[number]
  : Below<N, readonly [...A, A["length"]]>;

/** True for an index that is no literal. As text, because `number` extends the members of a numeric enum. */
export type IsOpenIndex<I extends number> = `${number}` extends `${I}` ? true : false;

/** A record as a union of `readonly [key, value]`: the form in which the list of steps stores records. */
export type PairsOf<R> = { readonly [K in keyof R]: readonly [K extends number ? `${K}` : K, R[K]] }[keyof R];

/** The inverse of `PairsOf`. */
export type RecordOf<Pairs> = {
  readonly [P in Pairs as P extends readonly [infer K extends string, unknown] ? K : never]: P extends readonly [
    unknown,
    infer V,
  ]
    ? V
    : never;
};
