import type { Port } from "../tensor.js";

/** Printable ASCII in code-unit order: the characters of port names. */
type Alphabet = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

/** The port names of a record in code-unit order. */
export type NamesOf<P> = Sorted<keyof P & string>;

/**
 * The names of a union in code-unit order. A union has no defined order, and compilers differ. Without an order, a
 * model with two bad ports would be reported as a union of two messages.
 */
export type Sorted<U extends string, A extends readonly string[] = []> = [U] extends [never]
  ? A
  : First<U> extends infer F extends U
    ? Sorted<Exclude<U, F>, [...A, F]>
    : A;

/** The first text of a union in code-unit order. */
export type Smallest<U extends string> = First<U>;

/** The first name of `U`. All names in `U` begin with `P`, which grows by one character per recursion. */
type First<U extends string, P extends string = ""> =
  IsOne<U> extends true ? U : P extends U ? P : FirstWith<U, P, HeadsAfter<U, P>>;
type HeadsAfter<U extends string, P extends string> = U extends `${P}${infer C}${string}` ? C : never;
type FirstWith<U extends string, P extends string, C extends string> =
  IsOne<C> extends true ? First<U, `${P}${C}`> : NarrowTo<U, P, FirstHead<C>>;
type NarrowTo<U extends string, P extends string, C extends string> = First<
  Extract<U, `${P}${C}${string}`>,
  `${P}${C}`
>;
type FirstHead<C extends string, A extends string = Alphabet> = A extends `${infer H}${infer R}`
  ? H extends C
    ? H
    : FirstHead<C, R>
  : C;

/** True for a union of one member. */
export type IsOne<U, All = U> = [U] extends [never]
  ? false
  : U extends unknown
    ? [All] extends [U]
      ? true
      : false
    : never;

/**
 * The arriving tensors by the names of the inputs that they feed: by the renaming, else by name. Single ports match
 * whatever their names.
 */
export type Fed<I, Out, R> = [keyof R] extends [never]
  ? keyof I extends keyof Out
    ? Out
    : IsOne<keyof I> extends true
      ? IsOne<keyof Out> extends true
        ? { readonly [K in keyof I]: Out[keyof Out] }
        : Out
      : Out
  : FedRenamed<I, Out, R>;
export type FedRenamed<I, Out, R> = {
  readonly [K in keyof I as K extends keyof R | keyof Out ? K : never]: Renaming<K, Out, R>;
};
/** A missing port is `unknown`, which fits no input. */
type Renaming<K, Out, R> = K extends keyof R ? (R[K] extends keyof Out ? Out[R[K]] : unknown) : Out[K & keyof Out];

/**
 * The arriving port that feeds an input without a source of its own, or `undefined`: that of its name, or a lone one.
 * The run-time side of `Fed` and `FedSources`.
 * @param given the sources of other inputs
 */
export function feedOf(
  input: string,
  inputs: readonly Port[],
  arriving: readonly Port[],
  given: Readonly<Record<string, unknown>>,
): Port | undefined {
  const [lone, ...more] = arriving;
  const isTaken = Object.values(given).some((source) => source === lone?.name || source === `in.${lone?.name}`);
  const free = inputs.filter(({ name }) => !Object.hasOwn(given, name));
  const isLone = free.length === 1 && more.length === 0 && !isTaken;
  return arriving.find(({ name }) => name === input) ?? (isLone ? lone : undefined);
}
