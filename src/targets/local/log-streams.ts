import { TargetError } from "../../../dsl/errors.js";
import { openReader } from "../../logs/read-store.js";
import type { LogReader } from "../../logs/store.js";

/** Readings of a log that take long. Each has the folder open until it ends, is broken off, or the deployment is closed. */
export class LogStreams {
  readonly #data: string;
  readonly #pipeline: string;
  readonly #open = new Set<() => Promise<void>>();

  constructor(data: string, pipeline: string) {
    this.#data = data;
    this.#pipeline = pipeline;
  }

  /**
   * @param refuse throws where the deployment is closed; asked before and after every step
   * @throws TargetError SL6005 once the signal says so, and what `refuse` and the work throw
   */
  async *stream<T>(
    work: (reader: LogReader) => AsyncGenerator<T, void, undefined>,
    signal: AbortSignal | undefined,
    refuse: () => void,
  ): AsyncGenerator<T, void, undefined> {
    const check = () => {
      refuse();
      if (signal?.aborted === true)
        throw new TargetError(
          "SL6005",
          `reading the log of pipeline '${this.#pipeline}' was aborted`,
          { pipeline: this.#pipeline },
          { cause: signal.reason },
        );
    };
    check();
    const { reader, close } = await openReader(this.#data);
    const source = work(reader);
    let ended: Promise<void> | undefined;
    // What is being read at the moment ends first.
    const closeAll = () => (ended ??= source.return().then(close, close));
    const onAbort = () => void closeAll();
    this.#open.add(closeAll);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        check();
        const next = await source.next();
        check();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#open.delete(closeAll);
      await closeAll();
    }
  }

  /** Lets go of all that are open. */
  async end(): Promise<void> {
    await Promise.allSettled(Array.from(this.#open, (end) => end()));
  }
}
