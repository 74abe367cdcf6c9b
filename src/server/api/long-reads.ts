import { HttpError } from "../http/errors.js";

/**
 * Reads of whole logs, such as exports and reports: one runs, the others wait for their turn. Each keeps threads on
 * which Node also unpacks bodies, reads files and stores rows, so that many would let requests of other kinds wait.
 */
export class LongReads {
  readonly #waitMs: number;
  readonly #waiting = new Set<() => void>();
  #isRunning = false;

  /** @param waitMs how long a read waits for its turn at most */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** @throws HttpError 503 if the read did not get its turn in time, and the errors of `read` */
  async run<T>(read: () => Promise<T>): Promise<T> {
    if (this.#isRunning) await this.#turn();
    this.#isRunning = true;
    try {
      return await read();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#isRunning = false;
      else next();
    }
  }

  /** Takes over the place of a read that ends. */
  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(start);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(start);
        reject(new HttpError(503, "another export or report is running; try again", { "retry-after": "5" }));
      }, this.#waitMs);
      this.#waiting.add(start);
    });
  }
}
