import { performance } from "node:perf_hooks";

/** Work waits at most this long for a moment without requests. */
const maxWaitMs = 20;
/** Poll interval while requests are running. */
const pollMs = 2;

/**
 * Runs background work while no request is running, so that it delays none and is done in few large pieces. The usual
 * moment is right after an answer, if no other request is running.
 */
class IdleQueue {
  #requests = 0;
  #queue: (() => void)[] = [];
  #oldest = 0;
  #flushPlanned = false;
  #poll: NodeJS.Timeout | undefined;

  requestStarted(): void {
    this.#requests++;
  }

  requestEnded(): void {
    if (--this.#requests === 0 && this.#queue.length > 0) this.#planFlush();
  }

  /** Runs `work` at the next idle moment, in the order of the calls. */
  enqueue(work: () => void): void {
    if (this.#queue.length === 0) this.#oldest = performance.now();
    this.#queue.push(work);
    if (this.#requests === 0) this.#planFlush();
    else this.#poll ??= setTimeout(() => this.#flushIfIdle(), pollMs);
  }

  /** Runs all queued work now. */
  flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const work of queue) work();
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      if (this.#requests === 0) this.flush();
      else if (this.#queue.length > 0) this.#poll ??= setTimeout(() => this.#flushIfIdle(), pollMs);
    });
  }

  #flushIfIdle(): void {
    this.#poll = undefined;
    if (this.#queue.length === 0) return;
    if (this.#requests === 0 || performance.now() - this.#oldest > maxWaitMs) this.flush();
    else this.#poll = setTimeout(() => this.#flushIfIdle(), pollMs);
  }
}

export const idleQueue = new IdleQueue();
