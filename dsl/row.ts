import type { IsOne } from "./shapes/port-names.js";
import type { DType, Dim, Port, Tensor } from "./tensor.js";

/** What a lambda may read at its place in the pipeline: request columns, current outputs, and after a shadow or a models step each model's outputs. */
export interface RowScope {
  readonly inputs: readonly Port[];
  /** Empty where several outputs stand and none is selected. */
  readonly outputs: readonly Port[];
  /** By model name; empty where the last inference step runs one model. The champion, or the selected model, is among them. */
  readonly models: Readonly<Record<string, readonly Port[]>>;
  /** The model whose outputs are `outputs`, when there is one among `models`. */
  readonly champion?: string;
  /** The model that takes the request, and the columns it takes, in the order of its inputs. */
  readonly first?: { readonly name: string; readonly columns: readonly string[] };
  /** The model whose outputs are `outputs`. */
  readonly last?: string;
}

/** One record as a lambda sees it: the batch dimension is gone. */
export interface Row<In, Out> {
  /** The request's columns. */
  readonly in: Values<In>;
  /** The current outputs. */
  readonly out: Values<Out>;
}

/** A record after a shadow step: the outputs of its models stand beside the champion's. */
export interface ShadowRow<In, Out, Models> extends Row<In, Out> {
  readonly models: { readonly [M in keyof Models]: Values<Models[M]> };
}

/** A record where several outputs stand and none is selected. */
export interface MultiModelRow<In, Models> {
  /** The request's columns. */
  readonly in: Values<In>;
  readonly models: { readonly [M in keyof Models]: Values<Models[M]> };
}

/** What a lambda sees where no model has run: the name before it is refused, and no second error shall hide that. */
export interface UnknownRow {
  readonly in: Unknowable;
  readonly out: Unknowable;
  readonly models: Unknowable;
}
type Unknowable = number & { readonly [port: string]: Unknowable };

export type RowOf<In, Out, Models> = [keyof Models] extends [never]
  ? Row<In, Out>
  : Out extends readonly unknown[]
    ? MultiModelRow<In, Models>
    : ShadowRow<In, Out, Models>;

/** The values of all ports; a lone port's value, and a lone number, stand for themselves too. */
export type Values<P> = string extends keyof P
  ? PortValues<P>
  : IsOne<keyof P> extends true
    ? LoneValue<P[keyof P], PortValues<P>>
    : PortValues<P>;

/** The value of each port by its name. A conditional, so that messages and hovers show the members and not this name. */
export type PortValues<P> = P extends unknown ? { -readonly [K in keyof P]: RowValue<P[K]> } : never;

/** One row of a tensor: a number (bigint, boolean, string) at rank 1, readonly tuples or arrays above. */
export type RowValue<T> =
  T extends Tensor<infer D, infer S>
    ? number extends S["length"]
      ? Ragged<ElementOf<D>>
      : S extends readonly [unknown, ...infer Rest]
        ? Nested<ElementOf<D>, Rest>
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

/** What a tensor of unknown rank may hold. */
export type Ragged<V> = V | readonly Ragged<V>[];

/** Arrays of `V` along the dimensions `S`, the last one innermost. */
type Nested<V, S extends readonly unknown[]> = S extends readonly [infer H extends Dim] ? Sized<V, H> : Deep<V, S>;

/** One dimension always has room. */
type Sized<V, N extends Dim> = N extends string | null
  ? readonly V[]
  : number extends N
    ? readonly V[]
    : Short<V, N & number> extends infer T extends readonly V[]
      ? T["length"] extends N
        ? T
        : readonly V[] & { readonly length: N }
      : never;

/** `Used` is the room that the tuples around have taken. */
type Deep<V, S extends readonly unknown[], Used extends readonly 0[] = readonly []> = S extends readonly [
  infer H extends Dim,
  ...infer R,
]
  ? H extends string | null
    ? readonly Deep<V, R, Used>[]
    : number extends H
      ? readonly Deep<V, R, Used>[]
      : Room<H & number, Used, Short<0, H & number>> extends infer U
        ? U extends readonly 0[]
          ? Filled<Short<0, H & number>, Deep<V, R, U>>
          : readonly Deep<V, R>[] & { readonly length: H }
        : never
  : V;

type Filled<P, V> = { readonly [I in keyof P]: V };

/**
 * What is taken with a tuple of `N` in the tuples that have taken `Used`, or null where there is no room for one and the dimension
 * is an array with its length typed: beyond 256, and where the digits of the sizes would be more than seven. For each comparison
 * of types the compiler walks through all elements of nested tuples, and stops at an intersection.
 */
type Room<N extends number, Used extends readonly 0[], P> = P extends { readonly length: N }
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

/** Stops at 256, so that a long size costs no more than that. */
type Short<V, N extends number, A extends readonly V[] = readonly []> = A["length"] extends N | 256
  ? A
  : Short<V, N, readonly [...A, V]>;

/** A port named like a member of its value (`length`) cannot be left out: the intersection would be `never`. */
type LoneValue<T, P> =
  Bare<RowValue<T>> extends infer V ? (keyof P & keyof V extends never ? Indexed<V> & P : P) : never;

type Indexed<V> = V extends readonly [unknown, ...unknown[]] ? Items<V> : V;

/** A tuple without its index signature: beside other members the compiler would let `x.out[99]` pass. */
type Items<V extends readonly unknown[]> = { readonly [K in keyof V as K extends number ? never : K]: V[K] };

/** `readonly [number]` is a number too, so that `x.out < 1` compiles. */
type Bare<V> = V extends readonly [infer E] ? (E extends readonly unknown[] ? V : E) : V;
