import type { StepKind } from "../../../dsl/index.js";
import { TargetError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import type { Config, ModelConfig, StepConfigOf } from "../../config/schema.js";
import type { ChallengerOutcome, ChallengerRun } from "../scheduling/challenger-queue.js";
import type { RunChallenger, RunModel } from "../rows/model-runner.js";
import type { RunStep } from "./execution.js";

/** What the steps of a plan use to run models. */
export interface EngineParts {
  /** By model name: models whose output can become the answer. */
  readonly champions: ReadonlyMap<string, RunModel>;
  /** By model name: models that run on the challengers' workers. */
  readonly challengers: ReadonlyMap<string, RunChallenger>;
  /** Runs a challenger now. Never rejects. */
  readonly runChallenger: (challenger: ChallengerRun, timeoutMs: number) => Promise<ChallengerOutcome>;
  /** True: every challenger is awaited, not only those that a validation reads. */
  readonly awaitAll: boolean;
  /** The next random number in [0, 1). */
  readonly random: () => number;
}

/** The state of compiling a plan, step by step. */
export interface CompileContext {
  readonly config: Config;
  /** How messages about time start. */
  readonly where: string;
  readonly parts: EngineParts;
  /** Challengers and models of tuples whose outputs a validation reads. */
  readonly awaited: ReadonlySet<string>;
  /** Models whose outputs a later step reads by name. */
  readonly readLater: ReadonlySet<string>;
  readonly model: (name: string) => ModelConfig;
  /** The outputs of the last inference step, and its name in messages; null before the first one. */
  upstream: { readonly ports: readonly Port[]; readonly source: string } | null;
  /** The current tuple of models, with its step; null if the current output is not a tuple. */
  tuple: { readonly models: readonly ModelConfig[]; readonly index: number } | null;
}

/** Compiles a step, once per deployment. Null: the step does nothing when a request runs. */
export type CompileStep<K extends StepKind> = (
  context: CompileContext,
  index: number,
  step: StepConfigOf<K>,
) => RunStep | null;

/** Everything the engine needs to know about one kind of step. */
export interface EngineStepKind<K extends StepKind> {
  readonly compile: CompileStep<K>;
  /** Models whose outputs form the step's tuple. */
  readonly tupleModels: (step: StepConfigOf<K>) => readonly string[];
  /** Columns of the log that the step reads before the answer. */
  readonly columnsRead: (step: StepConfigOf<K>) => readonly string[];
}

/** Builds the table entry of a step kind. By default a step has no tuple and reads no columns. */
export function engineStepKind<K extends StepKind>(
  definition: Pick<EngineStepKind<K>, "compile"> & Partial<EngineStepKind<K>>,
): EngineStepKind<K> {
  return { tupleModels: () => [], columnsRead: () => [], ...definition };
}

/** @throws TargetError SL6000 if the config has no such model */
export function requireModel<T>(models: ReadonlyMap<string, T>, name: string): T {
  const model = models.get(name);
  if (model === undefined)
    throw new TargetError(
      "SL6000",
      `a step names the model '${name}', which the config does not hold; build the config again`,
      { model: name },
    );
  return model;
}
