import { performance } from "node:perf_hooks";
import { TargetError } from "../../dsl/errors.js";
import { deadlineTimer } from "./deadline-timer.js";
import { describeValue } from "../util/format-value.js";

export const DEFAULT_TIMEOUT_MS = 15_000;
const nothingLogged = "; nothing of it is logged";

/** When a request must have ended. A run of a model cannot be stopped, so it is looked at between them. */
export class RequestDeadline {
  readonly startedAt: number;
  /** The last time that was read for this request, by `performance.now()`: what follows at once need not read it again. */
  now: number;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;

  /** @param begun by `performance.now()` */
  constructor(timeoutMs: number = DEFAULT_TIMEOUT_MS, signal?: AbortSignal, begun = performance.now()) {
    this.startedAt = this.now = begun;
    if (!(typeof timeoutMs === "number" && timeoutMs > 0)) {
      throw new TargetError(
        "SL6011",
        `timeoutMs is ${typeof timeoutMs === "string" ? JSON.stringify(timeoutMs) : String(timeoutMs)}: give a number of milliseconds above 0`,
        { option: "timeoutMs" },
      );
    }
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new TargetError("SL6011", `signal is ${describeValue(signal)}: give an AbortSignal`, { option: "signal" });
    }
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  get remainingMs(): number {
    return Math.max(0, this.#timeoutMs - (performance.now() - this.startedAt));
  }

  /** Reads the time. */
  readTime(): number {
    return (this.now = performance.now());
  }

  /** @throws TargetError SL6004 when the time was over when it was last read, SL6005 when the signal says so */
  check(what: string): void {
    if (this.#signal?.aborted === true) throw this.#aborted(what, "SL6005", nothingLogged);
    if (this.now - this.startedAt >= this.#timeoutMs) throw this.#late(what, "SL6004", nothingLogged);
  }

  /**
   * Waits for a run in another thread, but no longer than the request may take.
   *
   * @throws TargetError SL6004, SL6005
   */
  whileRunning<T>(what: string, run: Promise<T>): Promise<T> {
    return this.#until(
      run,
      () => this.#late(what, "SL6004", nothingLogged),
      () => this.#aborted(what, "SL6005", nothingLogged),
    );
  }

  /**
   * Waits for rows that are being logged, but no longer than the request may take.
   *
   * @throws TargetError SL6006 when that ends first: the rows may be in the log then
   */
  whileLogging<T>(what: string, logging: Promise<T>): Promise<T> {
    const rest = "; its rows were being logged and may be in the log";
    return this.#until(
      logging,
      () => this.#late(what, "SL6006", rest),
      () => this.#aborted(what, "SL6006", rest),
    );
  }

  #until<T>(work: Promise<T>, late: () => TargetError, aborted: () => TargetError): Promise<T> {
    return new Promise((resolve, reject) => {
      const signal = this.#signal;
      const onTime = (): void => settle(() => reject(late()));
      const onAbort = (): void => settle(() => reject(aborted()));
      const settle = (how: () => void): void => {
        deadlineTimer.cancel(entry);
        signal?.removeEventListener("abort", onAbort);
        how();
      };
      const entry = deadlineTimer.schedule(this.startedAt + this.#timeoutMs, onTime);
      signal?.addEventListener("abort", onAbort, { once: true });
      work.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) =>
          settle(() => reject(error instanceof Error ? error : new TargetError("SL6000", String(error)))),
      );
      if (signal?.aborted === true) onAbort();
    });
  }

  #late(what: string, code: "SL6004" | "SL6006", rest: string): TargetError {
    return new TargetError(code, `${what}: no answer within ${this.#timeoutMs} ms${rest}`, {
      timeoutMs: this.#timeoutMs,
    });
  }

  #aborted(what: string, code: "SL6005" | "SL6006", rest: string): TargetError {
    return new TargetError(code, `${what}: the request was aborted${rest}`, {}, { cause: this.#signal?.reason });
  }
}
