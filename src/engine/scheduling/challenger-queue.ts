import { performance } from "node:perf_hooks";
import type { RowsTensor } from "../../tensors/tensor-data.js";
import { errorSummary } from "../../util/error-message.js";
import { deadlineTimer } from "../deadline-timer.js";
import { latestStart } from "../request-deadline.js";
import type { Feeds } from "../rows/feeds.js";

/** A challenger's run on one batch that has not started. */
export interface ChallengerRun {
  readonly challenger: string;
  readonly rows: number;
  readonly feeds: Feeds;
  /**
   * Resolves to the outputs by name; rejects with whatever goes wrong.
   *
   * @param until time by `machineNow()`: a run that has not started by then is not started
   */
  run(until: number): Promise<ReadonlyMap<string, RowsTensor>>;
}

/** The outputs of a challenger's run, or the reason why there are none. */
export type ChallengerOutcome =
  | { readonly outputs: ReadonlyMap<string, RowsTensor>; readonly note: null }
  | { readonly outputs: null; readonly note: string };

/** Whether the queue itself wrote a note; other notes are messages of libraries, which may quote values. */
export function isQueueNote(note: string): boolean {
  return /^(overload: the queue of challengers is full \(\d+ waiting\)|no answer within \d+ ms|the deployment was closed before it ended)$/.test(
    note,
  );
}

interface ChallengerLimits {
  /** The most runs started or queued, over all challengers of a deployment. */
  readonly runs: number;
  /** The most bytes of their inputs. */
  readonly bytes: number;
}

const defaultLimits: ChallengerLimits = { runs: 4096, bytes: 64 * 1024 * 1024 };

/**
 * Runs challengers so that they cannot affect the champion: a failure, a late answer and a full queue each become a
 * note and are counted.
 */
export class ChallengerQueue {
  readonly #limits: ChallengerLimits;
  readonly #pending = new Set<Promise<unknown>>();
  /** For each outcome that is still due: resolves it with a note. */
  readonly #due = new Set<(note: string) => void>();
  #bytes = 0;
  /** Runs without an answer. */
  errors = 0;

  constructor(limits: ChallengerLimits = defaultLimits) {
    this.#limits = limits;
  }

  /** Never rejects. Drops an answer that is later than `timeoutMs`. */
  run(challenger: ChallengerRun, timeoutMs: number): Promise<ChallengerOutcome> {
    const bytes = byteSize(challenger.feeds);
    if (this.#pending.size >= this.#limits.runs || (this.#bytes > 0 && this.#bytes + bytes > this.#limits.bytes)) {
      return Promise.resolve(
        this.#failed(`overload: the queue of challengers is full (${this.#pending.size} waiting)`),
      );
    }
    const endsAt = performance.now() + timeoutMs;
    const running = challenger.run(latestStart(timeoutMs));
    this.#bytes += bytes;
    this.#pending.add(running);
    // A late run occupies its place in the queue until it ends.
    const release = (): void => {
      this.#bytes -= bytes;
      this.#pending.delete(running);
    };
    running.then(release, release);
    return new Promise((resolve) => {
      const finish = (outcome: ChallengerOutcome): void => {
        deadlineTimer.cancel(deadline);
        this.#due.delete(giveUp);
        resolve(outcome);
      };
      const giveUp = (note: string): void => {
        if (this.#due.has(giveUp)) finish(this.#failed(note));
      };
      const timeOut = (): void => giveUp(`no answer within ${Math.round(timeoutMs)} ms`);
      const deadline = deadlineTimer.schedule(endsAt, timeOut);
      this.#due.add(giveUp);
      running.then(
        (outputs) => {
          if (this.#due.has(giveUp)) finish({ outputs, note: null });
        },
        // A worker refuses to start a run after the deadline. Its error may arrive before this thread's timer fires.
        (error: unknown) => (performance.now() >= endsAt ? timeOut() : giveUp(errorSummary(error))),
      );
    });
  }

  /** Waits for running challengers, at most `waitMs`; outcomes still due then become notes. */
  async drain(waitMs: number): Promise<void> {
    let timeIsUp = (): void => undefined;
    const timeout = new Promise<void>((resolve) => (timeIsUp = resolve));
    const deadline = deadlineTimer.schedule(performance.now() + waitMs, () => {
      for (const giveUp of [...this.#due]) giveUp("the deployment was closed before it ended");
      timeIsUp();
    });
    const idle = async (): Promise<void> => {
      while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
    };
    await Promise.race([idle(), timeout]);
    deadlineTimer.cancel(deadline);
  }

  /** Runs started or queued. */
  get pending(): number {
    return this.#pending.size;
  }

  #failed(note: string): ChallengerOutcome {
    this.errors++;
    return { outputs: null, note };
  }
}

function byteSize(feeds: Feeds): number {
  let bytes = 0;
  for (const name in feeds) {
    const data = feeds[name]?.data;
    if (data === undefined) continue;
    bytes += ArrayBuffer.isView(data) ? data.byteLength : data.reduce((sum, text) => sum + text.length * 2, 0);
  }
  return bytes;
}
