import { performance } from "node:perf_hooks";
import type { TensorData } from "../../tensors/tensor-data.js";
import { deadlineTimer } from "../deadline-timer.js";
import { errorSummary } from "../../util/error-message.js";
import type { Feeds } from "../session/model-runner.js";

/** One challenger's run on one batch, not yet begun. */
export interface ChallengerRun {
  readonly challenger: string;
  readonly rows: number;
  readonly feeds: Feeds;
  /**
   * By output name; throws for whatever is wrong with it.
   *
   * @param until by `Date.now()`: a run that has not begun by then is not begun
   */
  run(until: number): Promise<ReadonlyMap<string, TensorData>>;
}

/** What came of it: outputs, or a note that says why there are none. */
export type ChallengerOutcome =
  | { readonly outputs: ReadonlyMap<string, TensorData>; readonly note: null }
  | { readonly outputs: null; readonly note: string };

interface ChallengerLimits {
  /** Runs begun or waiting, over all challengers of a deployment. */
  readonly runs: number;
  /** Bytes of their inputs. */
  readonly bytes: number;
}

const defaultLimits: ChallengerLimits = { runs: 4096, bytes: 64 * 1024 * 1024 };

/**
 * Runs challengers so that nothing they do reaches the champion: a failure, a late answer and one too many in the queue
 * each become a note and a count.
 */
export class ChallengerQueue {
  readonly #limits: ChallengerLimits;
  readonly #pending = new Set<Promise<unknown>>();
  /** Ends the wait for each answer that is owed. */
  readonly #owed = new Set<(note: string) => void>();
  #bytes = 0;
  /** Runs that gave no answer. */
  errors = 0;

  constructor(limits: ChallengerLimits = defaultLimits) {
    this.#limits = limits;
  }

  /** Never rejects. An answer later than `deadlineMs` is dropped. */
  run(challenge: ChallengerRun, deadlineMs: number): Promise<ChallengerOutcome> {
    const bytes = sizeOf(challenge.feeds);
    if (this.#pending.size >= this.#limits.runs || (this.#bytes > 0 && this.#bytes + bytes > this.#limits.bytes)) {
      return Promise.resolve(
        this.#failed(`overload: the queue of challengers is full (${this.#pending.size} waiting)`),
      );
    }
    const running = challenge.run(Date.now() + deadlineMs);
    this.#bytes += bytes;
    this.#pending.add(running);
    // A late run still takes its place in the queue until it ends.
    const ended = (): void => {
      this.#bytes -= bytes;
      this.#pending.delete(running);
    };
    running.then(ended, ended);
    return new Promise((resolve) => {
      const give = (answer: ChallengerOutcome): void => {
        deadlineTimer.cancel(deadline);
        this.#owed.delete(giveUp);
        resolve(answer);
      };
      const giveUp = (note: string): void => {
        if (this.#owed.has(giveUp)) give(this.#failed(note));
      };
      const deadline = deadlineTimer.schedule(performance.now() + deadlineMs, () =>
        giveUp(`no answer within ${Math.round(deadlineMs)} ms`),
      );
      this.#owed.add(giveUp);
      running.then(
        (outputs) => {
          if (this.#owed.has(giveUp)) give({ outputs, note: null });
        },
        (error: unknown) => giveUp(errorSummary(error)),
      );
    });
  }

  /** Waits for what is under way, but no longer than that: answers still owed then become notes. */
  async drain(waitMs: number): Promise<void> {
    const enough = deadlineTimer.schedule(performance.now() + waitMs, () => {
      for (const giveUp of [...this.#owed]) giveUp("the deployment was closed before it ended");
      settled();
    });
    let settled = (): void => undefined;
    const late = new Promise<void>((resolve) => (settled = resolve));
    const idle = async (): Promise<void> => {
      while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
    };
    await Promise.race([idle(), late]);
    deadlineTimer.cancel(enough);
  }

  /** Runs begun or waiting. */
  get pending(): number {
    return this.#pending.size;
  }

  #failed(note: string): ChallengerOutcome {
    this.errors++;
    return { outputs: null, note };
  }
}

function sizeOf(feeds: Feeds): number {
  let bytes = 0;
  for (const name in feeds) {
    const data = feeds[name]?.data;
    if (data === undefined) continue;
    bytes += ArrayBuffer.isView(data) ? data.byteLength : data.reduce((sum, text) => sum + text.length * 2, 0);
  }
  return bytes;
}
