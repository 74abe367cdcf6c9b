import { TargetError } from "../../../dsl/errors.js";
import { describeValue, formatValue } from "../../util/format-value.js";
import { onAbort } from "../../util/on-abort.js";

const defaultTimeoutMs = 15_000;
/** The longest delay of `setTimeout`. */
const maxDelayMs = 2 ** 31 - 1;

/** The timeout and abort signal of one call of a user, for all its requests. */
export class CallDeadline {
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  readonly #userSignal: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #removeListener: (() => void) | null;
  #isLate = false;

  /** @throws TargetError SL6011 for an invalid timeout or signal */
  constructor(timeoutMs: unknown = defaultTimeoutMs, signal?: unknown) {
    if (!(typeof timeoutMs === "number" && timeoutMs > 0))
      throw new TargetError("SL6011", `timeoutMs is ${formatValue(timeoutMs)}: give a number of milliseconds above 0`, {
        option: "timeoutMs",
      });
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw new TargetError("SL6011", `signal is ${describeValue(signal)}: give an AbortSignal`, { option: "signal" });
    this.#timeoutMs = timeoutMs;
    this.#userSignal = signal;
    this.#timer = setTimeout(() => this.#stop(true), Math.min(timeoutMs, maxDelayMs));
    this.#removeListener = signal === undefined ? null : onAbort(signal, () => this.#stop(false));
    if (signal?.aborted === true) this.#stop(false);
  }

  /** Ends the requests of the call. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Waits for a part of a request, until the deadline at most, also if `fetch` ignores the signal.
   *
   * @param where the start of the message
   * @param explain the error for what `work` rejects with
   * @throws TargetError SL6004, SL6005, or that of `explain`
   */
  async during<T>(where: string, work: Promise<T>, explain: (error: unknown) => TargetError): Promise<T> {
    let removeListener: (() => void) | undefined;
    const ended = new Promise<never>((_, reject) => {
      const stop = (): void => reject(this.#failure(where));
      removeListener = onAbort(this.signal, stop);
      if (this.signal.aborted) stop();
    });
    try {
      return await Promise.race([work, ended]);
    } catch (error) {
      throw this.signal.aborted ? this.#failure(where) : explain(error);
    } finally {
      removeListener?.();
    }
  }

  /** Ends the requests of a call that has failed. */
  abandon(): void {
    this.#controller.abort();
  }

  /** Releases the timer. */
  end(): void {
    clearTimeout(this.#timer);
    this.#removeListener?.();
  }

  #stop(isLate: boolean): void {
    this.#isLate = isLate;
    this.#controller.abort();
  }

  #failure(where: string): TargetError {
    const rest = "the server may still do what it was asked";
    return this.#isLate
      ? new TargetError(
          "SL6004",
          `${where}: no answer within ${this.#timeoutMs} ms; ${rest}; give more time with timeoutMs`,
          { timeoutMs: this.#timeoutMs },
        )
      : new TargetError(
          "SL6005",
          `${where}: the request was aborted; ${rest}`,
          {},
          { cause: this.#userSignal?.reason },
        );
  }
}
