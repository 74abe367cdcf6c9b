import { latestStart, type RequestDeadline } from "../request-deadline.js";
import type { RunFeeds } from "../rows/feeds.js";
import type { RunBatch, UseOutputs } from "../rows/model-runner.js";
import type { NativeModel } from "../session/native-session.js";
import type { ModelSession } from "../session/onnx-runtime.js";
import type { Trial } from "../session/trial.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { asError } from "../../util/error-message.js";
import { ProtobufFile } from "../../util/onnx/protobuf-wire.js";
import { hasLoops } from "../../util/onnx/walk-model.js";
import { inlineTurns } from "./inline-turns.js";
import { inlineMs, LatencyEstimate } from "./latency-estimate.js";
import { championWorkers, type WorkerModel } from "./worker-pool.js";

/** When the last run on the event loop ended, of all models: a run that was requested earlier started after it. */
let lastInlineEnd = 0;

/** A model whose file is larger than this is loaded once, by workers: loading it again would take time and memory. */
const largeFileBytes = 16 * 2 ** 20;

/** Runs of a model on the event loop. */
type InlineRuns = Pick<ModelSession, "run">;

/** Where a champion's batches run. */
export interface InlineOrWorker {
  readonly run: RunBatch<RequestDeadline>;
  /** Runs on a worker at deploy, while it is unknown how long the model takes. */
  readonly tryRun: RunBatch<Trial>;
  /** Whether a session on the event loop is worth its time: some runs are short enough for it. */
  isInlineUseful(): boolean;
  /** Whether a run of so many elements is short enough for the event loop. */
  isShort(elements: number): boolean;
  /**
   * Gives the model a session on the event loop, and warms it up. Without one, all runs take place in workers. A native
   * one also runs at once, in the turn of the call.
   */
  useInline(session: InlineRuns | NativeModel): Promise<void>;
}

/**
 * Runs a champion's batches: short ones on the event loop, long ones on a worker. Which are short is learned from the
 * runs.
 *
 * @param rowElements the least elements of one row
 * @param owner id whose runs on workers can be canceled together
 * @param where how messages about time start
 * @param neverInline no run takes place on the event loop
 */
export function inlineOrWorker(
  model: WorkerModel,
  rowElements: number,
  owner: number,
  where: string,
  neverInline: boolean,
): InlineOrWorker {
  const onlyWorkers = neverInline || model.bytes.length > largeFileBytes || repeatsGraphs(model);
  const latency = new LatencyEstimate();
  let session: InlineRuns | null = null;
  let atOnce: InlineRuns | null = null;
  let triedFirst: ((inline: InlineRuns) => Promise<unknown>) | null = null;
  const runOnWorker = async <T>(
    feeds: RunFeeds,
    fetches: readonly string[],
    deadline: RequestDeadline,
    elements: number,
    use: UseOutputs<T, TensorData>,
  ): Promise<T> => {
    const run = championWorkers.run(model, owner, feeds, fetches, latestStart(deadline.remainingMs));
    let done: Awaited<typeof run.done>;
    try {
      done = await deadline.whileRunning(where, run.done);
    } catch (error) {
      run.cancel();
      throw error;
    }
    deadline.readTime();
    latency.record(elements, done.ms);
    return use(done.outputs);
  };
  const runInline = <T>(
    opened: InlineRuns,
    feeds: RunFeeds,
    fetches: readonly string[],
    deadline: RequestDeadline,
    elements: number,
    use: UseOutputs<T, TensorData>,
    ms: number,
  ): Promise<T> => {
    const startedAt = deadline.now;
    const recordRun = (outputs: TensorData[]): T | Promise<T> => {
      const now = deadline.readTime();
      latency.record(elements, now - Math.max(startedAt, lastInlineEnd));
      lastInlineEnd = now;
      return use(outputs);
    };
    return opened.run(feeds, fetches, recordRun, () => inlineTurns.end(ms));
  };
  return {
    async tryRun(feeds, fetches, trial, use) {
      const run = championWorkers.run(model, owner, feeds, fetches, latestStart(trial.remainingMs));
      const { outputs, ms } = await trial.during(run);
      latency.record(countElements(feeds), ms);
      triedFirst ??= (inline) => inline.run(feeds, fetches, () => undefined);
      return use(outputs);
    },
    isInlineUseful: () => !onlyWorkers && latency.isShort(rowElements),
    isShort: (elements) => latency.isShort(elements),
    async useInline(opened) {
      const isNative = "runNow" in opened;
      if (isNative) atOnce = runsAtOnce(opened);
      const later = isNative ? laterRuns(opened) : opened;
      // What a worker has run does not fail here; if it does, the first request says so.
      await triedFirst?.(later).catch(() => undefined);
      triedFirst = null;
      session = later;
    },
    run(feeds, fetches, deadline, use) {
      const elements = countElements(feeds);
      const ms = latency.expectedMs(elements);
      const opened = session;
      if (opened === null || ms > inlineMs) return runOnWorker(feeds, fetches, deadline, elements, use);
      // A request may need many runs.
      deadline.check(where);
      if (atOnce !== null && inlineTurns.takeTurn())
        return runInline(atOnce, feeds, fetches, deadline, elements, use, ms);
      if (inlineTurns.isFull)
        return inlineTurns.wait(ms, deadline, where).then(() => {
          deadline.readTime();
          return runInline(opened, feeds, fetches, deadline, elements, use, ms);
        });
      inlineTurns.begin(ms);
      return runInline(opened, feeds, fetches, deadline, elements, use, ms);
    },
  };
}

/** Runs a model within the call. Such a run is not in the queue of the turns, so its end is not reported there. */
function runsAtOnce(model: NativeModel): InlineRuns {
  return {
    run(feeds, fetches, use) {
      try {
        return Promise.resolve(use(model.runNow(feeds, fetches)));
      } catch (error) {
        return Promise.reject(asError(error));
      }
    },
  };
}

/** Runs a model in a later turn of the event loop, as the runtime itself does: requests of a turn are read first. */
function laterRuns(model: NativeModel): InlineRuns {
  return {
    run: <T>(
      feeds: RunFeeds,
      fetches: readonly string[],
      use: (outputs: TensorData[]) => T | Promise<T>,
      ended?: () => void,
    ) =>
      new Promise<T>((resolve, reject) => {
        setImmediate(() => {
          try {
            let outputs: TensorData[];
            try {
              outputs = model.runNow(feeds, fetches);
            } finally {
              ended?.();
            }
            resolve(use(outputs));
          } catch (error) {
            reject(asError(error));
          }
        });
      }),
  };
}

/** How long loops run depends on the values, so earlier runs predict nothing. */
function repeatsGraphs({ bytes, path }: WorkerModel): boolean {
  return hasLoops(new ProtobufFile(bytes, bytes.length, path));
}

function countElements(feeds: RunFeeds): number {
  let elements = 0;
  for (const name in feeds) elements += feeds[name]?.data.length ?? 0;
  return elements;
}
