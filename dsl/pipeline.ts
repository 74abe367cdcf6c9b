import type { Fits, FitsRenamed, Next, Normal, Substituted } from "./accepts.js";
import { flow } from "./check.js";
import type { AnyDeployment, Deployment, InferRecord, RecordInput } from "./deployment.js";
import { isSameModel, modelFlaw, type Model, type PortDefinitions, type TensorsOf } from "./model.js";
import type { PipelineName, ValidationName } from "./names.js";
import type { ColumnNames, Columns, RenameOption, Renaming } from "./renaming.js";
import type { RowOf, UnknownRow } from "./row.js";
import type { Challengers, ShadowOutputs } from "./shadow.js";
import type { ChallengerOutputs, Check, Cons, Renamed, RowModels, Shadow } from "./step-list.js";
import { modelsOf, modelStep, shadowStep, validationStep, type Step } from "./steps.js";
import type { Target } from "./target.js";
import type { NoInferenceBefore } from "./wording.js";

/** What every pipeline is: plain frozen data and `deploy`. Targets and `build()` take it, and it is a short annotation for exported pipelines. */
export interface AnyPipeline {
  readonly name: string;
  readonly steps: readonly Step[];
  /** The models of all steps, each once, in order. */
  readonly models: readonly Model[];
  /** The request's columns: what `pipeline(name, { inputs })` states, or what the first inference step takes. */
  readonly inputs: object;
  /** What comes out of the last inference step. */
  readonly outputs: object;
  /** @throws PipelineError when the steps do not fit together, TargetError when the target cannot take the pipeline */
  deploy(target: Target): Promise<AnyDeployment>;
}

/**
 * A pipeline typed by its request columns, outputs, validation names and challengers' outputs, whatever its steps.
 * @example export const fraud: Deployable<A["inputs"], Champ["outputs"], "amt"> = pipeline("fraud")…
 */
export interface Deployable<
  In extends object,
  Out extends object,
  Checks extends string = never,
  ChallengersOut extends object = object,
> extends AnyPipeline {
  deploy(target: Target): Promise<Deployment<In, Out, Checks, ChallengersOut>>;
}

/** A pipeline without a step: the first inference step gives it its inputs. */
export interface EmptyPipeline extends AnyPipeline {
  model<M extends Model>(
    model: M,
  ): Pipeline<M["inputs"], Next<Normal<M["inputs"]>, M>, never, Cons<null, M>>;
  model<M extends Model, const R extends RenameOption>(
    model: FitsRenamed<Normal<Columns<M["inputs"], R>>, M, R, null>,
    rename: ColumnNames<M, R>,
  ): Pipeline<
    Columns<M["inputs"], R>,
    Substituted<Normal<Columns<M["inputs"], R>>, M, R>,
    never,
    Cons<null, Renamed<M, R>>
  >;
  shadow<C extends Model, const Cs extends readonly Model[]>(
    champion: C,
    challengers: Challengers<Normal<C["inputs"]>, C, Cs, null>,
  ): Pipeline<
    C["inputs"],
    Next<Normal<C["inputs"]>, C>,
    never,
    Cons<null, Shadow<C, Cs, ShadowOutputs<Normal<C["inputs"]>, C, Cs>>>
  >;
  /** Refused: a validation reads what an inference step gives. */
  validate<const N extends string>(
    name: N extends unknown ? NoInfer<NoInferenceBefore<N>> : N,
    check: (row: UnknownRow) => boolean,
  ): EmptyPipeline;
}

/**
 * An immutable, ordered list of steps with a name. Every method returns a new pipeline; what does not fit is
 * a compile error at the argument, and the same words at `build()`.
 */
export interface Pipeline<
  in out In extends object,
  in out Out extends object,
  in out Checks extends string,
  in out Steps,
> {
  readonly name: string;
  readonly steps: readonly Step[];
  /** The models of all steps, each once, in order. */
  readonly models: readonly Model[];
  /** The request's columns. */
  readonly inputs: In;
  /** What comes out of the last inference step. */
  readonly outputs: Out;

  /**
   * Inference with one model.
   * @param model takes the current outputs: by name, or a lone output whatever its name
   * @example pipeline("imdb").model(embedder).model(sentiment)
   */
  model<M extends Model>(model: Fits<Out, M, Steps>): Pipeline<In, Next<Out, M>, Checks, Cons<Steps, M>>;
  /**
   * Inference with one model whose inputs are fed by other names.
   * @param rename model input <- current output, or, in the first inference step, the request's column
   * @example pipeline("imdb").model(embedder, { input: "tensor" })
   */
  model<M extends Model, const R extends RenameOption>(
    model: FitsRenamed<Out, M, R, Steps>,
    rename: Renaming<M, R, Out, Steps>,
  ): Pipeline<In, Substituted<Out, M, R>, Checks, Cons<Steps, Renamed<M, R>>>;

  /**
   * The champion answers; the challengers run on the same input and are logged.
   * @param challengers at least one, each under a name of its own
   * @example pipeline("fraud").shadow(ccfraud, [ccfraudXgb, ccfraudRf])
   */
  shadow<C extends Model, const Cs extends readonly Model[]>(
    champion: Fits<Out, C, Steps>,
    challengers: Challengers<Out, C, Cs, Steps>,
  ): Pipeline<In, Next<Out, C>, Checks, Cons<Steps, Shadow<C, Cs, ShadowOutputs<Out, C, Cs>>>>;

  /**
   * States what must hold for every row. All validations run on every row; failures are logged, never dropped.
   * @param name an identifier, for `anomaly.<name>` in answers and logs
   * @param check sees one row: `x.in.<port>`, `x.out.<port>`, after a shadow step `x.models.<model>.<port>`
   * @example pipeline("fraud").model(ccfraud).validate("amt", (x) => x.out < 1)
   */
  validate<const N extends string>(
    name: ValidationName<N, Checks, Steps>,
    check: (row: RowOf<In, Out, RowModels<Steps>>) => boolean,
  ): Pipeline<In, Out, Checks | N, Cons<Steps, Check<N>>>;

  /**
   * Deploys the pipeline.
   * @throws PipelineError when the steps do not fit together, TargetError when the target cannot take the pipeline
   * @example const live = await fraud.deploy(local());
   */
  deploy(target: Target): Promise<Deployment<In, Out, Checks, ChallengerOutputs<Steps>>>;
}

/** What `deploy` of a pipeline gives. */
type DeploymentOf<P> = P extends { deploy(target: Target): Promise<infer D> } ? D : never;

/** One record of a request to a pipeline: `InferInput<typeof fraud>`. */
export type InferInput<P> =
  DeploymentOf<P> extends Deployment<infer In, infer _Out, infer _Checks, infer _Challengers> ? RecordInput<In> : never;

/** One row of a pipeline's logs: `LogRow<typeof fraud>`. */
export type LogRow<P> =
  DeploymentOf<P> extends Deployment<infer In, infer Out, infer Checks, infer ChallengersOut>
    ? InferRecord<In, Out, Checks, ChallengersOut>
    : never;

/** One row of a pipeline's answer: `InferOutput<typeof fraud>`. */
export type InferOutput<P> = LogRow<P>;

/**
 * A new pipeline.
 * @param name a DNS label: lower-case letters, digits and '-', under 64 characters
 * @param options `inputs`: the request's columns, `{ tensor: { dtype: "float32", shape: ["batch", 29] } }`; without it the
 * first inference step gives them
 * @example
 * export const fraud = pipeline("fraud").model(a).shadow(champ, [c1, c2]).validate("amt", (x) => x.out < 1);
 */
export function pipeline<const N extends string>(name: PipelineName<N>): EmptyPipeline;
export function pipeline<const N extends string, const I extends PortDefinitions>(
  name: PipelineName<N>,
  options: { readonly inputs: I },
): Pipeline<TensorsOf<I>, Normal<TensorsOf<I>>, never, null>;
export function pipeline(name: string, options?: { readonly inputs?: PortDefinitions }): unknown {
  return new StepList(name, [], [], options?.inputs);
}

/** The pipeline behind the interfaces: it keeps whatever it is given; `checkPipeline` says what is wrong with it. */
class StepList implements AnyPipeline {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly models: readonly Model[];
  readonly inputs: object;
  readonly outputs: object;
  readonly #declared: PortDefinitions | undefined;

  constructor(
    name: string,
    steps: readonly Step[],
    models: readonly Model[],
    declared: PortDefinitions | undefined,
  ) {
    const { inputs, outputs } = flow(steps, declared);
    this.name = name;
    this.steps = Object.freeze(steps);
    this.models = Object.freeze(models);
    this.inputs = inputs;
    this.outputs = outputs;
    this.#declared = declared;
    Object.freeze(this);
  }

  model(model: Model, rename: RenameOption = {}): StepList {
    return this.#with(modelStep(model, rename));
  }

  shadow(champion: Model, challengers: readonly Model[]): StepList {
    return this.#with(shadowStep(champion, challengers));
  }

  validate(name: string, check: (row: never) => unknown): StepList {
    return this.#with(validationStep(name, check));
  }

  async deploy(target: Target): Promise<AnyDeployment> {
    return target.deploy(this);
  }

  #with(step: Step): StepList {
    const models = withModels(this.models, modelsOf(step));
    return new StepList(this.name, [...this.steps, step], models, this.#declared);
  }
}

const areModels = (...values: unknown[]): boolean => values.every((value) => modelFlaw(value) === null);

/** `known` and those of `more` that are not among them; what is no model is left to `checkPipeline`. */
function withModels(known: readonly Model[], more: readonly Model[]): readonly Model[] {
  const models = [...known];
  for (const model of more) {
    const isKnown = (other: Model) =>
      other === model || (other?.name === model?.name && areModels(other, model) && isSameModel(other, model));
    if (!models.some(isKnown)) models.push(model);
  }
  return models;
}
