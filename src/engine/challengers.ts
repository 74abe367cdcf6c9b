import type { TensorData } from "../tensors/tensor-data.js";
import { reason } from "./reason.js";
import type { Feeds } from "./run-model.js";

/** One challenger's run on one batch, not yet begun. */
export interface Challenge {
  readonly challenger: string;
  readonly rows: number;
  readonly feeds: Feeds;
  /** By output name; throws for whatever is wrong with it. */
  run(): Promise<ReadonlyMap<string, TensorData>>;
}

/** What came of it: outputs, or a note that says why there are none. */
export type ChallengeAnswer = { readonly outputs: ReadonlyMap<string, TensorData>; readonly note: null } | { readonly outputs: null; readonly note: string };

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
export class Challengers {
  readonly #limits: ChallengerLimits;
  readonly #pending = new Set<Promise<unknown>>();
  #bytes = 0;
  /** Runs that gave no answer. */
  errors = 0;

  constructor(limits: ChallengerLimits = defaultLimits) {
    this.#limits = limits;
  }

  /** Never rejects. An answer later than `deadlineMs` is dropped. */
  answer(challenge: Challenge, deadlineMs: number): Promise<ChallengeAnswer> {
    const bytes = sizeOf(challenge.feeds);
    if (this.#pending.size >= this.#limits.runs || (this.#bytes > 0 && this.#bytes + bytes > this.#limits.bytes)) {
      return Promise.resolve(this.#failed(`overload: the queue of challengers is full (${this.#pending.size} waiting)`));
    }
    const running = challenge.run();
    this.#bytes += bytes;
    this.#pending.add(running);
    // A late run still takes its place in the queue until it ends.
    const ended = (): void => {
      this.#bytes -= bytes;
      this.#pending.delete(running);
    };
    running.then(ended, ended);
    return new Promise((resolve) => {
      let open = true;
      const settle = (answer: () => ChallengeAnswer): void => {
        if (!open) return;
        open = false;
        clearTimeout(timer);
        resolve(answer());
      };
      const timer = setTimeout(() => settle(() => this.#failed(`no answer within ${Math.round(deadlineMs)} ms`)), deadlineMs);
      running.then(
        (outputs) => settle(() => ({ outputs, note: null })),
        (error: unknown) => settle(() => this.#failed(reason(error))),
      );
    });
  }

  /** Resolves when no run is waiting or under way. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  #failed(note: string): ChallengeAnswer {
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
