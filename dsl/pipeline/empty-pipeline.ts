import type { FitsRenamed, Next, Normal, Substituted } from "../shapes/fits.js";
import type { AlertOptions, AlertRows } from "../steps/alert.js";
import type { AtIndex, EditedOr, Inserted, Making, StepIndex } from "./edits.js";
import type { Model } from "../model.js";
import type { AnyPipeline, Pipeline } from "./pipeline.js";
import type { SizeOption, Sizes } from "../steps/refine.js";
import type { ColumnNames, Columns, RenameOption } from "../steps/rename.js";
import type { UnknownRow } from "../row.js";
import type { Members, OutputsByName, TupleOf } from "../steps/models.js";
import type { Challengers, ShadowOutputs } from "../steps/shadow.js";
import type { FirstModel, HashKey, KeyName, RouteModels, Routes, Weighted, Weights } from "../steps/split.js";
import type {
  Alert,
  Audit,
  Check,
  After,
  KeySplit,
  PairsOf,
  RandomSplit,
  Refine,
  Renamed,
  Select,
  Several,
  Shadow,
  ShadowNames,
  Unstated,
} from "../steps/step-types.js";
import type { KeySplitOptions } from "../steps/nodes.js";
import type { UncheckedPipeline } from "./unchecked-pipeline.js";
import type { NoInferenceBefore } from "../messages/shapes.js";
import type { NoInferenceBeforeAlert } from "../messages/alerts.js";
import type { NeedsModels } from "../messages/steps.js";

/** A pipeline without a step: the first inference step gives it its inputs. */
export interface EmptyPipeline extends Unfed<Unstated> {
  clear(): this;
}

/** A pipeline whose columns are not known. `Steps` are none, or such as are refused there: they count all the same. */
export interface Unfed<in out Steps> extends AnyPipeline {
  model<M extends Model>(model: M): Pipeline<M["inputs"], Next<Normal<M["inputs"]>, M>, never, After<M, Steps>>;
  model<M extends Model, const R extends RenameOption>(
    model: FitsRenamed<Normal<Columns<M["inputs"], R>>, M, R, Steps>,
    rename: ColumnNames<M, R>,
  ): Pipeline<
    Columns<M["inputs"], R>,
    Substituted<Normal<Columns<M["inputs"], R>>, M, R>,
    never,
    After<Renamed<M, PairsOf<R>>, Steps>
  >;
  shadow<C extends Model, const Cs extends readonly Model[]>(
    champion: C,
    challengers: Challengers<Normal<C["inputs"]>, C, Cs, never, Steps>,
  ): Pipeline<
    C["inputs"],
    Next<Normal<C["inputs"]>, C>,
    never,
    After<Shadow<C, Cs>, Steps>,
    ShadowOutputs<Normal<C["inputs"]>, C, Cs>,
    ShadowNames<Cs>
  >;
  models<const Ms extends readonly Model[]>(
    models: Members<Normal<Ms[0]["inputs"]>, Ms, never, Steps>,
  ): Pipeline<
    Ms[0]["inputs"],
    TupleOf<Normal<Ms[0]["inputs"]>, Ms>,
    never,
    After<Several<Ms>, Steps>,
    OutputsByName<Normal<Ms[0]["inputs"]>, Ms>
  >;
  /** Refused: there are no outputs to audit. */
  audit<const S extends string>(
    slice: S extends unknown ? NoInfer<NeedsModels<"audit">> : S,
  ): Unfed<After<Audit<S>, Steps>>;
  /** Refused: there are no outputs to select from. */
  select<const I extends number>(
    index: I extends unknown ? NoInfer<NeedsModels<"select">> : I,
  ): Unfed<After<Select<I>, Steps>>;
  keySplit<const K extends string, D extends Model, const R extends RouteModels>(
    key: KeyName<K>,
    options: KeySplitOptions<D, Routes<Normal<D["inputs"]>, D, R, Steps>>,
  ): Pipeline<D["inputs"], Next<Normal<D["inputs"]>, D>, never, After<KeySplit<D, PairsOf<R>>, Steps>>;
  randomSplit<const Ws extends readonly Weighted[], const H extends string = never>(
    weights: Weights<Normal<FirstModel<Ws>["inputs"]>, Ws, Steps>,
    options?: { readonly hashKey?: HashKey<H> },
  ): Pipeline<
    FirstModel<Ws>["inputs"],
    Next<Normal<FirstModel<Ws>["inputs"]>, FirstModel<Ws>>,
    never,
    After<RandomSplit<Ws>, Steps>
  >;
  /** Refused: a symbol stands in the pipeline's input or in a model's outputs. */
  refine<const Z extends SizeOption>(sizes: Sizes<Z, object, Steps>): Unfed<After<Refine<PairsOf<Z>>, Steps>>;
  /** Refused: a validation reads what an inference step gives. */
  validate<const N extends string>(
    name: N extends unknown ? NoInfer<NoInferenceBefore<N>> : N,
    check: (row: UnknownRow) => boolean,
  ): Unfed<After<Check<N>, Steps>>;
  /** Refused: an alert reads what an inference step gives. */
  alert<const N extends string, const D extends string, const F extends string = never>(
    name: N extends unknown ? NoInfer<NoInferenceBeforeAlert<N>> : N,
    condition: (all: AlertRows<UnknownRow>) => boolean,
    options: AlertOptions<D, F>,
  ): Unfed<After<Alert<N>, Steps>>;
  /** Refused: there is no step to replace. */
  replaceStep<const I extends number>(
    index: StepIndex<I, Steps, "replaceStep">,
    make: (at: UncheckedPipeline) => unknown,
  ): UncheckedPipeline;
  /** @example pipeline("imdb").insertStep(0, (at) => at.model(embedder)) */
  insertStep<const I extends number, P>(
    index: StepIndex<I, Steps, "insertStep", [0]>,
    make: (at: AtIndex<Unstated, Unstated, I, [0]>) => Making<Inserted<Unstated, Unstated, Unstated, object, I, P>, P>,
  ): EditedOr<Inserted<Unstated, Unstated, Unstated, object, I, P>, EmptyPipeline>;
  /** Refused: there is no step to remove. */
  removeStep<const I extends number>(index: StepIndex<I, Steps, "removeStep">): UncheckedPipeline;
  clear(): EmptyPipeline;
}
