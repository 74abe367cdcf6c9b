import { performance } from "node:perf_hooks";
import { TargetError } from "../../dsl/errors.js";

export const DEFAULT_TIMEOUT_MS = 15_000;

/** When a request must have ended. A run of a model cannot be stopped, so it is looked at between them. */
export class RequestClock {
  readonly begun = performance.now();
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;

  constructor(timeoutMs: number = DEFAULT_TIMEOUT_MS, signal?: AbortSignal) {
    if (!(typeof timeoutMs === "number" && timeoutMs > 0)) {
      throw new TargetError("SL6011", `timeoutMs is ${typeof timeoutMs === "string" ? JSON.stringify(timeoutMs) : String(timeoutMs)}: give a number of milliseconds above 0`, { option: "timeoutMs" });
    }
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new TargetError("SL6011", `signal is ${typeof signal === "object" ? "another object" : JSON.stringify(signal)}: give an AbortSignal`, { option: "signal" });
    }
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  get elapsedMs(): number {
    return performance.now() - this.begun;
  }

  get leftMs(): number {
    return Math.max(0, this.#timeoutMs - this.elapsedMs);
  }

  /** @throws TargetError SL6004 when the time is over, SL6005 when the signal says so */
  check(what: string): void {
    if (this.#signal?.aborted === true) throw this.#aborted(what, "SL6005", "; nothing of it is logged");
    if (this.leftMs === 0) throw this.#late(what, "SL6004", "; nothing of it is logged");
  }

  /**
   * Waits for rows that are being logged, but no longer than the request may take.
   *
   * @throws TargetError SL6006 when that ends first: the rows may be in the log then
   */
  async whileLogging<T>(what: string, logging: Promise<T>): Promise<T> {
    const rest = "; its rows were being logged and may be in the log";
    let stop = (): void => undefined;
    const over = new Promise<never>((_, reject) => {
      const timer = setTimeout(() => reject(this.#late(what, "SL6006", rest)), Math.min(this.leftMs, 2 ** 31 - 1));
      const abort = (): void => reject(this.#aborted(what, "SL6006", rest));
      this.#signal?.addEventListener("abort", abort, { once: true });
      stop = () => {
        clearTimeout(timer);
        this.#signal?.removeEventListener("abort", abort);
      };
    });
    try {
      return await Promise.race([logging, over]);
    } finally {
      stop();
    }
  }

  #late(what: string, code: "SL6004" | "SL6006", rest: string): TargetError {
    return new TargetError(code, `${what}: no answer within ${this.#timeoutMs} ms${rest}`, { timeoutMs: this.#timeoutMs });
  }

  #aborted(what: string, code: "SL6005" | "SL6006", rest: string): TargetError {
    return new TargetError(code, `${what}: the request was aborted${rest}`, {}, { cause: this.#signal?.reason });
  }
}
