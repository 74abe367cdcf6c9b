import { performance } from "node:perf_hooks";

/** Something to be done at a time, unless it is forgotten before. */
interface Deadline {
  readonly at: number;
  readonly passed: () => void;
}

/**
 * Deadlines of many requests on one timer: a timer of its own costs each of them more than all the rest of its waiting. The
 * timer keeps the process alive only while there is a deadline.
 */
class DeadlineTimer {
  readonly #waiting = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;

  /** @param at by `performance.now()`; `Infinity` never comes */
  schedule(at: number, passed: () => void): Deadline {
    const deadline = { at, passed };
    if (this.#waiting.size === 0) this.#timer?.ref();
    this.#waiting.add(deadline);
    if (at < this.#due) this.#set(at);
    return deadline;
  }

  cancel(deadline: Deadline): void {
    if (this.#waiting.delete(deadline) && this.#waiting.size === 0) this.#timer?.unref();
  }

  #set(at: number): void {
    this.#due = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), Math.min(Math.max(at - performance.now(), 0) + 1, 2 ** 31 - 1));
  }

  #check(): void {
    this.#due = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const deadline of this.#waiting) {
      if (deadline.at <= now) {
        this.#waiting.delete(deadline);
        deadline.passed();
      } else if (deadline.at < next) next = deadline.at;
    }
    if (next < this.#due) this.#set(next);
  }
}

export const deadlineTimer = new DeadlineTimer();
