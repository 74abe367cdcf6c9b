import type { InferOptions } from "../../dsl/deployment.js";
import { TargetError } from "../../dsl/errors.js";
import type { Config } from "../config/schema.js";
import { returnedTupleModels, stepModels } from "../config/step-models.js";
import type { ResultBatch } from "../tensors/result.js";
import type { TensorData } from "../tensors/tensor-data.js";
import { type Challenge, type ChallengeAnswer, Challengers } from "./scheduling/challengers.js";
import type { InputBatch } from "./input/input-batch.js";
import { inputReader } from "./input/read-input.js";
import type { ModelFile } from "./session/model-files.js";
import { type Metadata, metadataReader } from "./metadata.js";
import type { Onward, Passage } from "./steps/execution.js";
import { compilePlan } from "./plan.js";
import { DEFAULT_TIMEOUT_MS, RequestClock } from "./request-deadline.js";
import { modelsRead } from "./awaited-models.js";
import { placedRuns } from "./scheduling/inline-or-worker.js";
import { modelRunner, type RunChallenger, type RunModel } from "./session/model-runner.js";
import { openSession } from "./session/onnx-runtime.js";
import { checkSignature, warmUp } from "./session/signature-check.js";
import {
  awaitedThreads,
  batchThreads,
  challengerThreads,
  newOwner,
  type ThreadModel,
} from "./scheduling/worker-pool.js";
import { randomSequence } from "./random-unit.js";

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
  /** Runs of challengers begun or waiting. */
  readonly challengersWaiting: number;
  /**
   * Runs the steps on a batch.
   *
   * @throws InputError SL5xxx for rows that the pipeline does not take, TargetError SL6002 to SL6005
   */
  infer(input: unknown, options?: InferOptions, clock?: RequestClock): Promise<Inference>;
  /** Runs one challenger of an answer that is out. Never rejects. */
  challenge(challenge: Challenge): Promise<ChallengeAnswer>;
  /** Gives the models back. It waits for challengers, a second at most; those that have not begun by then are not begun. */
  close(): Promise<void>;
}

/** How long the end of a deployment waits for challengers. */
const CLOSE_WAIT_MS = 1000;

/**
 * Loads a config's models, holds them to their signatures, runs each once on zeros and compiles the steps.
 *
 * @param files by model name, as `findModelFiles` gives them
 * @throws ModelError SL3023 to SL3026, TargetError SL6001; nothing stays loaded then
 */
export async function openEngine(
  config: Config,
  files: ReadonlyMap<string, ModelFile>,
  options: EngineOptions,
): Promise<Engine> {
  const challengers = new Challengers();
  const owner = newOwner();
  const releases: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    await challengers.settle(CLOSE_WAIT_MS);
    batchThreads.drop(owner);
    challengerThreads.drop(owner);
    awaitedThreads.drop(owner);
    for (const release of releases.splice(0)) await release();
  };
  try {
    const champions = new Map<string, RunModel>();
    const others = new Map<string, RunChallenger>();
    const read = modelsRead(config);
    for (const model of config.models) {
      const file = files.get(model.name);
      if (file === undefined) continue;
      const onThreads: ThreadModel = { name: model.name, sha256: model.sha256, bytes: file.bytes, path: file.path };
      if (hasRole(config, model.name, "champion")) {
        const session = await openSession(model.name, model.sha256, file.bytes, file.path);
        batchThreads.hold(onThreads);
        releases.push(
          () => session.release(),
          () => batchThreads.release(onThreads),
        );
        checkSignature(model, session);
        const run = modelRunner(model, placedRuns(onThreads, session, owner, `pipeline '${config.name}'`));
        await warmUp(model, (feeds, rows) => run(feeds, rows, new RequestClock(Infinity), outputs));
        champions.set(model.name, run);
      }
      if (hasRole(config, model.name, "challenger")) {
        const threads = options.challengers === "return" || read.has(model.name) ? awaitedThreads : challengerThreads;
        threads.hold(onThreads);
        releases.push(() => threads.release(onThreads));
        checkSignature(model, await threads.open(onThreads));
        const run = modelRunner<number>(model, async (feeds, fetches, until, use) =>
          use((await threads.run(onThreads, owner, feeds, fetches, until).done).outputs),
        );
        await warmUp(model, (feeds, rows) => run(feeds, rows, Infinity, outputs));
        others.set(model.name, run);
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
      where: `pipeline '${config.name}'`,
      read: inputReader(config.name, config.inputs),
      readMetadata: metadataReader(config),
      run: compilePlan(config, parts, inferenceOf(hiddenBeside(config))),
    };
    return {
      config,
      get challengerErrors() {
        return challengers.errors;
      },
      get challengersWaiting() {
        return challengers.waiting;
      },
      infer: (input, inferOptions = {}, clock) => infer(plan, input, inferOptions, clock),
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
  /** How messages about time begin. */
  readonly where: string;
  readonly read: (input: unknown) => InputBatch;
  readonly readMetadata: (given: unknown) => Metadata;
  readonly run: Onward<Inference>;
}

const none: ReadonlyMap<string, never> = new Map<string, never>();
const nothing: readonly Challenge[] = [];
const outputs = (given: TensorData[]): TensorData[] => given;

/** A function that throws gives a promise that rejects, as an async one would: this one has no promise of its own. */
function infer(plan: Plan, input: unknown, options: InferOptions, given: RequestClock | undefined): Promise<Inference> {
  try {
    const clock = given ?? new RequestClock(options.timeoutMs, options.signal);
    const metadata = plan.readMetadata(options.metadata);
    const batch = plan.read(input);
    const answer = plan.run(begin(plan, batch, metadata, clock));
    return answer instanceof Promise ? answer : Promise.resolve(answer);
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new TargetError("SL6000", String(error)));
  }
}

function begin(
  { config, where }: Plan,
  { form, rows, tensors }: InputBatch,
  metadata: Metadata,
  clock: RequestClock,
): Passage {
  const inputs = new Map<string, TensorData>();
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i];
    if (tensor !== undefined) inputs.set(config.inputs[i]?.name ?? "", tensor);
  }
  clock.tick();
  clock.check(where);
  return {
    form,
    rows,
    inputs,
    metadata,
    clock,
    outputs: none,
    lastModel: "",
    elapsed: [Math.round((clock.now - clock.begun) * 1e6)],
    beside: none,
    failures: none,
    later: nothing,
    notes: none,
  };
}

/** @param hidden models of tuples that neither the answer nor the log holds */
function inferenceOf(hidden: readonly string[]): (passage: Passage) => Inference {
  return ({ form, rows, inputs, outputs, beside, failures, metadata, lastModel, elapsed, notes, later, clock }) => {
    const time = new Float64Array(rows);
    const now = Date.now();
    // A loop, since `fill` costs a row more than all of it.
    for (let row = 0; row < rows; row++) time[row] = now;
    const batch: ResultBatch = {
      rows,
      time,
      inputs,
      outputs,
      challengers: hidden.length === 0 ? beside : without(beside, hidden),
      failures,
    };
    return { form, batch, metadata, lastModel, elapsed, notes, later, clock };
  };
}

function without<V>(map: ReadonlyMap<string, V>, names: readonly string[]): ReadonlyMap<string, V> {
  return new Map([...map].filter(([name]) => !names.includes(name)));
}

function hasRole(config: Config, name: string, role: "champion" | "challenger"): boolean {
  return config.steps.some((step) => stepModels(step)[role === "champion" ? "serving" : "challengers"].includes(name));
}

function hiddenBeside(config: Config): string[] {
  const shown = returnedTupleModels(config.steps);
  return config.steps.flatMap((step) =>
    step.kind === "models" ? step.models.filter((name) => !shown.includes(name)) : [],
  );
}
