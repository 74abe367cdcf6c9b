import type { InferOptions } from "../../dsl/deployment.js";
import { TargetError } from "../../dsl/errors.js";
import type { Config } from "../config/schema.js";
import { returnedTupleModels, stepModels } from "../config/step-models.js";
import type { ResultBatch } from "../tensors/result.js";
import type { TensorData } from "../tensors/tensor-data.js";
import { type ChallengerRun, type ChallengerOutcome, ChallengerQueue } from "./scheduling/challenger-queue.js";
import type { InputBatch } from "./input/input-batch.js";
import { inputReader } from "./input/read-input.js";
import type { ModelFile } from "./session/model-files.js";
import { type Metadata, metadataReader } from "./metadata.js";
import type { Next, Execution } from "./steps/execution.js";
import { compilePlan } from "./plan.js";
import { DEFAULT_TIMEOUT_MS, RequestDeadline } from "./request-deadline.js";
import { awaitedModels } from "./awaited-models.js";
import { inlineOrWorker } from "./scheduling/inline-or-worker.js";
import { modelRunner, type RunChallenger, type RunModel } from "./session/model-runner.js";
import { openSession } from "./session/onnx-runtime.js";
import { checkSignature, warmUp } from "./session/signature-check.js";
import {
  awaitedWorkers,
  championWorkers,
  challengerWorkers,
  newOwnerId,
  type WorkerModel,
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
  readonly elapsedNs: readonly number[];
  /** Why an awaited challenger gave no answer, by its name. */
  readonly notes: ReadonlyMap<string, string>;
  /** Challengers to run once the answer is out, with `challenge`. */
  readonly deferred: readonly ChallengerRun[];
  readonly deadline: RequestDeadline;
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
  readonly pendingChallengers: number;
  /**
   * Runs the steps on a batch.
   *
   * @throws InputError SL5xxx for rows that the pipeline does not take, TargetError SL6002 to SL6005
   */
  infer(input: unknown, options?: InferOptions, deadline?: RequestDeadline): Promise<Inference>;
  /** Runs one challenger of an answer that is out. Never rejects. */
  runChallenger(challenge: ChallengerRun): Promise<ChallengerOutcome>;
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
  const challengers = new ChallengerQueue();
  const owner = newOwnerId();
  const releases: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    await challengers.drain(CLOSE_WAIT_MS);
    championWorkers.cancelOwner(owner);
    challengerWorkers.cancelOwner(owner);
    awaitedWorkers.cancelOwner(owner);
    for (const release of releases.splice(0)) await release();
  };
  try {
    const champions = new Map<string, RunModel>();
    const others = new Map<string, RunChallenger>();
    const read = awaitedModels(config);
    for (const model of config.models) {
      const file = files.get(model.name);
      if (file === undefined) continue;
      const onThreads: WorkerModel = { name: model.name, sha256: model.sha256, bytes: file.bytes, path: file.path };
      if (hasRole(config, model.name, "champion")) {
        const session = await openSession(model.name, model.sha256, file.bytes, file.path);
        championWorkers.retain(onThreads);
        releases.push(
          () => session.release(),
          () => championWorkers.release(onThreads),
        );
        checkSignature(model, session);
        const run = modelRunner(model, inlineOrWorker(onThreads, session, owner, `pipeline '${config.name}'`));
        await warmUp(model, (feeds, rows) => run(feeds, rows, new RequestDeadline(Infinity), outputs));
        champions.set(model.name, run);
      }
      if (hasRole(config, model.name, "challenger")) {
        const threads = options.challengers === "return" || read.has(model.name) ? awaitedWorkers : challengerWorkers;
        threads.retain(onThreads);
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
      answer: challengers.run.bind(challengers),
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
      get pendingChallengers() {
        return challengers.pending;
      },
      infer: (input, inferOptions = {}, deadline) => infer(plan, input, inferOptions, deadline),
      runChallenger: (challenge) => challengers.run(challenge, DEFAULT_TIMEOUT_MS),
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
  readonly run: Next<Inference>;
}

const none: ReadonlyMap<string, never> = new Map<string, never>();
const nothing: readonly ChallengerRun[] = [];
const outputs = (given: TensorData[]): TensorData[] => given;

/** A function that throws gives a promise that rejects, as an async one would: this one has no promise of its own. */
function infer(
  plan: Plan,
  input: unknown,
  options: InferOptions,
  given: RequestDeadline | undefined,
): Promise<Inference> {
  try {
    const deadline = given ?? new RequestDeadline(options.timeoutMs, options.signal);
    const metadata = plan.readMetadata(options.metadata);
    const batch = plan.read(input);
    const answer = plan.run(begin(plan, batch, metadata, deadline));
    return answer instanceof Promise ? answer : Promise.resolve(answer);
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new TargetError("SL6000", String(error)));
  }
}

function begin(
  { config, where }: Plan,
  { form, rows, tensors }: InputBatch,
  metadata: Metadata,
  deadline: RequestDeadline,
): Execution {
  const inputs = new Map<string, TensorData>();
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i];
    if (tensor !== undefined) inputs.set(config.inputs[i]?.name ?? "", tensor);
  }
  deadline.readTime();
  deadline.check(where);
  return {
    form,
    rows,
    inputs,
    metadata,
    deadline,
    outputs: none,
    lastModel: "",
    elapsedNs: [Math.round((deadline.now - deadline.startedAt) * 1e6)],
    sideOutputs: none,
    failures: none,
    deferred: nothing,
    notes: none,
  };
}

/** @param hidden models of tuples that neither the answer nor the log holds */
function inferenceOf(hidden: readonly string[]): (execution: Execution) => Inference {
  return ({
    form,
    rows,
    inputs,
    outputs,
    sideOutputs,
    failures,
    metadata,
    lastModel,
    elapsedNs,
    notes,
    deferred,
    deadline,
  }) => {
    const time = new Float64Array(rows);
    const now = Date.now();
    // A loop, since `fill` costs a row more than all of it.
    for (let row = 0; row < rows; row++) time[row] = now;
    const batch: ResultBatch = {
      rows,
      time,
      inputs,
      outputs,
      challengers: hidden.length === 0 ? sideOutputs : without(sideOutputs, hidden),
      failures,
    };
    return { form, batch, metadata, lastModel, elapsedNs, notes, deferred, deadline };
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
