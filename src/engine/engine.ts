import type { InferOptions } from "../../dsl/deployment.js";
import { TargetError } from "../../dsl/errors.js";
import type { Config, ModelConfig } from "../config/schema.js";
import { returnedTupleModels, stepModels } from "../config/step-models.js";
import { Names, NamedValues } from "../tensors/named-values.js";
import type { ResultBatch } from "../tensors/result.js";
import { newWork } from "../expression/evaluate/row-loop.js";
import { awaitedModels } from "./awaited-models.js";
import type { InputBatch } from "./input/input-batch.js";
import { inputReader } from "./input/read-input.js";
import type { RequestLimits } from "./input/request-size.js";
import { RequestTensors, tensorsReader } from "./input/request-tensors.js";
import { type Metadata, metadataReader } from "./metadata.js";
import { compilePlan } from "./plan.js";
import { randomSequence } from "./random-unit.js";
import { defaultTimeoutMs, latestStart, RequestDeadline } from "./request-deadline.js";
import { ChallengerQueue, type ChallengerOutcome, type ChallengerRun } from "./scheduling/challenger-queue.js";
import { inlineOrWorker } from "./scheduling/inline-or-worker.js";
import type { ExactRows } from "./session/exact-rows.js";
import { joinRuns, mostJoined } from "./scheduling/joint-runs.js";
import {
  awaitedWorkers,
  challengerWorkers,
  championWorkers,
  newOwnerId,
  type WorkerModel,
  type WorkerPool,
} from "./scheduling/worker-pool.js";
import { exactRows } from "./session/exact-rows.js";
import { withoutFedDefaults } from "./session/fed-defaults.js";
import { modelRunner, type RunBatch, type RunChallenger, type RunModel } from "./rows/model-runner.js";
import { type ModelFile, readModelFiles } from "./session/model-files.js";
import { openNativeModel } from "./session/native-session.js";
import { loadRuntime, openSession } from "./session/onnx-runtime.js";
import { leastElements } from "./session/made-up-rows.js";
import { rowPlan } from "./rows/row-plan.js";
import { proveRows } from "./session/row-proof.js";
import { checkSignature } from "./session/signature-check.js";
import { defaultDeployTimeoutMs, Trial } from "./session/trial.js";
import { sessionOptionsOf } from "./session/session-options.js";
import type { SessionSettings } from "./session-settings.js";
import type { Execution, Next } from "./steps/execution.js";
import { checkModelConstants, withModelConstants } from "./model-constants.js";
import { constantInputs } from "./steps/sources.js";
import { stepKind } from "./steps/steps.js";

/** A request's answer before it is logged or formatted. */
export interface Inference {
  readonly form: InputBatch["form"];
  /** Includes the awaited challengers and the returned models of a tuple, but not the deferred challengers. */
  readonly batch: ResultBatch;
  readonly metadata: Metadata;
  readonly lastModel: string;
  /** Nanoseconds: reading the rows, then one entry per inference step. */
  readonly elapsedNs: readonly number[];
  /** By awaited challenger: why it has no answer. */
  readonly notes: ReadonlyMap<string, string>;
  /** Challengers to run after the answer, with `runChallenger`. */
  readonly deferred: readonly ChallengerRun[];
  readonly deadline: RequestDeadline;
}

interface EngineOptions {
  /** `log`: the answer waits only for challengers that a validation reads. `return`: it waits for all. */
  readonly challengers: "log" | "return";
  /** How ONNX Runtime runs the models. */
  readonly session?: SessionSettings;
  /** Seed of random splits: the same seed draws the same sequence; null draws another one each time. */
  readonly seed: number | null;
  /** Milliseconds in which each model loads and runs made-up rows. Default: a minute. */
  readonly deployTimeoutMs?: number;
  /** The most elements and bytes of one request. */
  readonly limits?: RequestLimits;
  /** `threads`: no model runs on the event loop. Default: `auto`, where short runs do. */
  readonly runModels?: "auto" | "threads";
  /** True: short runs of one row are joined, whichever requests they belong to. Default: every request runs alone. */
  readonly joinRuns?: boolean;
  /** True: the first short run of a turn of the event loop takes place within `infer`. Default: in a later turn. */
  readonly runAtOnce?: boolean;
}

/** A config with its models loaded. */
export interface Engine {
  readonly config: Config;
  /** By model: why its rows run one at a time. Models whose rows run together are missing. */
  readonly notices: ReadonlyMap<string, string>;
  /** By champion: why requests of one row do not share its runs. Empty without `joinRuns`. */
  readonly separate: ReadonlyMap<string, string>;
  /** Challenger runs without an answer. */
  readonly challengerErrors: number;
  /** Challenger runs started or queued. */
  readonly pendingChallengers: number;
  /**
   * Runs the steps on a batch.
   *
   * @throws InputError SL5xxx for rows that the pipeline does not accept, TargetError SL6002 to SL6005
   */
  infer(input: unknown, options?: InferOptions, deadline?: RequestDeadline): Promise<Inference>;
  /** Runs a deferred challenger. Never rejects. */
  runChallenger(challenger: ChallengerRun): Promise<ChallengerOutcome>;
  /** Releases the models. Waits up to a second for challengers; those that have not started by then are canceled. */
  close(): Promise<void>;
}

/** How long closing a deployment waits for challengers. */
const closeWaitMs = 1000;

/**
 * Loads the runtime and starts the thread that loads models, while the caller reads their files.
 *
 * @throws TargetError SL6000, SL6001
 */
export async function warmUpEngine(): Promise<void> {
  await loadRuntime();
  championWorkers.warmUp();
}

/**
 * Loads a config's models, checks their signatures, proves their rows independent and compiles the steps.
 *
 * @param files by model name, from `findModelFiles`
 * @throws ModelError SL3023 to SL3027, TargetError SL6000, SL6001; all models are released then
 */
export async function openEngine(
  config: Config,
  files: ReadonlyMap<string, ModelFile>,
  options: EngineOptions,
): Promise<Engine> {
  const queue = new ChallengerQueue();
  const owner = newOwnerId();
  const releases: (() => Promise<void> | void)[] = [];
  const where = `pipeline '${config.name}'`;
  const close = async (): Promise<void> => {
    await queue.drain(closeWaitMs);
    championWorkers.cancelOwner(owner);
    challengerWorkers.cancelOwner(owner);
    awaitedWorkers.cancelOwner(owner);
    for (const release of releases.splice(0)) await release();
  };

  const notices = new Map<string, string>();
  const separate = new Map<string, string>();
  /** Loads a model on a worker and tries it there. Tells whether its rows may share runs, and those of requests. */
  const tryModel = async (
    model: ModelConfig,
    file: WorkerModel,
    workers: WorkerPool,
    tryRun: RunBatch<Trial>,
  ): Promise<{ readonly together: boolean; readonly joined: () => Promise<ExactRows> }> => {
    const trial = new Trial(model.name, file.path, options.deployTimeoutMs ?? defaultDeployTimeoutMs);
    const ports = await trial.during(workers.open(file));
    checkSignature(model, ports);
    checkModelConstants(model, ports);
    const fixed = constantInputs(config.steps, model.name);
    const runBatch = withModelConstants(model, tryRun);
    const { together, notice } = await proveRows(model, runBatch, { path: file.path, fixed, limit: trial });
    if (notice !== null) notices.set(model.name, notice);
    const joined =
      options.joinRuns === true && together && notice === null
        ? () => exactRows(model, runBatch, { file, fixed, limit: trial, most: mostJoined })
        : () => Promise.resolve({ rows: 1, reason: "its rows run one at a time, or without a proof" });
    return { together, joined };
  };

  const openChampion = async (model: ModelConfig, file: WorkerModel): Promise<RunModel> => {
    championWorkers.retain(file);
    releases.push(() => championWorkers.release(file));
    const runs = inlineOrWorker(file, leastElements(rowPlan(model)), owner, where, options.runModels === "threads");
    const { together, joined } = await tryModel(model, file, championWorkers, runs.tryRun);
    const run = modelRunner(model, withModelConstants(model, runs.run), together);
    if (!runs.isInlineUseful()) {
      if (options.joinRuns === true) separate.set(model.name, "its runs are too long for the event loop");
      return run;
    }
    const { rows, reason } = await joined();
    if (options.joinRuns === true && reason !== null) separate.set(model.name, reason);
    const opened = [model.name, file.key, file.bytes, file.path, file.options] as const;
    const native = options.runAtOnce === true ? await openNativeModel(...opened) : null;
    const session = native ?? (await openSession(...opened));
    releases.push(() => session.release());
    await runs.useInline(session);
    return joinRuns(run, { rows, isShort: (elements) => runs.isShort(elements), where });
  };

  const awaited = awaitedModels(config);
  const openChallenger = async (model: ModelConfig, file: WorkerModel): Promise<RunChallenger> => {
    const workers = options.challengers === "return" || awaited.has(model.name) ? awaitedWorkers : challengerWorkers;
    workers.retain(file);
    releases.push(() => workers.release(file));
    const { together } = await tryModel(model, file, workers, async (feeds, fetches, trial, use) => {
      const run = workers.run(file, owner, feeds, fetches, latestStart(trial.remainingMs));
      return use((await trial.during(run)).outputs);
    });
    const runBatch = withModelConstants<number>(model, async (feeds, fetches, until, use) =>
      use((await workers.run(file, owner, feeds, fetches, until).done).outputs),
    );
    return modelRunner(model, runBatch, together);
  };

  try {
    const champions = new Map<string, RunModel>();
    const challengers = new Map<string, RunChallenger>();
    const serving = new Set(config.steps.flatMap((step) => stepModels(step).serving));
    const challenging = new Set(config.steps.flatMap((step) => stepModels(step).challengers));
    for (const model of config.models) {
      const file = files.get(model.name);
      if (file === undefined) continue;
      const { name } = model;
      const { path } = file;
      const { bytes, sha256 } = withoutFedDefaults(model, file.bytes, path);
      const session = sessionOptionsOf(options.session, name);
      const workerModel: WorkerModel = {
        name,
        bytes,
        reread: mayLend(config, model, bytes)
          ? async () => {
              const read = await readModelFiles(new Map([[model.sha256, path]]), [model]);
              return withoutFedDefaults(model, read.get(name)?.bytes ?? bytes, path).bytes;
            }
          : null,
        path,
        options: session.options,
        key: sha256 + session.key,
      };
      if (serving.has(name)) champions.set(name, await openChampion(model, workerModel));
      if (challenging.has(name)) challengers.set(name, await openChallenger(model, workerModel));
    }
    const parts = {
      champions,
      challengers,
      runChallenger: queue.run.bind(queue),
      awaitAll: options.challengers === "return",
      random: randomSequence(options.seed),
    };
    const readRows = inputReader(config.name, config.inputs, missingColumns(config), options.limits);
    const readTensors = tensorsReader(config, options.limits);
    const plan: RequestPlan = {
      where,
      inputs: new Names(config.inputs.map(({ name }) => name)),
      read: (input) => (input instanceof RequestTensors ? readTensors(input) : readRows(input)),
      readMetadata: metadataReader(config),
      run: compilePlan(config, parts, toInference(hiddenTupleModels(config))),
    };
    return {
      config,
      notices,
      separate,
      get challengerErrors() {
        return queue.errors;
      },
      get pendingChallengers() {
        return queue.pending;
      },
      infer: (input, inferOptions = {}, deadline) => infer(plan, input, inferOptions, deadline),
      runChallenger: (challenger) => queue.run(challenger, defaultTimeoutMs),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Copies of smaller files cost nothing that could be noticed. */
const largeCopyBytes = 2 ** 20;

/** Whether a worker may borrow a model's bytes while it loads the model: no other model of the config has them. */
function mayLend(config: Config, { sha256 }: ModelConfig, bytes: Uint8Array): boolean {
  return (
    bytes.length >= largeCopyBytes &&
    bytes.length === bytes.buffer.byteLength &&
    config.models.filter((model) => model.sha256 === sha256).length === 1
  );
}

/** What every request uses. */
interface RequestPlan {
  /** How messages about time start. */
  readonly where: string;
  readonly inputs: Names;
  readonly read: (input: unknown) => InputBatch;
  readonly readMetadata: (metadata: unknown) => Metadata;
  readonly run: Next<Inference>;
}

const emptyMap: ReadonlyMap<string, never> = new Map<string, never>();
const noRuns: readonly ChallengerRun[] = [];

/** Not an async function, because that would create one more promise; errors still reject. */
function infer(
  plan: RequestPlan,
  input: unknown,
  options: InferOptions,
  ownDeadline: RequestDeadline | undefined,
): Promise<Inference> {
  try {
    const deadline = ownDeadline ?? new RequestDeadline(options.timeoutMs, options.signal);
    const metadata = plan.readMetadata(options.metadata);
    const batch = plan.read(input);
    const inference = plan.run(startExecution(plan, batch, metadata, deadline));
    return inference instanceof Promise ? inference : Promise.resolve(inference);
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new TargetError("SL6000", String(error)));
  }
}

function startExecution(
  { where, inputs }: RequestPlan,
  { form, rows, tensors }: InputBatch,
  metadata: Metadata,
  deadline: RequestDeadline,
): Execution {
  deadline.readTime();
  deadline.check(where);
  return {
    form,
    rows,
    inputs: new NamedValues(inputs, tensors),
    metadata,
    deadline,
    work: newWork(),
    outputs: emptyMap,
    earlier: emptyMap,
    lastModel: "",
    elapsedNs: [Math.round((deadline.now - deadline.startedAt) * 1e6)],
    sideOutputs: emptyMap,
    failures: emptyMap,
    deferred: noRuns,
    notes: emptyMap,
  };
}

/** @param hidden models of tuples that are neither returned nor logged */
function toInference(hidden: readonly string[]): (execution: Execution) => Inference {
  return (execution) => {
    const { form, rows, inputs, outputs, sideOutputs, failures } = execution;
    const { metadata, lastModel, elapsedNs, notes, deferred, deadline } = execution;
    const time = new Float64Array(rows);
    const now = Date.now();
    // For a single row a loop is faster than `fill`.
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

/** The columns in which null stands for NaN. */
function missingColumns(config: Config): readonly string[] {
  return "missing" in config && Array.isArray(config.missing) ? (config.missing as readonly string[]) : [];
}

function hiddenTupleModels(config: Config): string[] {
  const returned = returnedTupleModels(config.steps);
  const models = config.steps.flatMap((step) => stepKind(step.kind).tupleModels(step));
  return models.filter((name) => !returned.includes(name));
}
