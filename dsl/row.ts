import type { IsOne } from "./shapes/port-names.js";
import type { RowShape } from "./rows.js";
import type { DType, Dim, Port, Tensor } from "./tensor.js";

/**
 * What a lambda may read at its position in the pipeline: request columns, current outputs, and after a shadow or a
 * models step the outputs of each model.
 */
export interface RowScope {
  readonly inputs: readonly Port[];
  /** Empty after a models step until one output is selected. */
  readonly outputs: readonly Port[];
  /**
   * By model name, including the champion or the selected model. Empty where the last inference step runs one model.
   */
  readonly models: Readonly<Record<string, readonly Port[]>>;
  /** The model in `models` that produced `outputs`. */
  readonly champion?: string;
  /** The model that takes the request, and its columns in the order of its inputs. */
  readonly first?: { readonly name: string; readonly columns: readonly string[] };
  /** The model that produced `outputs`. */
  readonly last?: string;
}

/**
 * One record as a lambda sees it, without the row axis. The variances are stated: for each file that has a validation,
 * an editor would find them out again.
 */
export interface Row<out In, out Out> {
  /** The request's columns. */
  readonly in: Values<In>;
  /** The current outputs. */
  readonly out: Values<Out>;
}

/** A record after a shadow step: it also has the outputs of all models of the step. */
export interface ShadowRow<out In, out Out, out Models> extends Row<In, Out> {
  readonly models: { readonly [M in keyof Models]: Values<Models[M]> };
}

/** A record after a models step, before one output is selected. */
export interface MultiModelRow<out In, out Models> {
  /** The request's columns. */
  readonly in: Values<In>;
  readonly models: { readonly [M in keyof Models]: Values<Models[M]> };
}

/**
 * The row of a lambda before any model. The step's name is refused there; this type avoids a second error in the
 * lambda.
 */
export interface UnknownRow {
  readonly in: Unknowable;
  readonly out: Unknowable;
  readonly models: Unknowable;
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any dtype and rank; build() reads the lambda
type Unknowable = any;

export type RowOf<In, Out, Models> = [keyof Models] extends [never]
  ? Row<In, Out>
  : Out extends readonly unknown[]
    ? MultiModelRow<In, Models>
    : ShadowRow<In, Out, Models>;

/** The values of all ports. A single port can also be used as its value, and a single element as a number. */
export type Values<P> = P extends unknown
  ? string extends keyof P
    ? PortValues<P>
    : IsOne<keyof P> extends true
      ? SingleValue<P[keyof P], PortValues<P>>
      : PortValues<P>
  : never;

/**
 * The value of each port by name. A conditional type, so that messages and hovers show the members instead of this
 * alias.
 */
export type PortValues<P> = P extends unknown ? { -readonly [K in keyof P]: RowValue<P[K]> } : never;

/**
 * One row of a tensor, without the row axis: a number (bigint, boolean, string) if no dimension is left, else readonly
 * tuples or arrays.
 */
export type RowValue<T> =
  T extends Tensor<infer D, infer S>
    ? number extends S["length"]
      ? Ragged<ElementOf<D>>
      : RowShape<S> extends infer R extends readonly [unknown, ...unknown[]]
        ? Nested<ElementOf<D>, R>
        : ElementOf<D>
    : never;

/** The JavaScript value of one element. */
export type ElementOf<D extends DType> = D extends "int64" | "uint64"
  ? bigint
  : D extends "bool"
    ? boolean
    : D extends "string"
      ? string
      : number;

/** The value of a tensor of unknown rank. */
export type Ragged<V> = V | readonly Ragged<V>[];

/** Arrays of `V` along the dimensions `S`, the last one innermost. */
type Nested<V, S extends readonly unknown[]> = S extends readonly [infer H extends Dim] ? Sized<V, H> : Deep<V, S>;

/** One dimension is always a tuple (up to 256) or an array with a typed length. */
type Sized<V, N extends Dim> = N extends string | null
  ? readonly V[]
  : number extends N
    ? readonly V[]
    : Short<V, N & number> extends infer T extends readonly V[]
      ? T["length"] extends N
        ? T
        : readonly V[] & { readonly length: N }
      : never;

/** Tuples for nested dimensions, within a budget. `Used` is the part of the budget that the outer tuples use. */
type Deep<V, S extends readonly unknown[], Used extends readonly 0[] = readonly []> = S extends readonly [
  infer H extends Dim,
  ...infer R,
]
  ? H extends string | null
    ? readonly Deep<V, R, Used>[]
    : number extends H
      ? readonly Deep<V, R, Used>[]
      : Budget<H & number, Used, Short<0, H & number>> extends infer U
        ? U extends readonly 0[]
          ? Filled<Short<0, H & number>, Deep<V, R, U>>
          : readonly Deep<V, R>[] & { readonly length: H }
        : never
  : V;

type Filled<P, V> = { readonly [I in keyof P]: V };

/**
 * The budget used after a tuple of `N` inside tuples that use `Used`; null if it is exhausted: for a size over 256,
 * and where all sizes together have more than seven digits. Then the dimension is an array with a typed length. The
 * compiler compares nested tuples element by element, but stops at an intersection.
 */
type Budget<N extends number, Used extends readonly 0[], P> = P extends { readonly length: N }
  ? N extends 1
    ? Used
    : Digits<`${N}`, Used> extends infer U
      ? U extends readonly [0, 0, 0, 0, 0, 0, 0, 0, ...0[]]
        ? null
        : U
      : never
  : null;

type Digits<T extends string, Before extends readonly 0[]> = T extends `${string}${infer R}`
  ? Digits<R, readonly [...Before, 0]>
  : Before;

/** A tuple of `N` elements; stops at 256 to limit the cost of a large size. */
type Short<V, N extends number, A extends readonly V[] = readonly []> = A["length"] extends N | 256
  ? A
  : Short<V, N, readonly [...A, V]>;

/** A port with the name of a member of its value (`length`) cannot be left out: the intersection would be `never`. */
type SingleValue<T, P> =
  Bare<RowValue<T>> extends infer V ? (keyof P & keyof V extends never ? Indexed<V> & P : P) : never;

type Indexed<V> = V extends readonly [unknown, ...unknown[]] ? Items<V> : V;

/** A tuple without its index signature: otherwise, in the intersection, the compiler would accept `x.out[99]`. */
type Items<V extends readonly unknown[]> = { readonly [K in keyof V as K extends number ? never : K]: V[K] };

/** Unwraps `readonly [number]`, so that `x.out < 1` compiles. */
type Bare<V> = V extends readonly [infer E] ? (E extends readonly unknown[] ? V : E) : V;
