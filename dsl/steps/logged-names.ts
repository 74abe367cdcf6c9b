import type { Model } from "../model.js";
import type { IsOpen, KnownNames } from "../names.js";

// Names that may be used once per pipeline: of logged models and of alerts. The type parameter `Names` of a pipeline
// holds them.

/** The entry for a model whose outputs are logged under its name. */
export type LoggedModelEntry<N extends string> = IsOpen<N> extends true ? never : `model ${N}`;

/** The entry for an alert. */
export type AlertEntry<N extends string> = IsOpen<N> extends true ? never : `alert ${N}`;

/**
 * Whether one of the names `N` is in `Before`, or is that of a logged model in `Names`. False for names that are not
 * known, and while a name is a type parameter: see `IsRefused`.
 */
export type IsTaken<N extends string, Before extends string, Names> = [unknown] extends [N | Before]
  ? false
  : N extends unknown
    ? IsOpen<N> extends true
      ? false
      : N extends KnownNames<Before>
        ? true
        : LoggedModelEntry<N> extends Names
          ? true
          : false
    : never;

/** The model names in the tuple `Ms` before the element `I`. */
export type NamesBefore<Ms, I, N = never, Passed extends readonly 0[] = []> = `${Passed["length"]}` extends I
  ? N
  : Ms extends readonly [infer M extends Model, ...infer Rest]
    ? NamesBefore<Rest, I, N | M["name"], [...Passed, 0]>
    : N;

/** The first model name in `Ms` that is already in `Names`; false if there is none. */
export type FirstLogged<Ms, Names> = Ms extends readonly [infer M extends Model, ...infer Rest]
  ? LoggedModelEntry<M["name"]> extends Names
    ? M["name"]
    : FirstLogged<Rest, Names>
  : false;
