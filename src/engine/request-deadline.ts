import { performance } from "node:perf_hooks";
import { TargetError } from "../../dsl/errors.js";
import { deadlineTimer } from "./deadline-timer.js";
import { onAbort } from "../util/on-abort.js";
import { describeValue } from "../util/format-value.js";

export const defaultTimeoutMs = 15_000;
const notLogged = "; nothing was logged";

/**
 * Milliseconds of a clock that all threads share and that never goes back. `performance.now()` counts from the start of
 * its thread, and `Date.now()` changes when the machine's time is set.
 */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * The time by `machineNow()` until which a worker may start a run. Later than the deadline by a millisecond: if the
 * worker refuses the run as too late, the time has also passed by `performance.now()`.
 */
export function latestStart(remainingMs: number): number {
  return machineNow() + remainingMs + 1;
}

/** A request's timeout and abort signal. A run of a model cannot be stopped, so they are checked between runs. */
export class RequestDeadline {
  readonly startedAt: number;
  /** The last time that `readTime` read, by `performance.now()`: code that follows soon need not read it again. */
  now: number;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;

  /**
   * @param startedAt time by `performance.now()`
   * @throws TargetError SL6011 for an invalid timeout or signal
   */
  constructor(timeoutMs: number = defaultTimeoutMs, signal?: AbortSignal, startedAt = performance.now()) {
    this.startedAt = this.now = startedAt;
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

  /** Updates `now` and returns it. */
  readTime(): number {
    return (this.now = performance.now());
  }

  /** @throws TargetError SL6004 if the timeout had passed at `now`, SL6005 if the signal is aborted */
  check(what: string): void {
    if (this.#signal?.aborted === true) throw this.#aborted(what, "SL6005", notLogged);
    if (this.now - this.startedAt >= this.#timeoutMs) throw this.#late(what, "SL6004", notLogged);
  }

  /**
   * Waits for a run on a worker, until the deadline at most.
   *
   * @throws TargetError SL6004, SL6005
   */
  whileRunning<T>(what: string, run: Promise<T>): Promise<T> {
    // A worker refuses to start a run after the deadline. Its error may arrive before this thread's timer fires.
    const late = (error: unknown): never => {
      throw this.remainingMs === 0 ? this.#late(what, "SL6004", notLogged) : error;
    };
    return this.#until(
      run.catch(late),
      () => this.#late(what, "SL6004", notLogged),
      () => this.#aborted(what, "SL6005", notLogged),
    );
  }

  /**
   * Waits until rows are logged, until the deadline at most.
   *
   * @throws TargetError SL6006 if the deadline comes first: the rows may be in the log then
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
      const onTimeout = (): void => finish(() => reject(late()));
      const stop = (): void => finish(() => reject(aborted()));
      const finish = (settle: () => void): void => {
        deadlineTimer.cancel(entry);
        removeStop?.();
        settle();
      };
      const entry = deadlineTimer.schedule(this.startedAt + this.#timeoutMs, onTimeout);
      const removeStop = signal === undefined ? null : onAbort(signal, stop);
      work.then(
        (value) => finish(() => resolve(value)),
        (error: unknown) =>
          finish(() => reject(error instanceof Error ? error : new TargetError("SL6000", String(error)))),
      );
      if (signal?.aborted === true) stop();
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
