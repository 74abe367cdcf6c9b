import { LatencyEstimate } from "./latency-estimate.js";
import type { Feeds, RunBatch, Use } from "../session/model-runner.js";
import type { RequestDeadline } from "../request-deadline.js";
import type { ModelSession } from "../session/onnx-runtime.js";
import { championWorkers, type WorkerModel } from "./worker-pool.js";

/** When the last run on the event loop ended, of all models: one that was asked for earlier began after it. */
let lastEnd = 0;

/** `Loop` and `Scan` as node types in a model file: what they take depends on the values, and no earlier run tells. */
const loops = ["Loop", "Scan"].map((type) => Buffer.concat([Buffer.of(0x22, type.length), Buffer.from(type)]));

/**
 * A champion's runs: short ones on the event loop, long ones in a thread. Which is which is learnt from the runs.
 *
 * @param owner runs that wait when it is dropped are not begun
 * @param where how messages about time begin
 */
export function inlineOrWorker(
  model: WorkerModel,
  session: ModelSession,
  owner: number,
  where: string,
): RunBatch<RequestDeadline> {
  const bytes = Buffer.from(model.bytes.buffer, model.bytes.byteOffset, model.bytes.byteLength);
  const unbounded = loops.some((mark) => bytes.includes(mark));
  const pace = new LatencyEstimate();
  const away = async <T>(
    feeds: Feeds,
    fetches: readonly string[],
    deadline: RequestDeadline,
    elements: number,
    use: Use<T>,
  ): Promise<T> => {
    const run = championWorkers.run(model, owner, feeds, fetches, Date.now() + deadline.remainingMs);
    let done: Awaited<typeof run.done>;
    try {
      done = await deadline.whileRunning(where, run.done);
    } catch (error) {
      run.forget();
      throw error;
    }
    deadline.readTime();
    pace.record(elements, done.ms);
    return use(done.outputs);
  };
  return (feeds, fetches, deadline, use) => {
    const elements = elementsOf(feeds);
    if (unbounded || !pace.isShort(elements)) return away(feeds, fetches, deadline, elements, use);
    const begun = deadline.now;
    return session.run(feeds, fetches, (outputs) => {
      const now = deadline.readTime();
      pace.record(elements, now - Math.max(begun, lastEnd));
      lastEnd = now;
      return use(outputs);
    });
  };
}

function elementsOf(feeds: Feeds): number {
  let elements = 0;
  for (const name in feeds) elements += feeds[name]?.data.length ?? 0;
  return elements;
}
