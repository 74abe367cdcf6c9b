import { latestStart, type RequestDeadline } from "../request-deadline.js";
import type { RunFeeds } from "../session/feeds.js";
import type { RunBatch, UseOutputs } from "../session/model-runner.js";
import type { ModelSession } from "../session/onnx-runtime.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { LatencyEstimate } from "./latency-estimate.js";
import { championWorkers, type WorkerModel } from "./worker-pool.js";

/** When the last run on the event loop ended, of all models: a run that was requested earlier started after it. */
let lastInlineEnd = 0;

/**
 * `Loop` and `Scan` as node types in the bytes of a model file: how long these run depends on the values, so earlier
 * runs predict nothing.
 */
const loopMarks = ["Loop", "Scan"].map((type) => Buffer.concat([Buffer.of(0x22, type.length), Buffer.from(type)]));

/**
 * Runs a champion's batches: short ones on the event loop, long ones on a worker. Which are short is learned from the
 * runs.
 *
 * @param owner id whose runs on workers can be canceled together
 * @param where how messages about time start
 */
export function inlineOrWorker(
  model: WorkerModel,
  session: ModelSession,
  owner: number,
  where: string,
): RunBatch<RequestDeadline> {
  const bytes = Buffer.from(model.bytes.buffer, model.bytes.byteOffset, model.bytes.byteLength);
  const hasLoops = loopMarks.some((mark) => bytes.includes(mark));
  const latency = new LatencyEstimate();
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
  return (feeds, fetches, deadline, use) => {
    const elements = countElements(feeds);
    if (hasLoops || !latency.isShort(elements)) return runOnWorker(feeds, fetches, deadline, elements, use);
    const startedAt = deadline.now;
    // A request may need many runs.
    deadline.check(where);
    return session.run(feeds, fetches, (outputs) => {
      const now = deadline.readTime();
      latency.record(elements, now - Math.max(startedAt, lastInlineEnd));
      lastInlineEnd = now;
      return use(outputs);
    });
  };
}

function countElements(feeds: RunFeeds): number {
  let elements = 0;
  for (const name in feeds) elements += feeds[name]?.data.length ?? 0;
  return elements;
}
