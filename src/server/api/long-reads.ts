import { bounds, exceeded } from "../../util/bounds.js";
import { onAbort } from "../../util/on-abort.js";
import { HttpError } from "../http/errors.js";

const retryLater = { "retry-after": "5" };
const closed = "the connection was closed";

/**
 * Reads of whole logs, such as exports and reports: one runs, a bounded number waits. Each keeps threads on which Node
 * also unpacks bodies, reads files and stores rows, so that many would let requests of other kinds wait.
 */
export class LongReads {
  readonly #waitMs: number;
  readonly #waiting = new Set<() => void>();
  #isRunning = false;

  /** @param waitMs how long a read waits for its turn at most */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /**
   * Runs `read` when it is its turn.
   *
   * @param signal aborts when the connection of the request closes: the read then leaves the queue
   * @throws HttpError 503 if the read did not get its turn in time or too many wait; the errors of `read`
   */
  async run<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#isRunning) await this.#turn(signal);
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
  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= bounds.longReads.limit) throw new HttpError(503, exceeded(bounds.longReads), retryLater);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        removeListener();
        this.#waiting.delete(start);
      };
      const start = (): void => {
        leave();
        resolve();
      };
      const giveUp = (why: string): void => {
        leave();
        reject(new HttpError(503, why, retryLater));
      };
      const timer = setTimeout(giveUp, this.#waitMs, "another export or report is running; try again");
      const removeListener = onAbort(signal, () => giveUp(closed));
      this.#waiting.add(start);
      if (signal.aborted) giveUp(closed);
    });
  }
}
