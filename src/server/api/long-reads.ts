import { HttpError } from "../http/errors.js";

/**
 * The most reads of whole logs at one time. Each keeps one of the four threads on which Node also unpacks bodies, reads
 * files and stores rows: with more, requests of other kinds would wait for them.
 */
const most = 2;

/** Reads that may take seconds, such as exports and reports: few run, the others wait for their turn. */
export class LongReads {
  readonly #waitMs: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** @param waitMs how long a read waits for its turn at most */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** @throws HttpError 503 if the read did not get its turn in time, and the errors of `read` */
  async run<T>(read: () => Promise<T>): Promise<T> {
    if (this.#running >= most) await this.#turn();
    else this.#running++;
    try {
      return await read();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#running--;
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
        reject(new HttpError(503, `${most} other exports and reports are running; try again`, { "retry-after": "5" }));
      }, this.#waitMs);
      this.#waiting.add(start);
    });
  }
}
