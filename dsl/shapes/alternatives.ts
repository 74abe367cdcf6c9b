import type { At, ChoicesOfStep, StateAfter } from "../steps/step-kinds.js";
import type { After, Forward, Link, RecordOf, Unstated } from "../steps/step-list.js";
import type { NoKeys } from "../names.js";
import type { IsOne, NamesOf, Smallest } from "./port-names.js";

// A union among the arguments of a step, such as `canary ? a : b`, stands for one of its members: each of them must
// fit. The types of a pipeline hold the union. Only where a step does not fit, the pipelines that the unions stand for
// are checked one by one, so that the message has the model, the step and the tensor of one of them.

/** The text of an error. Of several, the first in code-unit order: a union has no defined order. */
export type OneText<T extends string> = IsOne<T> extends true ? T : Smallest<T>;

/** The texts `T` as one; `Fine` if there is none. */
export type TextElse<T extends string, Fine> = [T] extends [never] ? Fine : OneText<T>;

/** The states (`At`) that `Steps` may lead to: one for each choice among the members of its unions. */
export type AlternativesOf<In, Steps> = AlternativesAfter<Forward<Steps>, Beginning<In, Steps, BottomOf<Steps>>>;
type AlternativesAfter<Nodes, States> =
  Nodes extends Link<After<infer S, unknown>, infer Rest>
    ? AlternativesAfter<Rest, StatesAfter<States, ChoicesOfStep<S>>>
    : States;
type StatesAfter<States, S> = S extends unknown ? StateAfter<States, S> : never;

type BottomOf<Steps> = Steps extends After<unknown, infer Prev> ? BottomOf<Prev> : Steps;
/** If the first step defines the request's columns, and there are several choices of them, it is asked again. */
type Beginning<In, Steps, Bottom> = [Bottom, Steps] extends [Unstated, After<unknown, unknown>]
  ? IsOne<In> extends true
    ? At<In, In, never, Bottom, object, never>
    : At<Unstated, Unstated, never, Bottom, object, never>
  : In extends unknown
    ? At<In, In, never, Bottom, object, never>
    : never;

/** The tuples without unions that the tuple `T` stands for; a list of unknown length is unchanged. */
export type ChoicesOf<T, Done extends readonly unknown[] = readonly []> = T extends readonly [infer H, ...infer Rest]
  ? ChoicesOfElement<H> extends infer One
    ? One extends unknown
      ? ChoicesOf<Rest, readonly [...Done, One]>
      : never
    : never
  : T extends readonly []
    ? Done
    : T extends readonly unknown[]
      ? readonly [...Done, ...T]
      : never;
/** An element is a model, or a pair of a weight and a model. */
type ChoicesOfElement<E> = E extends readonly [infer W, infer M]
  ? W extends unknown
    ? M extends unknown
      ? readonly [W, M]
      : never
    : never
  : E;

/** False if an element of the tuple `T` is a union, or if its length is not known. */
export type IsPlainTuple<T extends readonly unknown[]> = number extends T["length"]
  ? false
  : { readonly [I in keyof T]: IsOne<T[I]> }[number] extends true
    ? true
    : false;

/** The first elements of `T`, up to those whose number is not known. */
export type FixedPart<T, Done extends readonly unknown[] = readonly []> = T extends readonly [infer H, ...infer Rest]
  ? FixedPart<Rest, readonly [...Done, H]>
  : Done;

/** False if `R` is one of several records, or if a property may be absent. */
export type IsOneRecord<R> = IsOne<R> extends true ? (R extends Required<R> ? true : false) : false;

/** False also if one of its values is a union. */
export type IsPlainRecord<R> =
  IsOneRecord<R> extends true ? ({ readonly [K in keyof R]: IsOne<R[K]> }[keyof R] extends true ? true : false) : false;

/**
 * The records without unions that `R` stands for. A property that may be absent, as in `{ …, ...(on ? { a } : {}) }`,
 * is there in some of them.
 */
export type ChoicesOfRecord<R> = R extends unknown
  ? ChosenOf<R, NamesOf<R>> extends infer P
    ? P extends Chosen<infer Pairs>
      ? RecordOf<Pairs>
      : never
    : never
  : never;

/** Pairs of the list of steps, as one type: a union of unions would be flat. */
export interface Chosen<out Pairs> {
  readonly pairs: Pairs;
}
export type ChoicesOfPairs<Pairs> = ChosenOf<RecordOf<Pairs>, NamesOf<RecordOf<Pairs>>>;
type ChosenOf<R, Names, Done = never> = Names extends readonly [infer K extends keyof R, ...infer Rest]
  ? ChosenWith<R, K, Rest, Required<R>[K], Done> | (NoKeys extends Pick<R, K> ? ChosenOf<R, Rest, Done> : never)
  : Chosen<Done>;
type ChosenWith<R, K extends keyof R, Rest, V, Done> = V extends unknown
  ? ChosenOf<R, Rest, Done | readonly [K, V]>
  : never;
