import type { Model } from "./model.js";
import type { RequestSource, StepSource } from "./wording.js";

/**
 * The steps so far, the newest outside. It holds what was given and no computed outputs, but those that rows and logs show:
 * with all of them the list would cost the square of its length, or be "excessively deep".
 */
export interface Cons<out Prev, out S> {
  readonly prev: Prev;
  readonly step: S;
}

/** A model whose inputs are fed by a renaming. */
export interface Renamed<out M, out R> {
  readonly model: M;
  readonly rename: R;
}

/** A models step; `Outputs` are those of its models by name, which rows and logs show. */
export interface Several<out Models, out Outputs> {
  readonly models: Models;
  readonly outputs: Outputs;
}

/** An audit of the slice `S`; `Outputs` are those that it logs, by model. */
export interface Audit<out S extends string, out Outputs> {
  readonly audit: S;
  readonly outputs: Outputs;
}

export interface Select<out I extends number> {
  readonly select: I;
}

/** A split; `Default` stands in messages for all its models. */
export interface Split<out Default, out Rest> {
  readonly default: Default;
  readonly rest: Rest;
}

/** A shadow step; `Outputs` are those of its models by name, which rows and logs show. */
export interface Shadow<out Champion, out Challengers, out Outputs> {
  readonly champion: Champion;
  readonly challengers: Challengers;
  readonly outputs: Outputs;
}

/** A validation. */
export interface Check<out N extends string> {
  readonly validation: N;
}

/** An alert. */
export interface Alert<out N extends string> {
  readonly alert: N;
}

export interface Refine<out Sizes> {
  readonly sizes: Sizes;
}

/** Steps that give no outputs of a model. */
type Passing = Check<string> | Alert<string> | Refine<unknown> | Audit<string, unknown>;

/** Where the current outputs come from: `step 2 (model 'embed') produces`. Steps count from 0, as in `pipeline.steps`. */
export type SourceOf<Steps, Selected extends number = 0> =
  Steps extends Cons<infer Prev, infer S>
    ? S extends Passing
      ? SourceOf<Prev, Selected>
      : S extends Select<infer I>
        ? SourceOf<Prev, I>
        : StepSource<CountOf<Prev>, ModelNameOf<S, Selected>>
    : RequestSource;

export type CountOf<Steps, N extends readonly 0[] = []> =
  Steps extends Cons<infer Prev, unknown> ? CountOf<Prev, [...N, 0]> : N["length"];

type ModelNameOf<S, Selected extends number> = S extends Model<infer N>
  ? N
  : S extends Renamed<Model<infer N>, unknown>
    ? N
    : S extends Shadow<Model<infer N>, unknown, unknown>
      ? N
      : S extends Split<Model<infer N>, unknown>
        ? N
        : S extends Several<infer Models extends readonly Model[], unknown>
          ? Models[Selected]["name"]
          : never;

/** The index of the newest models step, and its outputs by name. */
export type SeveralOf<Steps> =
  Steps extends Cons<infer Prev, infer S>
    ? S extends Several<infer Models, infer Outputs>
      ? { readonly index: CountOf<Prev>; readonly models: Models; readonly outputs: Outputs }
      : SeveralOf<Prev>
    : never;

/** True where the newest models step is audited. */
export type IsAudited<Steps> =
  Steps extends Cons<infer Prev, infer S>
    ? S extends Several<unknown, unknown>
      ? false
      : S extends Audit<string, unknown>
        ? true
        : IsAudited<Prev>
    : false;

/** True where no model has run yet. */
export type BeforeInference<Steps> = [Steps] extends [null]
  ? true
  : Steps extends Cons<infer Prev, Refine<unknown>>
    ? BeforeInference<Prev>
    : false;

/** The names of the alerts so far. */
export type AlertNames<Steps, Found extends string = never> =
  Steps extends Cons<infer Prev, infer S> ? AlertNames<Prev, S extends Alert<infer N> ? Found | N : Found> : Found;

/** What `row.models` holds: the outputs of the last inference step's models, when that is a shadow or a models step. */
export type RowModels<Steps> =
  Steps extends Cons<infer Prev, infer S>
    ? S extends Passing | Select<number>
      ? RowModels<Prev>
      : S extends Shadow<unknown, unknown, infer Outputs> | Several<unknown, infer Outputs>
        ? Outputs
        : object
    : object;

/** The outputs that the log holds under their models' names: those of challengers, and audited ones. */
export type ChallengerOutputs<Steps, Found = unknown> =
  Steps extends Cons<infer Prev, infer S>
    ? S extends Shadow<Model<infer N>, unknown, infer Outputs>
      ? ChallengerOutputs<Prev, Found & Omit<Outputs, N>>
      : S extends Audit<string, infer Outputs>
        ? ChallengerOutputs<Prev, Found & Outputs>
        : ChallengerOutputs<Prev, Found>
    : { readonly [C in keyof Found]: Found[C] };
