import type { Model } from "./model.js";
import type { RequestSource, StepSource } from "./wording.js";

/**
 * The steps so far, the newest outside. It holds what was given and no computed outputs: with them the list would
 * cost the square of its length, or be "excessively deep".
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

/** Where the current outputs come from: `step 2 (model 'embed') produces`. Steps count from 0, as in `pipeline.steps`. */
export type SourceOf<Steps> =
  Steps extends Cons<infer Prev, infer S>
    ? S extends Check<string>
      ? SourceOf<Prev>
      : StepSource<CountOf<Prev>, ModelNameOf<S>>
    : RequestSource;

type CountOf<Steps, N extends readonly 0[] = []> =
  Steps extends Cons<infer Prev, unknown> ? CountOf<Prev, [...N, 0]> : N["length"];

type ModelNameOf<S> = S extends Model<infer N>
  ? N
  : S extends Renamed<Model<infer N>, unknown>
    ? N
    : S extends Shadow<Model<infer N>, unknown, unknown>
      ? N
      : never;

/** True where no model has run yet. */
export type BeforeInference<Steps> = [Steps] extends [null] ? true : false;

/** What `row.models` holds: the outputs of the last inference step's models, when that is a shadow step. */
export type RowModels<Steps> =
  Steps extends Cons<infer Prev, infer S>
    ? S extends Check<string>
      ? RowModels<Prev>
      : S extends Shadow<unknown, unknown, infer Outputs>
        ? Outputs
        : object
    : object;

/** The outputs of all challengers by name: what the log holds beside the champions'. */
export type ChallengerOutputs<Steps, Found = unknown> =
  Steps extends Cons<infer Prev, infer S>
    ? S extends Shadow<Model<infer N>, unknown, infer Outputs>
      ? ChallengerOutputs<Prev, Found & Omit<Outputs, N>>
      : ChallengerOutputs<Prev, Found>
    : { readonly [C in keyof Found]: Found[C] };
