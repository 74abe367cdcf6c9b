import type * as z from "zod";
import type { AlertStep, Model, Step, StepKind, UncheckedPipeline, ValidationStep } from "../../../dsl/index.js";
import type { FoundSource } from "../../../dsl/shapes/sources.js";
import type { AlertExpression, Expression } from "../../expression/compile.js";
import type { Data } from "../schema-parts.js";

/** The models of a step: those whose output can become the step's output, and those that only run in shadow. */
export interface StepModels {
  readonly serving: readonly string[];
  readonly challengers: readonly string[];
}

/** Compiles the lambdas of a pipeline's steps. `null`: the lambda has problems, which the compiler has reported. */
export interface LambdaCompiler {
  validation(step: ValidationStep): CompiledLambda<Expression> | null;
  alert(step: AlertStep, overSeconds: number): CompiledLambda<AlertExpression> | null;
}

export interface CompiledLambda<E> {
  readonly source: string;
  readonly expression: E;
}

/** Everything a config needs to know about one kind of step. `S` is the step in a config, which names its models. */
export interface ConfigStepKind<S extends { readonly kind: StepKind }> {
  readonly schema: z.ZodType;
  /** The models the step names, in order. */
  readonly models: (step: S) => StepModels;
  /** The metadata key by which the step chooses a model, or null. */
  readonly splitKey: (step: S) => string | null;
  /** The builder's step as data; null if its lambda has problems. `sources` are those that a model step names. */
  readonly fromBuilder: (
    step: Extract<Step, { kind: S["kind"] }>,
    lambdas: LambdaCompiler,
    sources: ReadonlyMap<string, FoundSource>,
  ) => S | null;
  /** Adds the step to a pipeline, without its lambda. */
  readonly addTo: (pipeline: UncheckedPipeline, step: S, model: (name: string) => Model) => UncheckedPipeline;
  /**
   * The step as a method call of the builder: `select(0)`. `handle` is the identifier of a model. If `isShort`, long
   * constants are abbreviated.
   */
  readonly callText: (step: S, handle: (model: string) => string, isShort: boolean) => string;
}

type KindOf<S extends z.ZodType<{ kind: StepKind }>> = ConfigStepKind<Data<z.output<S>>>;

/**
 * An interface, so that declarations name it. An alias would be written out with its trees, too long for tsc (TS7056).
 */
export interface StepKindWithSchema<S extends z.ZodType<{ kind: StepKind }>> extends ConfigStepKind<Data<z.output<S>>> {
  readonly schema: S;
}

/** Builds the table entry of a step kind. By default a step names no models and splits by no key. */
export function configStepKind<const S extends z.ZodType<{ kind: StepKind }>>(
  schema: S,
  definition: Pick<KindOf<S>, "fromBuilder" | "addTo" | "callText"> & Partial<KindOf<S>>,
): StepKindWithSchema<S> {
  return { models: () => servingModels(), splitKey: () => null, ...definition, schema };
}

/** Models of which each can serve a request. */
export function servingModels(...names: readonly string[]): StepModels {
  return { serving: names, challengers: [] };
}
