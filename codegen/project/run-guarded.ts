import { startWatchdog } from "./watchdog.js";

/** Why a module did not finish loading. */
export type InterruptReason = "process-exit" | "pending-await" | "timeout" | "blocked";

export class LoadInterrupted extends Error {
  override readonly name = "LoadInterrupted";
  readonly reason: InterruptReason;
  /** The argument of `process.exit`. */
  readonly exitCode: string;

  constructor(reason: InterruptReason, exitCode = "") {
    super(reason);
    this.reason = reason;
    this.exitCode = exitCode;
  }
}

/**
 * Runs modules that may do anything.
 *
 * @param seconds the time limit for `work`
 * @returns the result of `work`. Rejects with `LoadInterrupted` if a module calls `process.exit`, awaits a promise that
 * never settles, or exceeds the time limit, also in a loop that blocks the thread. Rejects with errors thrown in
 * callbacks.
 */
export async function runGuarded<T>(work: () => Promise<T>, seconds: number): Promise<T> {
  const originalExit = Reflect.get(process, "exit");
  let reject: (error: unknown) => void = () => undefined;
  const interrupted = new Promise<never>((_, onReject) => {
    reject = onReject;
  });
  const exit = (code?: number | string | null): never => {
    const error = new LoadInterrupted("process-exit", String(code ?? process.exitCode ?? 0));
    // The module may catch this error, so also reject.
    reject(error);
    throw error;
  };
  const watchdog = startWatchdog(seconds);
  const interrupt = (reason: InterruptReason): void => {
    reject(new LoadInterrupted(watchdog.terminated() ? "blocked" : reason));
    watchdog.stop();
  };
  // With an empty event loop, no awaited promise can settle any more.
  const onBeforeExit = (): void => interrupt("pending-await");
  const onUncaught = (error: unknown): void => reject(error);
  // Unref'ed, so that an empty event loop is noticed at once and not after the timeout.
  const timer = setTimeout(() => interrupt("timeout"), seconds * 1000).unref();
  process.exit = exit;
  process.once("beforeExit", onBeforeExit).on("uncaughtException", onUncaught);
  try {
    return await Promise.race([interrupted, work()]);
  } finally {
    watchdog.stop();
    process.exit = originalExit;
    process.off("beforeExit", onBeforeExit).off("uncaughtException", onUncaught);
    clearTimeout(timer);
  }
}
