import type { Deployment, OutputsByModel } from "../deployment.js";
import type { ColumnsDefined, Model, PortDefinitions } from "../model.js";
import type { Missing, MissingOption, WithMissing } from "../missing.js";
import type { PipelineName } from "../names.js";
import type { RowOf, UnknownRow } from "../row.js";
import type {
  Bound,
  FirstNext,
  Fits,
  FitsRenamed,
  Misfits,
  Next,
  Plain,
  Refused,
  Resolved,
  Substituted,
} from "../shapes/fits.js";
import type { InputHints, SourceEntry, SourceHints, Sources } from "../shapes/sources.js";
import type {
  Alert,
  AlertName,
  AlertOptions,
  AlertRows,
  DurationHints,
  IsRefusedAlert,
  NoInferenceBeforeAlert,
} from "../steps/alert.js";
import type { Audit, AuditNames, Slice, SliceHints } from "../steps/audit.js";
import type { DefaultModel, KeyName, KeySplit, KeySplitOptions, RouteModels, Routes } from "../steps/key-split.js";
import type { AlertEntry } from "../steps/logged-names.js";
import type { CheckedSources, Columns, FirstOutputs, FirstSources, FitsFirst, Renamed } from "../steps/model.js";
import type { Members, MultiModel, OutputsByName, TupleOf } from "../steps/models.js";
import type { NeedsModels } from "../steps/multi-model.js";
import type { FirstModel, HashKey, RandomSplit, Weighted, Weights } from "../steps/random-split.js";
import type { Refine, Refined, SizeHints, SizeOption, Sizes } from "../steps/refine.js";
import type { IndexHints, Select, Selected, SelectIndex } from "../steps/select.js";
import type { Challengers, Shadow, ShadowNames, ShadowOutputs } from "../steps/shadow.js";
import type { LoggedOutputs, Step } from "../steps/step-kinds.js";
import type { After, Below, CountOf, PairsOf, Stated, Unstated } from "../steps/step-list.js";
import type { IsRefusedName, NoInferenceBefore, RefusedName, Validation } from "../steps/validation.js";
import type { AnyPipeline, ConnectedOn, DeployedOn, DeployOptions, ModelServer, Target } from "./any-pipeline.js";
import type {
  AtIndex,
  Cleared,
  EditedOr,
  Inserted,
  CallbackResult,
  Removed,
  RemovedIndex,
  Replaced,
  StepIndex,
  UncheckedPipeline,
} from "./edits.js";
import type { exactOutputs } from "./extendable.js";
import { isRecord } from "../value-kind.js";
import { argumentNotes, StepList } from "./pipeline-impl.js";

// The interfaces of pipelines. They and `edits.ts` import each other: an edit returns a pipeline.
// Everything that this file exports is public.

// The nodes of steps, and the names in the type of a pipeline: declaration files of apps write them.
export type { Alert, AlertOptions, AlertRows, AlertStep } from "../steps/alert.js";
export type { Audit, AuditStep } from "../steps/audit.js";
export type { KeySplit, KeySplitOptions, KeySplitStep } from "../steps/key-split.js";
export type { Columns, ModelStep, PlainColumns, Renamed } from "../steps/model.js";
export type { ModelsStep, MultiModel } from "../steps/models.js";
export type { RandomSplit, RandomSplitStep } from "../steps/random-split.js";
export type { Refine, RefineStep } from "../steps/refine.js";
export type { Select, SelectStep } from "../steps/select.js";
export type { Shadow, ShadowOutputs, ShadowStep } from "../steps/shadow.js";
export type { Step, StepKind } from "../steps/step-kinds.js";
export type { After, Stated, Unstated } from "../steps/step-list.js";
export type { Validation, ValidationStep } from "../steps/validation.js";
export type { Source, Sources } from "../shapes/sources.js";
export type {
  AnyPipeline,
  CompiledConfig,
  ConnectedOn,
  DeployedOn,
  DeployOptions,
  ModelServer,
  Target,
} from "./any-pipeline.js";
export type { UncheckedPipeline } from "./edits.js";
export type { Extendable } from "./extendable.js";

/**
 * A pipeline typed by its request columns, outputs, validation names and challengers' outputs, but not by its steps.
 * @example export const fraud: Deployable<A["inputs"], Champ["outputs"], "amt"> = pipeline("fraud")…
 */
export interface Deployable<
  In extends object,
  Out extends object,
  Checks extends string = never,
  ChallengersOut extends object = object,
> extends AnyPipeline {
  deploy<T extends Target>(
    target: T,
    options?: DeployOptions,
  ): Promise<DeployedOn<T, Deployment<In, Out, Checks, ChallengersOut>>>;
  connect<T extends Target | ModelServer>(
    target: T,
  ): Promise<ConnectedOn<T, Deployment<In, Out, Checks, ChallengersOut>>>;
}

// No call fits the signatures "for editors", because of their last parameter. If a call fits no signature, the compiler
// takes the contextual types of its arguments from the first one with enough parameters. Without them, the text of the
// error would be a completion. In `.model` it is not the first: that would cost 9 instantiations a step.

/**
 * An immutable, ordered list of steps with a name. Every method returns a new pipeline. An argument that does not fit
 * is a compile error at that argument, and the same message from `build()`.
 */
export interface Pipeline<
  in out In extends object,
  in out Out extends object,
  in out Checks extends string,
  in out Steps,
  in out ByModel = object,
  in out Names extends string = never,
> {
  readonly name: string;
  /** Only types have it. It comes first in the error where a pipeline is assigned to a variable of another one. */
  readonly [length]?: PipelineOfSteps<CountOf<Steps>>;
  readonly steps: readonly Step[];
  /** The models of all steps, each once, in order. */
  readonly modelList: readonly Model[];
  /** The request's columns. */
  readonly inputs: In;
  /** The outputs of the last inference step; a tuple after `.models` until one output is selected. */
  readonly outputs: Out;
  /** For `Extendable`. */
  readonly [exactOutputs]?: (outputs: Out) => void;

  /**
   * Inference with one model.
   * @param model takes the current outputs: by name, or a lone output whatever its name
   * @example pipeline("imdb").model(embedder).model(sentiment)
   */
  model<M extends Model>(
    // `Fits` and `Next`, inlined: alias arguments are instantiated again at every step (+25 %).
    model: (
      M extends unknown
        ? Out extends M["inputs"]
          ? never
          : Bound<M["inputs"], Out> extends Refused
            ? M
            : never
        : never
    ) extends never
      ? M
      : NoInfer<M["name"] extends string ? Misfits<Out, M, In, Steps> : never>,
  ): Pipeline<
    In,
    M extends unknown
      ? M["outputs"] extends Plain
        ? Out extends M["inputs"]
          ? M["outputs"]
          : Resolved<M["outputs"], Bound<M["inputs"], Out>, M>
        : Resolved<M["outputs"], Bound<M["inputs"], Out>, M>
      : never,
    Checks,
    After<M, Steps>,
    object,
    Names
  >;
  /** For editors. */
  model<M extends Model>(
    model: M,
    sources: SourceHints<M, Out, In, Steps>,
    no: never,
  ): Pipeline<In, Next<Out, M>, Checks, After<M, Steps>, object, Names>;
  /**
   * Inference with one model, with the source of some inputs. The others take the current output of their name.
   * @param sources model input <- current output, request column (`in.mask`), output of an earlier step's model
   * (`encoder.states`), or `constant(value)`; in the first inference step a name is that of a request column
   * @example pipeline("imdb").model(embedder, { input: "tensor" })
   */
  model<M extends Model, const R extends Sources = InputHints<M>>(
    model: FitsRenamed<Out, M, R, In, Steps>,
    sources: CheckedSources<M, R, Out, In, Steps>,
  ): Pipeline<
    In,
    Substituted<Out, M, R, In, Steps>,
    Checks,
    After<Renamed<M, PairsOf<R>>, Steps>,
    object,
    Names | SourceEntry<R[keyof R]>
  >;

  /**
   * Inference with several models on the same input. Their outputs form a tuple until one is selected.
   * @param models at least one, each under its own name
   * @example pipeline("imdb").models([control, challenger]).audit("1:").select(0)
   */
  models<const Ms extends readonly Model[]>(
    models: Members<Out, Ms, Names, In, Steps>,
  ): Pipeline<In, TupleOf<Out, Ms>, Checks, After<MultiModel<Ms>, Steps>, OutputsByName<Out, Ms>, Names>;

  /** For editors. */
  audit(slice: SliceHints<Out>, no: never): Pipeline<In, Out, Checks, After<Audit<string>, Steps>, ByModel, Names>;
  /**
   * Which outputs of the tuple are logged, each as `out_<model>`.
   * @param slice `"1:"`, `"1:3"`, `":2"`, and `"1"`, which is `"1:"`
   * @example pipeline("imdb").models([a, b, c]).audit("1:").select(0)
   */
  audit<const S extends string = never>(
    slice: S extends unknown ? NoInfer<Slice<S, Out, Steps>> : S,
  ): Pipeline<In, Out, Checks, After<Audit<S>, Steps>, ByModel, Names | AuditNames<S, Steps>>;

  /** For editors. */
  select<const I extends number = never>(
    index: I | IndexHints<Out>,
    no: never,
  ): Pipeline<In, Selected<Out, I>, Checks, After<Select<I>, Steps>, ByModel, Names>;
  /**
   * Selects one output of the tuple for the next step.
   * @param index of the model in `.models([…])`, from 0
   */
  select<const I extends number>(
    index: SelectIndex<I, Out, Steps>,
  ): Pipeline<In, Selected<Out, I>, Checks, After<Select<I>, Steps>, ByModel, Names>;

  /** For editors. */
  keySplit<const K extends string, D extends Model, const R extends RouteModels>(
    key: K,
    options: KeySplitOptions<D, R>,
    no: never,
  ): Pipeline<In, Next<Out, D>, Checks, After<KeySplit<D, PairsOf<R>>, Steps>, object, Names>;
  /**
   * The request's metadata choose the model.
   * @param key a key of the metadata
   * @param options `routes`: a model by value of the key; `default`: the model for all other requests. All models must
   * have the same outputs
   * @example pipeline("fraud").keySplit("segment", { default: a, routes: { gold: b } })
   */
  keySplit<const K extends string, D extends Model = never, const R extends RouteModels = RouteModels>(
    key: KeyName<K>,
    options: KeySplitOptions<DefaultModel<Out, D, In, Steps>, Routes<Out, D, R, In, Steps>>,
  ): Pipeline<In, Next<Out, D>, Checks, After<KeySplit<D, PairsOf<R>>, Steps>, object, Names>;

  /** For editors. */
  randomSplit<const Ws extends readonly Weighted[]>(
    weights: Ws,
    options: { readonly hashKey?: string },
    no: never,
  ): Pipeline<In, Next<Out, FirstModel<Ws>>, Checks, After<RandomSplit<Ws>, Steps>, object, Names>;
  /**
   * Chooses the model at random, by weight.
   * @param weights pairs of a weight above 0 and a model. All models must have the same outputs
   * @param options `hashKey`: a key of the metadata. Requests with the same value get the same model
   * @example pipeline("fraud").randomSplit([[2, control], [1, challenger]], { hashKey: "session_id" })
   */
  randomSplit<const Ws extends readonly Weighted[], const H extends string = never>(
    weights: Weights<Out, Ws, In, Steps>,
    options?: { readonly hashKey?: HashKey<H> },
  ): Pipeline<In, Next<Out, FirstModel<Ws>>, Checks, After<RandomSplit<Ws>, Steps>, object, Names>;

  /** For editors. */
  refine(sizes: Partial<SizeHints<Out>>, no: never): Pipeline<In, Out, Checks, Steps, ByModel, Names>;
  /**
   * Replaces symbols of the current outputs by sizes. Every batch is checked for them.
   * @param sizes symbol -> size, 1 or more
   * @example pipeline("bert").model(encoder).refine({ seq: 128 }).model(pool)
   */
  refine<const Z extends SizeOption = SizeHints<Out>>(
    sizes: Sizes<Z, Out, In, Steps>,
  ): Pipeline<In, Refined<Out, Z>, Checks, After<Refine<PairsOf<Z>>, Steps>, ByModel, Names>;

  /**
   * The champion's output is the answer. The challengers run on the same input and are logged.
   * @param challengers at least one, each under its own name
   * @example pipeline("fraud").shadow(ccfraud, [ccfraudXgb, ccfraudRf])
   */
  shadow<C extends Model, const Cs extends readonly Model[]>(
    champion: Fits<Out, C, In, Steps>,
    challengers: Challengers<Out, C, Cs, Names, In, Steps>,
  ): Pipeline<
    In,
    Next<Out, C>,
    Checks,
    After<Shadow<C, Cs>, Steps>,
    ShadowOutputs<Out, C, Cs>,
    Names | ShadowNames<Cs>
  >;

  /** For editors. */
  validate<const N extends string>(
    name: N,
    check: (row: RowOf<In, Out, ByModel>) => boolean,
    no: never,
  ): Pipeline<In, Out, Checks | N, After<Validation<N>, Steps>, ByModel, Names>;
  /**
   * States what must hold for every row. All validations run on every row; failures are logged, never dropped.
   * @param name an identifier, for `anomaly.<name>` in answers and logs
   * @param check sees one row: `x.in.<port>`, `x.out.<port>`, after a shadow or a models step `x.models.<model>.<port>`
   * @example pipeline("fraud").model(ccfraud).validate("amt", (x) => x.out < 1)
   */
  validate<const N extends string>(
    // Where `N` is a type parameter, the compiler tries `any` for it: then nothing is refused.
    name: true extends ([unknown] extends [N] ? false : IsRefusedName<N, Checks, Steps>)
      ? N extends unknown
        ? NoInfer<RefusedName<N, Checks, Steps>>
        : N
      : N,
    check: (row: RowOf<In, Out, ByModel>) => boolean,
  ): Pipeline<In, Out, Checks | N, After<Validation<N>, Steps>, ByModel, Names>;

  /** For editors. */
  alert<const N extends string>(
    name: N,
    condition: (all: AlertRows<RowOf<In, Out, ByModel>>) => boolean,
    options: AlertOptions<DurationHints, DurationHints>,
    no: never,
  ): Pipeline<In, Out, Checks, After<Alert<N>, Steps>, ByModel, Names | AlertEntry<N>>;
  /**
   * Watches the rows of a time window and fires when the condition holds. An alert does not change the rows.
   * @param name an identifier that no other alert has
   * @param condition sees the window's rows: `all.count`, `sum`, `avg`, `min`, `max`, `quantile` and `share`, each with
   * a function of one row
   * @param options `over`: the window, `"1s"` to `"30d"`; `for`: how long the condition must hold before the alert
   * fires
   * @example pipeline("fraud").model(ccfraud).alert("drift", (all) => all.avg((x) => x.out) > 0.5, { over: "5m" })
   */
  alert<const N extends string, const D extends string, const F extends string = never>(
    name: true extends IsRefusedAlert<N, Names, Steps>
      ? N extends unknown
        ? NoInfer<AlertName<N, Names, Steps>>
        : N
      : N,
    condition: (all: AlertRows<RowOf<In, Out, ByModel>>) => boolean,
    options: AlertOptions<D, F>,
  ): Pipeline<In, Out, Checks, After<Alert<N>, Steps>, ByModel, Names | AlertEntry<N>>;

  /** For editors. */
  replaceStep<const I extends number = never>(
    index: I | Below<CountOf<Steps>>,
    make: (at: AtIndex<In, Steps, I>) => unknown,
    no: never,
  ): Pipeline<In, Out, Checks, Steps, ByModel, Names>;
  /**
   * Replaces one step. All later steps are checked again; the message names the step that the edit breaks.
   * @param index of the step, from 0. If it is a `number` and not a literal, `build()` checks the edit
   * @param make returns the step: calls any method of a pipeline once
   * @example pipeline("imdb").model(embedder).model(sentiment).replaceStep(1, (at) => at.model(sentiment2))
   */
  replaceStep<const I extends number, P>(
    index: StepIndex<I, Steps, "replaceStep">,
    make: (at: AtIndex<In, Steps, I>) => CallbackResult<Replaced<In, Out, Steps, ByModel, Names, I, P>, P>,
  ): EditedOr<Replaced<In, Out, Steps, ByModel, Names, I, P>, Pipeline<In, Out, Checks, Steps, ByModel, Names>>;

  /** For editors. */
  insertStep<const I extends number = never>(
    index: I | Below<CountOf<Steps, [0]>>,
    make: (at: AtIndex<In, Steps, I, [0]>) => unknown,
    no: never,
  ): Pipeline<In, Out, Checks, Steps, ByModel, Names>;
  /**
   * Inserts a step before the step `index`, or at the end. All later steps are checked again.
   * @example imdb.insertStep(1, (at) => at.validate("seen", (x) => x.out[0] < 1))
   */
  insertStep<const I extends number, P>(
    index: StepIndex<I, Steps, "insertStep", [0]>,
    make: (at: AtIndex<In, Steps, I, [0]>) => CallbackResult<Inserted<In, Out, Steps, ByModel, Names, I, P>, P>,
  ): EditedOr<Inserted<In, Out, Steps, ByModel, Names, I, P>, Pipeline<In, Out, Checks, Steps, ByModel, Names>>;

  /** For editors. */
  removeStep(index: Below<CountOf<Steps>>, no: never): Pipeline<In, Out, Checks, Steps, ByModel, Names>;
  /**
   * Removes one step. All later steps are checked again.
   * @example pipeline("imdb").model(embedder).validate("v", (x) => x.out[0] < 1).removeStep(1)
   */
  removeStep<const I extends number>(
    index: RemovedIndex<I, Steps, Removed<In, Out, Steps, ByModel, Names, I>>,
  ): EditedOr<Removed<In, Out, Steps, ByModel, Names, I>, Pipeline<In, Out, Checks, Steps, ByModel, Names>>;

  /** Removes all steps. Inputs that `pipeline(name, { inputs })` states are kept. */
  clear(): Cleared<In, Steps>;

  /**
   * Deploys the pipeline.
   * @throws PipelineError when the pipeline has problems, TargetError when the target cannot deploy it
   * @example const live = await fraud.deploy(local());
   */
  deploy<T extends Target>(
    target: T,
    options?: DeployOptions,
  ): Promise<DeployedOn<T, Deployment<In, AnswerOutputs<Out, ByModel>, Checks, LoggedOutputs<In, Steps, Names>>>>;

  /**
   * Connects to what is deployed under the pipeline's name, by this or another process. The handle keeps the version
   * that was deployed then. Of a server of models, such as `openInference({ url })`, it has `infer` alone.
   * @throws ConfigError SL4009, which names the first step that differs from the pipeline; TargetError when nothing is
   * deployed under the name, or when a server's model has other inputs or outputs
   * @example const live = await fraud.connect(local());
   */
  connect<T extends Target | ModelServer>(
    target: T,
  ): Promise<ConnectedOn<T, Deployment<In, AnswerOutputs<Out, ByModel>, Checks, LoggedOutputs<In, Steps, Names>>>>;
}

declare const length: unique symbol;
export type PipelineOfSteps<N extends number> =
  `a pipeline of ${N} steps; annotate a variable that gets further steps: let p: Extendable<Champ["outputs"]> = …`;

/** A pipeline without steps: the first inference step defines its inputs. */
export interface EmptyPipeline extends PipelineBeforeInference<Unstated> {
  clear(): this;
}

/**
 * A pipeline without an inference step. `Steps` holds refused steps only; they are counted, so that later messages have
 * the right index.
 */
export interface PipelineBeforeInference<in out Steps> extends AnyPipeline {
  model<M extends Model>(model: M): Pipeline<M["inputs"], FirstNext<M>, never, After<M, Steps>>;
  model<M extends Model, const R extends Sources = InputHints<M>>(
    model: FitsFirst<M, R, Steps>,
    sources: FirstSources<M, R>,
  ): Pipeline<
    Columns<M["inputs"], R>,
    FirstOutputs<M, R, Steps>,
    never,
    After<Renamed<M, PairsOf<R>>, Steps>,
    object,
    SourceEntry<R[keyof R]>
  >;
  shadow<C extends Model, const Cs extends readonly Model[]>(
    champion: C,
    challengers: Challengers<C["inputs"], C, Cs, never, C["inputs"], Steps>,
  ): Pipeline<
    C["inputs"],
    FirstNext<C>,
    never,
    After<Shadow<C, Cs>, Steps>,
    ShadowOutputs<C["inputs"], C, Cs>,
    ShadowNames<Cs>
  >;
  models<const Ms extends readonly Model[]>(
    models: Members<Ms[0]["inputs"], Ms, never, Ms[0]["inputs"], Steps>,
  ): Pipeline<
    Ms[0]["inputs"],
    TupleOf<Ms[0]["inputs"], Ms>,
    never,
    After<MultiModel<Ms>, Steps>,
    OutputsByName<Ms[0]["inputs"], Ms>
  >;
  /** For editors. */
  audit(slice: string, no: never): PipelineBeforeInference<After<Audit<string>, Steps>>;
  /** Always refused: there are no outputs to audit. */
  audit<const S extends string = never>(
    slice: S extends unknown ? NoInfer<NeedsModels<"audit">> : S,
  ): PipelineBeforeInference<After<Audit<S>, Steps>>;
  /** For editors. */
  select(index: number, no: never): PipelineBeforeInference<After<Select<number>, Steps>>;
  /** Always refused: there are no outputs to select from. */
  select<const I extends number>(
    index: I extends unknown ? NoInfer<NeedsModels<"select">> : I,
  ): PipelineBeforeInference<After<Select<I>, Steps>>;
  /** For editors. */
  keySplit<const K extends string, D extends Model, const R extends RouteModels>(
    key: K,
    options: KeySplitOptions<D, R>,
    no: never,
  ): Pipeline<D["inputs"], FirstNext<D>, never, After<KeySplit<D, PairsOf<R>>, Steps>>;
  keySplit<const K extends string, D extends Model = never, const R extends RouteModels = RouteModels>(
    key: KeyName<K>,
    options: KeySplitOptions<DefaultModel<Unstated, D, Unstated, Steps>, Routes<D["inputs"], D, R, D["inputs"], Steps>>,
  ): Pipeline<D["inputs"], FirstNext<D>, never, After<KeySplit<D, PairsOf<R>>, Steps>>;
  /** For editors. */
  randomSplit<const Ws extends readonly Weighted[]>(
    weights: Ws,
    options: { readonly hashKey?: string },
    no: never,
  ): Pipeline<FirstModel<Ws>["inputs"], FirstNext<FirstModel<Ws>>, never, After<RandomSplit<Ws>, Steps>>;
  randomSplit<const Ws extends readonly Weighted[], const H extends string = never>(
    weights: Weights<FirstModel<Ws>["inputs"], Ws, FirstModel<Ws>["inputs"], Steps>,
    options?: { readonly hashKey?: HashKey<H> },
  ): Pipeline<FirstModel<Ws>["inputs"], FirstNext<FirstModel<Ws>>, never, After<RandomSplit<Ws>, Steps>>;
  /** For editors. */
  refine(sizes: SizeOption, no: never): PipelineBeforeInference<After<Refine<never>, Steps>>;
  /** Always refused: only stated inputs or a model's outputs have symbols. */
  refine<const Z extends SizeOption>(
    sizes: Sizes<Z, object, object, Steps>,
  ): PipelineBeforeInference<After<Refine<PairsOf<Z>>, Steps>>;
  /** For editors. */
  validate<const N extends string>(
    name: N,
    check: (row: UnknownRow) => boolean,
    no: never,
  ): PipelineBeforeInference<After<Validation<N>, Steps>>;
  /** Always refused: a validation needs an inference step before it. */
  validate<const N extends string>(
    name: N extends unknown ? NoInfer<NoInferenceBefore<N>> : N,
    check: (row: UnknownRow) => boolean,
  ): PipelineBeforeInference<After<Validation<N>, Steps>>;
  /** For editors. */
  alert<const N extends string>(
    name: N,
    condition: (all: AlertRows<UnknownRow>) => boolean,
    options: AlertOptions<DurationHints, DurationHints>,
    no: never,
  ): PipelineBeforeInference<After<Alert<N>, Steps>>;
  /** Always refused: an alert needs an inference step before it. */
  alert<const N extends string, const D extends string, const F extends string = never>(
    name: N extends unknown ? NoInfer<NoInferenceBeforeAlert<N>> : N,
    condition: (all: AlertRows<UnknownRow>) => boolean,
    options: AlertOptions<D, F>,
  ): PipelineBeforeInference<After<Alert<N>, Steps>>;
  /** Always refused: there is no step to replace. */
  replaceStep<const I extends number>(
    index: StepIndex<I, Steps, "replaceStep">,
    make: (at: UncheckedPipeline) => unknown,
  ): UncheckedPipeline;
  /** For editors. */
  insertStep(index: 0, make: (at: UncheckedPipeline) => unknown, no: never): EmptyPipeline;
  /** @example pipeline("imdb").insertStep(0, (at) => at.model(embedder)) */
  insertStep<const I extends number, P>(
    index: StepIndex<I, Steps, "insertStep", [0]>,
    make: (
      at: AtIndex<Unstated, Unstated, I, [0]>,
    ) => CallbackResult<Inserted<Unstated, Unstated, Unstated, object, never, I, P>, P>,
  ): EditedOr<Inserted<Unstated, Unstated, Unstated, object, never, I, P>, EmptyPipeline>;
  /** Always refused: there is no step to remove. */
  removeStep<const I extends number>(index: StepIndex<I, Steps, "removeStep">): UncheckedPipeline;
  clear(): EmptyPipeline;
}

/** The outputs in the answer of the pipeline. */
type AnswerOutputs<Out, ByModel> = Out extends readonly unknown[] ? OutputsByModel<ByModel> : Out;

/**
 * A new pipeline.
 * @param name a DNS label: lower-case letters, digits and '-', under 64 characters
 * @param options `inputs`: the request's columns, `{ tensor: { dtype: "float32", shape: ["batch", 29] } }`. Without it,
 * the first inference step defines them. `missing`: `"nan"`, or `{ column: "nan" }` for some float columns: null stands
 * for NaN there, as in files of pandas
 * @example
 * export const fraud = pipeline("fraud").model(a).shadow(champ, [c1, c2]).validate("amt", (x) => x.out < 1);
 */
export function pipeline<const N extends string>(
  name: N,
  options: { readonly inputs: PortDefinitions; readonly missing?: MissingOption },
  no: never,
): EmptyPipeline;
export function pipeline<const N extends string>(name: PipelineName<N>): EmptyPipeline;
export function pipeline<
  const N extends string,
  const I extends PortDefinitions,
  const M extends MissingOption = never,
>(
  name: PipelineName<N>,
  options: { readonly inputs: I; readonly missing?: Missing<M, ColumnsDefined<I>> },
): Pipeline<WithMissing<ColumnsDefined<I>, M>, WithMissing<ColumnsDefined<I>, M>, never, Stated>;
export function pipeline(
  name: string,
  options?: { readonly inputs?: PortDefinitions; readonly missing?: unknown },
): unknown {
  const stated = options?.inputs === undefined ? undefined : { inputs: options.inputs, missing: options.missing };
  const call = { method: "pipeline", arity: 2, options: ["inputs", "missing"] };
  const notes = isRecord(options) ? argumentNotes(call, [name, options], null) : [];
  return new StepList(name, [], stated, { notes, rows: null });
}
