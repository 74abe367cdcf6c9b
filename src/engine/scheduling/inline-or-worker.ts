import { Pace } from "./latency-estimate.js";
import type { Feeds, RunBatch, Use } from "../session/model-runner.js";
import type { RequestClock } from "../request-deadline.js";
import type { ModelSession } from "../session/onnx-runtime.js";
import { batchThreads, type ThreadModel } from "./worker-pool.js";

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
export function placedRuns(
  model: ThreadModel,
  session: ModelSession,
  owner: number,
  where: string,
): RunBatch<RequestClock> {
  const bytes = Buffer.from(model.bytes.buffer, model.bytes.byteOffset, model.bytes.byteLength);
  const unbounded = loops.some((mark) => bytes.includes(mark));
  const pace = new Pace();
  const away = async <T>(
    feeds: Feeds,
    fetches: readonly string[],
    clock: RequestClock,
    elements: number,
    use: Use<T>,
  ): Promise<T> => {
    const run = batchThreads.run(model, owner, feeds, fetches, Date.now() + clock.leftMs);
    let done: Awaited<typeof run.done>;
    try {
      done = await clock.whileRunning(where, run.done);
    } catch (error) {
      run.forget();
      throw error;
    }
    clock.tick();
    pace.learn(elements, done.ms);
    return use(done.outputs);
  };
  return (feeds, fetches, clock, use) => {
    const elements = elementsOf(feeds);
    if (unbounded || !pace.isShort(elements)) return away(feeds, fetches, clock, elements, use);
    const begun = clock.now;
    return session.run(feeds, fetches, (outputs) => {
      const now = clock.tick();
      pace.learn(elements, now - Math.max(begun, lastEnd));
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
