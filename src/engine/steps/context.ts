import { TargetError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import type { Config, ModelConfig, StepConfig, StepConfigOf } from "../../config/schema.js";
import type { ChallengerRun, ChallengerOutcome } from "../scheduling/challenger-queue.js";
import type { RunStep } from "./execution.js";
import type { RunChallenger, RunModel } from "../session/model-runner.js";

/** What a plan is compiled with. */
export interface Parts {
  /** By model name: those whose output may go on. */
  readonly champions: ReadonlyMap<string, RunModel>;
  /** By model name: those that run on the challengers' thread. */
  readonly challengers: ReadonlyMap<string, RunChallenger>;
  /** Runs a challenger now. Never rejects. */
  readonly answer: (challenge: ChallengerRun, deadlineMs: number) => Promise<ChallengerOutcome>;
  /** Every challenger is awaited, not only those that a validation reads. */
  readonly awaitAll: boolean;
  /** The next random number in [0, 1). */
  readonly random: () => number;
}

/** Where the compiling of a plan stands. */
export interface CompileContext {
  readonly config: Config;
  readonly parts: Parts;
  /** Models beside the answer that some validation reads. */
  readonly awaited: ReadonlySet<string>;
  readonly model: (name: string) => ModelConfig;
  /** What the last inference step gives and its name in messages; null before the first, which the request feeds. */
  upstream: { readonly ports: readonly Port[]; readonly source: string } | null;
  /** The models of the tuple that goes on, with the place of their step; null where no tuple does. */
  tuple: { readonly models: readonly ModelConfig[]; readonly index: number } | null;
}

/** Compiles one kind of step. null: nothing is to be done when rows come. */
export type CompileStep<K extends StepConfig["kind"]> = (
  context: CompileContext,
  index: number,
  step: StepConfigOf<K>,
) => RunStep | null;

export function requireModel<T>(models: ReadonlyMap<string, T>, name: string): T {
  const model = models.get(name);
  if (model === undefined)
    throw new TargetError(
      "SL6000",
      `a step names the model '${name}', which the config does not hold; build the config anew`,
      { model: name },
    );
  return model;
}
