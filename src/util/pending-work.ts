/** Tracks running work, so that a close can wait for it before it releases what the work uses. */
export class PendingWork {
  readonly #running = new Set<Promise<unknown>>();

  async run<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Resolves when all work that is running now has settled. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
