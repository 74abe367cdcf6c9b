import type { Model } from "../model.js";
import type { AuditedNames } from "./models.js";
import type { RequestSource, StepSource } from "../messages/shapes.js";

/**
 * The steps so far, the newest first: so a hover shows the last ones, and leaves out those for which it has no room. It holds what was given, as interfaces, tuples and strings, and no computed outputs: an anonymous
 * or mapped type in it would be looked through at every later step, and the compiler would stop near 95 steps (TS2589).
 */
export interface After<out S, out Prev> {
  readonly prev: Prev;
  readonly step: S;
}

/** Below the first step where the request's columns are stated. */
export interface Stated {
  readonly stated: true;
}

/** Below the first step where the first inference step gives the columns. Not `null`, which is every type where `strictNullChecks` is off. */
export interface Unstated {
  readonly stated: false;
}

/** A model whose inputs are fed by a renaming, a union of `readonly [input, column]`. */
export interface Renamed<out M, out Pairs> {
  readonly model: M;
  readonly rename: Pairs;
}

/** A models step. */
export interface Several<out Models> {
  readonly models: Models;
}

/** An audit of the slice `S`. */
export interface Audit<out S extends string> {
  readonly audit: S;
}

export interface Select<out I extends number> {
  readonly select: I;
}

/** A key split; its routes are a union of `readonly [value, model]`. `Default` stands in messages for all its models. */
export interface KeySplit<out Default, out Routes> {
  readonly default: Default;
  readonly routes: Routes;
}

/** A random split, a tuple of `readonly [weight, model]`; the first model stands in messages for all of them. */
export interface RandomSplit<out Weights> {
  readonly weights: Weights;
}

/** A shadow step. */
export interface Shadow<out Champion, out Challengers> {
  readonly champion: Champion;
  readonly challengers: Challengers;
}

/** A validation. */
export interface Check<out N extends string> {
  readonly validation: N;
}

/** An alert. */
export interface Alert<out N extends string> {
  readonly alert: N;
}

/** Sizes in the place of symbols, a union of `readonly [symbol, size]`. */
export interface Refine<out Pairs> {
  readonly sizes: Pairs;
}

/** A record as a union of pairs, as the list of steps holds it. */
export type PairsOf<R> = { readonly [K in keyof R]: readonly [K extends number ? `${K}` : K, R[K]] }[keyof R];

/** The record of a union of pairs. */
export type RecordOf<Pairs> = {
  readonly [P in Pairs as P extends readonly [infer K extends string, unknown] ? K : never]: P extends readonly [
    unknown,
    infer V,
  ]
    ? V
    : never;
};

/** Steps that give no outputs of a model. */
export type Passing = Check<string> | Alert<string> | Refine<unknown> | Audit<string>;

/** Where the current outputs come from: `step 2 (model 'embed') produces`. Steps count from 0, as in `pipeline.steps`. */
export type SourceOf<Steps, Selected extends number = 0> =
  Steps extends After<infer S, infer Prev>
    ? S extends Passing
      ? SourceOf<Prev, Selected>
      : S extends Select<infer I>
        ? SourceOf<Prev, I>
        : StepSource<CountOf<Prev>, ModelNameOf<S, Selected>>
    : RequestSource;

export type CountOf<Steps, N extends readonly 0[] = []> =
  Steps extends After<unknown, infer Prev> ? CountOf<Prev, [...N, 0]> : N["length"];

type ModelNameOf<S, Selected extends number> =
  S extends Several<infer Models extends readonly Model[]>
    ? Models[Selected]["name"]
    : StandingModel<S> extends Model<infer N>
      ? N
      : never;

/** The model whose outputs go on after a step, or that stands for those of a split. */
export type StandingModel<S> = S extends Model
  ? S
  : S extends Renamed<infer M, unknown>
    ? M
    : S extends Shadow<infer C, unknown>
      ? C
      : S extends KeySplit<infer D, unknown>
        ? D
        : S extends RandomSplit<readonly [readonly [unknown, infer M], ...(readonly unknown[])]>
          ? M
          : S extends Several<readonly [infer M, ...(readonly unknown[])]>
            ? M
            : never;

/** The index of the newest models step, and its models. */
export type SeveralOf<Steps> =
  Steps extends After<infer S, infer Prev>
    ? S extends Several<infer Models>
      ? { readonly index: CountOf<Prev>; readonly models: Models }
      : SeveralOf<Prev>
    : never;

/** True where the newest models step is audited. */
export type IsAudited<Steps> =
  Steps extends After<infer S, infer Prev>
    ? S extends Several<unknown>
      ? false
      : S extends Audit<string>
        ? true
        : IsAudited<Prev>
    : false;

/** True where no model has run yet: of the steps that pass outputs on, refine alone may stand there. */
export type BeforeInference<Steps> =
  Steps extends After<Refine<unknown>, infer Prev>
    ? BeforeInference<Prev>
    : Steps extends After<unknown, unknown>
      ? false
      : true;

/** A name that the log holds a model's outputs under, and one of an alert, as `Taken` of a pipeline holds them. */
export type LoggedName<N extends string> = string extends N ? never : `model ${N}`;
export type AlertTaken<N extends string> = string extends N ? never : `alert ${N}`;

/** The names that a shadow step logs, and those that an audit does. */
export type ShadowNames<Cs extends readonly Model[]> = LoggedName<Cs[number]["name"]>;
export type AuditNames<Slice extends string, Steps> = LoggedName<AuditedNames<Slice, SeveralOf<Steps>["models"]>>;

/** The oldest step outside; it holds the nodes of a list of steps, and with each one the steps before it. */
export interface Link<out Node, out Rest> {
  readonly node: Node;
  readonly rest: Rest;
}

/** The steps from the oldest on. */
export type Forward<Steps, Rest = unknown> =
  Steps extends After<unknown, infer Prev> ? Forward<Prev, Link<Steps, Rest>> : Rest;
