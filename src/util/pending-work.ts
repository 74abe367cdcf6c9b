/** Work that must have ended before what it uses is let go of. */
export class UnderWay {
  readonly #works = new Set<Promise<unknown>>();

  async run<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#works.add(running);
    try {
      return await running;
    } finally {
      this.#works.delete(running);
    }
  }

  /** What was begun before has ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#works);
  }
}
