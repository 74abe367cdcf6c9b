import { TargetError } from "../../../dsl/errors.js";
import { openReader } from "../../logs/read-store.js";
import type { LogReader } from "../../logs/store.js";
import type { LocalSettings } from "./options/local-options.js";
import { onAbort } from "../../util/on-abort.js";

/**
 * Long-running reads of a log. Each keeps the data folder open until it ends, is aborted, or the deployment is closed.
 */
export class LogStreams {
  readonly #settings: Pick<LocalSettings, "data" | "sharedFolder" | "databaseMemory">;
  readonly #pipeline: string;
  readonly #open = new Set<() => Promise<void>>();

  constructor(settings: Pick<LocalSettings, "data" | "sharedFolder" | "databaseMemory">, pipeline: string) {
    this.#settings = settings;
    this.#pipeline = pipeline;
  }

  /**
   * @param assertOpen throws if the deployment is closed; called before and after every step
   * @throws TargetError SL6005 when the signal aborts, and errors from `assertOpen` and `work`
   */
  async *stream<T>(
    work: (reader: LogReader) => AsyncGenerator<T, void, undefined>,
    signal: AbortSignal | undefined,
    assertOpen: () => void,
  ): AsyncGenerator<T, void, undefined> {
    const check = () => {
      assertOpen();
      if (signal?.aborted === true)
        throw new TargetError(
          "SL6005",
          `reading the log of pipeline '${this.#pipeline}' was aborted`,
          { pipeline: this.#pipeline },
          { cause: signal.reason },
        );
    };
    check();
    const { data, sharedFolder, databaseMemory } = this.#settings;
    const { reader, close } = await openReader(data, { sharedFolder, databaseMemory });
    const source = work(reader);
    let ended: Promise<void> | undefined;
    // `return()` takes effect after the pending read.
    const closeAll = () => (ended ??= source.return().then(close, close));
    this.#open.add(closeAll);
    const removeListener = signal === undefined ? null : onAbort(signal, () => void closeAll());
    try {
      for (;;) {
        check();
        const next = await source.next();
        check();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      removeListener?.();
      this.#open.delete(closeAll);
      await closeAll();
    }
  }

  /** Ends all open streams and releases the folder. */
  async end(): Promise<void> {
    await Promise.allSettled(Array.from(this.#open, (end) => end()));
  }
}
