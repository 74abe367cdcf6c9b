import { performance } from "node:perf_hooks";

interface Deadline {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * Runs the deadlines of all requests on one timer, because a timer per request costs more than everything else about
 * its wait. The timer keeps the process alive only while a deadline is pending.
 */
class DeadlineTimer {
  readonly #pending = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;

  /** @param at time by `performance.now()`; `Infinity`: never */
  schedule(at: number, callback: () => void): Deadline {
    const deadline = { at, callback };
    if (this.#pending.size === 0) this.#timer?.ref();
    this.#pending.add(deadline);
    if (at < this.#due) this.#startTimer(at);
    return deadline;
  }

  cancel(deadline: Deadline): void {
    if (this.#pending.delete(deadline) && this.#pending.size === 0) this.#timer?.unref();
  }

  #startTimer(at: number): void {
    this.#due = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#runDue(), Math.min(Math.max(at - performance.now(), 0) + 1, 2 ** 31 - 1));
  }

  #runDue(): void {
    this.#due = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const deadline of this.#pending) {
      if (deadline.at <= now) {
        this.#pending.delete(deadline);
        deadline.callback();
      } else if (deadline.at < next) next = deadline.at;
    }
    if (next < this.#due) this.#startTimer(next);
  }
}

export const deadlineTimer = new DeadlineTimer();
