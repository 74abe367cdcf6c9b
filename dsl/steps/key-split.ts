import type { CheckState } from "../check/check-state.js";
import type { PortState } from "../check/port-state.js";
import type { FirstText, TextOf } from "../check/flaws.js";
import { byCodeUnit } from "../messages/first-five-names.js";
import type { Model } from "../model.js";
import type { NoKeys } from "../names.js";
import type { Fits, Unfitting } from "../shapes/fits.js";
import type { NamesOf } from "../shapes/port-names.js";
import { advanceSplit, checkSameOutputs, inferInSplit, type Route } from "./split-outputs.js";
import { frozenCopy, type StepDefinition } from "./step-definition.js";
import type { ArrivingAtModel, NewStep } from "./step-kinds.js";
import type { PairsOf, Unstated } from "./step-list.js";

/** The request's metadata choose the model: `routes` by the value of `key`, else the default. */
export interface KeySplitStep {
  readonly kind: "keySplit";
  readonly key: string;
  readonly default: Model;
  readonly routes: Readonly<Record<string, Model>>;
}

/** The options of `.keySplit`. */
export interface KeySplitOptions<D, R> {
  /** Runs where the request lacks the key, or where its value has no route. */
  readonly default: D;
  /** By the value of the key. */
  readonly routes: R;
}

export type RouteModels = Readonly<Record<string, Model>>;

function keySplitStep(key: string, options: KeySplitOptions<Model, RouteModels>): KeySplitStep {
  const { default: fallback, routes } = { ...options };
  return Object.freeze({ kind: "keySplit", key, default: fallback, routes: frozenCopy(routes) });
}

// ---------------------------------------------------------------- types

/**
 * The type-level form of a key split. Its routes are a union of `readonly [value, model]`. Messages name the model
 * `Default` for the whole split.
 */
export interface KeySplit<out Default, out Routes> {
  readonly default: Default;
  readonly routes: Routes;
}

export type KeyName<K extends string> = "" extends K ? (string extends K ? K : NoInfer<NoKey>) : K;

/**
 * The routes `R` where all fit `Out` and produce the outputs of the default `D`; the text of a wrong one is the type of
 * its property.
 */
export type Routes<Out, D extends Model, R extends RouteModels, In, Steps> = NoKeys extends R
  ? string extends keyof R
    ? R
    : NoInfer<NoRoutes> // Of a union of routes, one may have none.
  : [string, never] extends [D["name"], Unfitting<Out, D>]
    ? R // The default is no model: the error is there.
    : Unfitting<Out, D> extends never
      ? { readonly [V in keyof R]: Route<Out, Extract<R[V], Model>, D, In, Steps> }
      : R; // The error is at the default. `{}` is inferred from this branch alone.

/** The default `D` where it fits `Out`. Without one, `D` is `never`. */
export type DefaultModel<Out, D extends Model, In, Steps> = [D] extends [never]
  ? NoInfer<NoDefault>
  : [Out] extends [Unstated]
    ? D
    : Fits<Out, D, In, Steps>;

/** The problem of a key split after an edit; false if there is none. */
export type KeySplitFlaw<D extends Model, R, Out, In, Steps> = FirstText<
  TextOf<Fits<Out, D, In, Steps>>,
  RoutesFlaw<Out, D, R, In, Steps, NamesOf<R>>
>;
type RoutesFlaw<Out, D extends Model, R, In, Steps, Names> = Names extends readonly [
  infer K extends keyof R,
  ...infer Rest,
]
  ? FirstText<
      R[K] extends infer M extends Model ? TextOf<Route<Out, M, D, In, Steps>> : false,
      RoutesFlaw<Out, D, R, In, Steps, Rest>
    >
  : false;

/** `.keySplit` in the callback of an edit. */
export interface AtKeySplit<In, Out, Steps> {
  /** For editors. */
  keySplit<const K extends string, D extends Model, const R extends RouteModels>(
    key: K,
    options: KeySplitOptions<D, R>,
    no: never,
  ): NewStep<KeySplit<D, PairsOf<R>>>;
  keySplit<const K extends string, D extends Model = never, const R extends RouteModels = RouteModels>(
    key: KeyName<K>,
    options: KeySplitOptions<
      DefaultModel<Out, D, In, Steps>,
      Routes<ArrivingAtModel<Out, D>, D, R, ArrivingAtModel<In, D>, Steps>
    >,
  ): NewStep<KeySplit<D, PairsOf<R>>>;
}

/** `.keySplit` if the compiler does not know the steps. */
export interface UncheckedKeySplit<out P> {
  keySplit(key: string, options: KeySplitOptions<Model, RouteModels>): P;
}

// ---------------------------------------------------------------- run time

export function checkKeySplit(state: CheckState, step: KeySplitStep, index: number): void {
  const { key, default: fallback } = step;
  const routes: unknown = step.routes;
  if (typeof key !== "string" || key === "") state.report("SL2060", noKey, index);
  const isGiven = (fallback as unknown) !== undefined;
  if (!isGiven) state.report("SL2031", noDefault, index);
  const isModel = isGiven && state.isModel(fallback, "the default", index);
  const entries = typeof routes === "object" && routes !== null && !Array.isArray(routes) ? Object.entries(routes) : [];
  if (entries.length === 0) state.report("SL2061", noRoutes, index);
  if (!isModel) return;
  const first = inferInSplit(state, fallback, index);
  for (const [value, model] of entries.sort(([a], [b]) => byCodeUnit(a, b))) {
    if (!state.isModel(model, `the route '${value}'`, index)) continue;
    checkSameOutputs(state, model, first, index, { route: value });
  }
}

export function advanceKeySplit(state: PortState, step: KeySplitStep, index: number): void {
  if (state.accepts(step.default)) advanceSplit(state, modelsOf(step), index);
}

const modelsOf = (step: KeySplitStep): readonly Model[] => [step.default, ...Object.values(step.routes ?? {})];

export const keySplitKind = {
  method: "keySplit",
  arity: 2,
  options: ["default", "routes"],
  create: keySplitStep,
  modelsOf,
} satisfies StepDefinition<KeySplitStep>;

// ---------------------------------------------------------------- messages

type NoKey = "the key of a key split must be a string that is not empty";
const noKey: NoKey = "the key of a key split must be a string that is not empty";

type NoDefault = "a key split needs 'default', the model for all other requests";
const noDefault: NoDefault = "a key split needs 'default', the model for all other requests";

type NoRoutes = "a key split needs at least one route";
const noRoutes: NoRoutes = "a key split needs at least one route";
