import { performance } from "node:perf_hooks";

/** Work waits no longer than this for a moment without requests. */
const LONGEST_MS = 20;
/** How often it is looked whether there is such a moment, where none shows itself. */
const LOOK_MS = 2;

/**
 * What may wait until no request is being answered: it then costs no request any of its time, and comes in few large pieces. The moment
 * right after an answer is one, if no other request is under way.
 */
class IdleQueue {
  #requests = 0;
  #waiting: (() => void)[] = [];
  #since = 0;
  #planned = false;
  #timer: NodeJS.Timeout | undefined;

  /** A request begins; `leave` is its end. */
  requestStarted(): void {
    this.#requests++;
  }

  requestEnded(): void {
    if (--this.#requests === 0 && this.#waiting.length > 0) this.#plan();
  }

  /** Does some work at the next such moment, in the order of asking. */
  enqueue(work: () => void): void {
    if (this.#waiting.length === 0) this.#since = performance.now();
    this.#waiting.push(work);
    if (this.#requests === 0) this.#plan();
    else this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
  }

  /** Does all that waits now. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const work of waiting) work();
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      if (this.#requests === 0) this.flush();
      else if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
    });
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    if (this.#requests === 0 || performance.now() - this.#since > LONGEST_MS) this.flush();
    else this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }
}

export const idleQueue = new IdleQueue();
