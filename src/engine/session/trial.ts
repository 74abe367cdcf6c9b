import { performance } from "node:perf_hooks";
import { ModelError } from "../../../dsl/errors.js";
import { deadlineTimer } from "../deadline-timer.js";

/** How long loading and trying one model may take at deploy, unless the option `deployTimeoutMs` says otherwise. */
export const defaultDeployTimeoutMs = 60_000;

/** Work on another thread: a native call cannot be stopped, only abandoned. */
export interface ThreadWork<T> {
  readonly done: Promise<T>;
  readonly cancel: () => void;
}

/** The time in which one model loads and runs made-up rows at deploy, on another thread. */
export class Trial {
  readonly #model: string;
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #startedAt = performance.now();

  /** @param path the model's file in messages */
  constructor(model: string, path: string, timeoutMs: number) {
    this.#model = model;
    this.#path = path;
    this.#timeoutMs = timeoutMs;
  }

  get remainingMs(): number {
    return Math.max(0, this.#timeoutMs - (performance.now() - this.#startedAt));
  }

  /**
   * Waits for work, at most until the trial's end; then the work is canceled.
   *
   * @throws ModelError SL3027, and errors of the work as they are
   */
  async during<T>(work: ThreadWork<T>): Promise<T> {
    let onEnd = (): void => undefined;
    const end = new Promise<never>((_, reject) => {
      onEnd = () => reject(this.#tooLong());
    });
    const entry = deadlineTimer.schedule(this.#startedAt + this.#timeoutMs, onEnd);
    try {
      return await Promise.race([work.done, end]);
    } catch (error) {
      work.cancel();
      work.done.catch(() => undefined);
      throw this.remainingMs === 0 ? this.#tooLong() : error;
    } finally {
      deadlineTimer.cancel(entry);
    }
  }

  #tooLong(): ModelError {
    return new ModelError(
      "SL3027",
      `model '${this.#model}': '${this.#path}' has not been loaded and tried within ${this.#timeoutMs} ms; give a higher local({ deployTimeoutMs }), or, if it should be fast, look for a loop in it that does not end`,
      { model: this.#model, file: this.#path, timeoutMs: this.#timeoutMs },
    );
  }
}

/** Whether an error says that a trial took too long: what the model would have done is unknown then. */
export function isTooLong(error: unknown): boolean {
  return error instanceof ModelError && error.code === "SL3027";
}
