import type { Deployment } from "../deployment.js";
import type { Model } from "../model.js";
import type { PortValues, Values } from "../row.js";
import type { Fits, Next } from "../shapes/fits.js";
import type { Alert, AlertName, AlertOptions, AlertRows, IsRefusedAlert } from "../steps/alert.js";
import type { AlertEntry } from "../steps/logged-names.js";
import type { EarlierSteps } from "../steps/step-kinds.js";
import type { After, Stated } from "../steps/step-list.js";
import type { IsRefusedName, RefusedName, Validation, ValidationName } from "../steps/validation.js";
import type { AnyPipeline, ConnectedOn, DeployedOn, DeployOptions, ModelServer, Target } from "./any-pipeline.js";
import type { Pipeline } from "./pipeline.js";

/**
 * Any pipeline with the outputs `Out` that still takes steps. For functions that add steps, and as an annotation of
 * pipelines that others extend: an exported one, or a variable that gets further steps in a loop.
 *
 * Of the request's columns, the validations and the outputs by model it knows those that are stated.
 * @example
 * const withGuard = <P extends Extendable<Champ["outputs"]>>(p: P) => p.validate("guard", (x) => x.out < 1);
 * const guarded = withGuard(fraud); // what `fraud` is, with one more validation
 * @example
 * let p: Extendable<Champ["outputs"]> = fraud;
 * for (const limit of limits) p = p.validate(`below_${limit}`, (x) => x.out < limit);
 */
export interface Extendable<
  in out Out extends object,
  out In extends object = object,
  in Checks extends string = never,
  out ByModel = object,
> extends AnyPipeline {
  readonly inputs: In;
  readonly outputs: Out;
  /** Pipelines with other or further outputs do not fit: a lone output may be read and fed without its name. */
  readonly [exactOutputs]?: (outputs: Out) => void;
  /** What a further step knows of the pipeline. Only types have it. */
  readonly [stateOf]?: State<Out, In, Checks, ByModel>;

  /** Inference with one model, as in `Pipeline`. */
  model<M extends Model>(model: Fits<Out, M, In, Earlier>): AfterModel<this, M>;
  model(...no: NoCall): unknown;

  /** A validation, as in `Pipeline`. Request columns are read by name: `x.in.image[0]`. */
  validate<const N extends string>(
    // Where `N` is a type parameter, the compiler tries `any` for it: then nothing is refused.
    name: true extends ([unknown] extends [N] ? false : IsRefusedName<N, Checks, Earlier>)
      ? N extends unknown
        ? NoInfer<RefusedName<N, Checks, Earlier>>
        : N
      : N,
    check: (row: ExtendableRow<In, Out, ByModel>) => boolean,
  ): AfterValidation<this, N>;
  validate(...no: NoCall): unknown;

  /** An alert, as in `Pipeline`. Request columns are read by name: `x.in.image[0]`. */
  alert<const N extends string, const D extends string, const F extends string = never>(
    name: true extends IsRefusedAlert<N, never, Earlier>
      ? N extends unknown
        ? NoInfer<AlertName<N, never, Earlier>>
        : N
      : N,
    condition: (all: AlertRows<ExtendableRow<In, Out, ByModel>>) => boolean,
    options: AlertOptions<D, F>,
  ): AfterAlert<this, N>;
  alert(...no: NoCall): unknown;

  deploy<T extends Target>(
    target: T,
    options?: DeployOptions,
  ): Promise<DeployedOn<T, Deployment<In, Out, Checks, object>>>;
  connect<T extends Target | ModelServer>(target: T): Promise<ConnectedOn<T, Deployment<In, Out, Checks, object>>>;
}

/** Marks the outputs of a pipeline. Only types have it. */
export declare const exactOutputs: unique symbol;
declare const stateOf: unique symbol;

export interface State<in out Out, out In, in Checks, out ByModel> {
  readonly outputs: (outputs: Out) => Out;
  readonly inputs: In;
  readonly checks: (checks: Checks) => void;
  readonly byModel: ByModel;
}
export interface WithState<out S> {
  readonly name: string;
  readonly [stateOf]?: S;
}

/**
 * The parameters of a second signature that no call fits. With one signature each, the compiler would compare a
 * pipeline's method with that of `Extendable` parameter by parameter, with conditional types that it cannot compare.
 * With more, it first erases their type parameters.
 */
export type NoCall = readonly [never, never, never, never, never, never];

/** The list of steps, of which nothing is known but that a model ran. */
type Earlier = After<EarlierSteps, Stated>;

/** A row. The request may have other columns too, so that a lone one is not its value. */
export type ExtendableRow<In, Out, ByModel> = [keyof ByModel] extends [never]
  ? RowByName<In, Out>
  : RowByName<In, Out> & { readonly models: { readonly [M in keyof ByModel]: Values<ByModel[M]> } };
export interface RowByName<In, Out> {
  readonly in: PortValues<In>;
  readonly out: Values<Out>;
}

// What a step makes of the pipeline `P`. `any` where the compiler has erased the step's type parameter. `Extendable` is
// told by its state: to compare all its members with those of `Pipeline` would be circular.

export type AfterModel<P, M extends Model> = 0 extends 1 & M
  ? M
  : P extends WithState<infer S>
    ? S extends State<infer Out, infer In extends object, infer Checks extends string, infer _ByModel>
      ? Extendable<Next<Out, M>, In, Checks>
      : P extends Pipeline<infer In, infer Out, infer Checks, infer Steps, infer _ByModel, infer Names>
        ? Pipeline<In, Next<Out, M>, Checks, After<M, Steps>, object, Names>
        : never
    : never;

/** The message where the pipeline has such a validation. */
export type AfterValidation<P, N extends string> = 0 extends 1 & N
  ? N
  : P extends WithState<infer S>
    ? S extends State<infer Out extends object, infer In extends object, infer Checks extends string, infer ByModel>
      ? Extendable<Out, In, Checks | N, ByModel>
      : P extends Pipeline<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>
        ? ValidationName<N, Checks, Steps> extends N
          ? Pipeline<In, Out, Checks | N, After<Validation<N>, Steps>, ByModel, Names>
          : ValidationName<N, Checks, Steps>
        : never
    : never;

/** The message where the pipeline has such an alert. */
export type AfterAlert<P, N extends string> = 0 extends 1 & N
  ? N
  : P extends WithState<infer S>
    ? S extends State<infer Out extends object, infer In extends object, infer Checks extends string, infer ByModel>
      ? Extendable<Out, In, Checks, ByModel>
      : P extends Pipeline<infer In, infer Out, infer Checks, infer Steps, infer ByModel, infer Names>
        ? AlertName<N, Names, Steps> extends N
          ? Pipeline<In, Out, Checks, After<Alert<N>, Steps>, ByModel, Names | AlertEntry<N>>
          : AlertName<N, Names, Steps>
        : never
    : never;
