import { performance } from "node:perf_hooks";
import type { InferOptions } from "../../dsl/deployment.js";
import type { Config, ModelConfig } from "../config/schema.js";
import { answeredBeside, stepModels } from "../config/step-models.js";
import type { ResultBatch } from "../tensors/result.js";
import { openOnThread } from "./challenger-thread.js";
import { type Challenge, type ChallengeAnswer, Challengers } from "./challengers.js";
import type { InputBatch } from "./input/input-batch.js";
import { inputReader } from "./input/read-input.js";
import type { ModelFile } from "./model-files.js";
import { type Metadata, metadataReader } from "./metadata.js";
import type { Passage, RunStep } from "./passage.js";
import { compilePlan } from "./plan.js";
import { DEFAULT_TIMEOUT_MS, RequestClock } from "./request-clock.js";
import { modelRunner, type RunModel } from "./run-model.js";
import { type ModelSession, openSession } from "./runtime.js";
import { checkSignature, warmUp } from "./signature-check.js";
import { randomSequence } from "./unit-hash.js";

/** A request's answer before it is logged or shaped. */
export interface Inference {
  readonly form: InputBatch["form"];
  /** Holds the challengers that were awaited, and what is shown of a tuple; the other challengers come later. */
  readonly batch: ResultBatch;
  readonly metadata: Metadata;
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
  /** Makes random splits draw the same sequence every time; null: another one each time. */
  readonly seed: number | null;
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
    const parts = {
      champions,
      challengers: others,
      answer: challengers.answer.bind(challengers),
      awaitAll: options.challengers === "return",
      random: randomSequence(options.seed),
    };
    const plan: Plan = {
      config,
      read: inputReader(config.name, config.inputs),
      readMetadata: metadataReader(config),
      steps: compilePlan(config, parts),
      hidden: hiddenBeside(config),
    };
    return {
      config,
      get challengerErrors() {
        return challengers.errors;
      },
      infer: (input, inferOptions = {}) => infer(plan, input, inferOptions),
      challenge: (challenge) => challengers.answer(challenge, DEFAULT_TIMEOUT_MS),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What every request goes through. */
interface Plan {
  readonly config: Config;
  readonly read: (input: unknown) => InputBatch;
  readonly readMetadata: (given: unknown) => Metadata;
  readonly steps: readonly RunStep[];
  /** Models of tuples that neither the answer nor the log holds. */
  readonly hidden: readonly string[];
}

async function infer({ config, read, readMetadata, steps, hidden }: Plan, input: unknown, options: InferOptions): Promise<Inference> {
  const clock = new RequestClock(options.timeoutMs, options.signal);
  const where = `pipeline '${config.name}'`;
  clock.check(where);
  const metadata = readMetadata(options.metadata);
  const { form, rows, tensors } = read(input);
  const inputs = new Map(config.inputs.flatMap(({ name }, i) => (tensors[i] === undefined ? [] : [[name, tensors[i]]])));
  const passage: Passage = {
    rows,
    inputs,
    metadata,
    clock,
    outputs: new Map(),
    lastModel: "",
    elapsed: [Math.round((performance.now() - clock.begun) * 1e6)],
    beside: new Map(),
    failures: new Map(),
    later: [],
    notes: new Map(),
  };
  for (const step of steps) await step(passage);
  clock.check(where);
  for (const name of hidden) passage.beside.delete(name);
  const batch: ResultBatch = {
    rows,
    time: new Float64Array(rows).fill(Date.now()),
    inputs,
    outputs: passage.outputs,
    challengers: passage.beside,
    failures: passage.failures,
  };
  const { lastModel, elapsed, notes, later } = passage;
  return { form, batch, metadata, lastModel, elapsed, notes, later, clock };
}

async function prepared(model: ModelConfig, session: ModelSession): Promise<RunModel> {
  checkSignature(model, session);
  const run = modelRunner(model, session);
  await warmUp(model, run);
  return run;
}

function hasRole(config: Config, name: string, role: "champion" | "challenger"): boolean {
  return config.steps.some((step) => stepModels(step)[role === "champion" ? "answering" : "challengers"].includes(name));
}

function hiddenBeside(config: Config): string[] {
  const shown = answeredBeside(config.steps);
  return config.steps.flatMap((step) => (step.kind === "models" ? step.models.filter((name) => !shown.includes(name)) : []));
}
