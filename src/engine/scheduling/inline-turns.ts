import type { RequestDeadline } from "../request-deadline.js";

/** Runs for this many milliseconds take place in one turn of the event loop; then timers and sockets have theirs. */
const turnMs = 8;
/** What a run counts at least: reading its rows, logging and answering take time on the event loop as well. */
const leastMs = 0.125;

/**
 * Spreads runs on the event loop over its turns. The runtime queues each run with `setImmediate`, and Node runs all
 * that are queued before it looks at timers and sockets again: a burst of a thousand runs would block it to their end.
 */
class InlineTurns {
  /** Expected milliseconds of the runs that were begun and have not ended. */
  #load = 0;
  /** Starts the runs that wait, in the order of their requests. */
  readonly #waiting = new Set<() => void>();
  /** Whether a run of this turn took place at once. */
  #tookTurn = false;
  readonly #endTurn = (): void => void (this.#tookTurn = false);

  /**
   * Whether a run may take place at once, without the way through the queue: the first one of a turn of the event loop,
   * if no other waits. A request that is alone is answered sooner this way, and many do not block the loop.
   */
  takeTurn(): boolean {
    if (this.#tookTurn || this.#load > 0 || this.#waiting.size > 0) return false;
    this.#tookTurn = true;
    setImmediate(this.#endTurn);
    return true;
  }

  /** Whether a run has to `wait` for its turn. */
  get isFull(): boolean {
    return this.#load >= turnMs || this.#waiting.size > 0;
  }

  /**
   * Counts a run that begins now. Every call must be paired with `end`.
   *
   * @param ms how long the run is expected to take
   */
  begin(ms: number): void {
    this.#load += Math.max(ms, leastMs);
  }

  /** @param ms the same as for `begin` or `wait` */
  end(ms: number): void {
    this.#load -= Math.max(ms, leastMs);
    for (const start of this.#waiting) {
      if (this.#load >= turnMs) return;
      this.#waiting.delete(start);
      start();
    }
  }

  /**
   * Waits for a turn, until the deadline at most, and begins.
   *
   * @throws TargetError SL6004, SL6005
   */
  async wait(ms: number, deadline: RequestDeadline, where: string): Promise<void> {
    let start = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      start = () => {
        this.begin(ms);
        resolve();
      };
      this.#waiting.add(start);
    });
    try {
      await deadline.whileRunning(where, turn);
    } catch (error) {
      if (!this.#waiting.delete(start)) this.end(ms);
      throw error;
    }
  }
}

export const inlineTurns = new InlineTurns();
