import { performance } from "node:perf_hooks";
import type { InferOptions } from "../../dsl/deployment.js";
import type { Config, ModelConfig } from "../config/schema.js";
import type { ChallengerResult, ResultBatch } from "../tensors/result.js";
import { openOnThread } from "./challenger-thread.js";
import { type Challenge, type ChallengeAnswer, Challengers } from "./challengers.js";
import type { InputBatch } from "./input/input-batch.js";
import { inputReader } from "./input/read-input.js";
import type { ModelFile } from "./model-files.js";
import { compilePlan, type Passage } from "./plan.js";
import { DEFAULT_TIMEOUT_MS, RequestClock } from "./request-clock.js";
import { modelRunner, type RunModel } from "./run-model.js";
import { type ModelSession, openSession } from "./runtime.js";
import { checkSignature, warmUp } from "./signature-check.js";

/** A request's answer before it is logged or shaped. */
export interface Inference {
  readonly form: InputBatch["form"];
  /** Holds the challengers that were awaited; the others come later. */
  readonly batch: ResultBatch;
  readonly lastModel: string;
  /** Nanoseconds: reading the rows, then one entry for every inference step. */
  readonly elapsed: readonly number[];
  /** Why an awaited challenger gave no answer, by its name. */
  readonly notes: ReadonlyMap<string, string>;
  /** Challengers to run once the answer is out, with `challenge`. */
  readonly later: readonly Challenge[];
  readonly clock: RequestClock;
}

interface EngineOptions {
  /** Whether the answer waits for challengers: `log` only for those that a validation reads, `return` for all. */
  readonly challengers: "log" | "return";
}

/** A config with its models loaded. */
export interface Engine {
  readonly config: Config;
  /** Runs of challengers that gave no answer. */
  readonly challengerErrors: number;
  /**
   * Runs the steps on a batch.
   *
   * @throws InputError SL5xxx for rows that the pipeline does not take, TargetError SL6002 to SL6005
   */
  infer(input: unknown, options?: InferOptions): Promise<Inference>;
  /** Runs one challenger of an answer that is out. Never rejects. */
  challenge(challenge: Challenge): Promise<ChallengeAnswer>;
  /** Waits for runs under way and gives the models back. */
  close(): Promise<void>;
}

/**
 * Loads a config's models, holds them to their signatures, runs each once on zeros and compiles the steps.
 *
 * @param files by model name, as `findModelFiles` gives them
 * @throws ModelError SL3023 to SL3026, TargetError SL6001; nothing stays loaded then
 */
export async function openEngine(config: Config, files: ReadonlyMap<string, ModelFile>, options: EngineOptions): Promise<Engine> {
  const challengers = new Challengers();
  const sessions: ModelSession[] = [];
  const close = async (): Promise<void> => {
    await challengers.idle();
    await Promise.all(sessions.map((session) => session.release()));
  };
  try {
    const champions = new Map<string, RunModel>();
    const others = new Map<string, RunModel>();
    for (const model of config.models) {
      const file = files.get(model.name);
      if (file === undefined) continue;
      for (const [role, runners] of [["champion", champions], ["challenger", others]] as const) {
        if (!hasRole(config, model.name, role)) continue;
        const open = role === "champion" ? openSession : openOnThread;
        const session = await open(model.name, model.sha256, file.bytes, file.path);
        sessions.push(session);
        runners.set(model.name, await prepared(model, session));
      }
    }
    const parts = { champions, challengers: others, answer: challengers.answer.bind(challengers), awaitAll: options.challengers === "return" };
    const steps = compilePlan(config, parts);
    const read = inputReader(config.name, config.inputs);
    return {
      config,
      get challengerErrors() {
        return challengers.errors;
      },
      infer: (input, inferOptions = {}) => infer(config, read, steps, input, inferOptions),
      challenge: (challenge) => challengers.answer(challenge, DEFAULT_TIMEOUT_MS),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function infer(config: Config, read: (input: unknown) => InputBatch, steps: ReturnType<typeof compilePlan>, input: unknown, options: InferOptions): Promise<Inference> {
  const clock = new RequestClock(options.timeoutMs, options.signal);
  const where = `pipeline '${config.name}'`;
  clock.check(where);
  const { form, rows, tensors } = read(input);
  const inputs = new Map(config.inputs.flatMap(({ name }, i) => (tensors[i] === undefined ? [] : [[name, tensors[i]]])));
  const passage: Passage = {
    rows,
    inputs,
    clock,
    outputs: new Map(),
    lastModel: "",
    elapsed: [Math.round((performance.now() - clock.begun) * 1e6)],
    challengers: new Map<string, ChallengerResult>(),
    failures: new Map(),
    later: [],
    notes: new Map(),
  };
  for (const step of steps) await step(passage);
  clock.check(where);
  const batch: ResultBatch = {
    rows,
    time: new Float64Array(rows).fill(Date.now()),
    inputs,
    outputs: passage.outputs,
    challengers: passage.challengers,
    failures: passage.failures,
  };
  const { lastModel, elapsed, notes, later } = passage;
  return { form, batch, lastModel, elapsed, notes, later, clock };
}

async function prepared(model: ModelConfig, session: ModelSession): Promise<RunModel> {
  checkSignature(model, session);
  const run = modelRunner(model, session);
  await warmUp(model, run);
  return run;
}

function hasRole(config: Config, name: string, role: "champion" | "challenger"): boolean {
  return config.steps.some((step) => {
    if (step.kind === "shadow") return role === "champion" ? step.champion === name : step.challengers.includes(name);
    return step.kind === "model" && role === "champion" && step.model === name;
  });
}
