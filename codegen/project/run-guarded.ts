import { startWatchdog } from "./watchdog.js";

/** What a module did instead of loading. */
export class LoadInterrupted extends Error {
  override readonly name = "Stopped";
  readonly how: "exits" | "waits" | "slow" | "loops";
  /** What it gave to `process.exit`. */
  readonly exitCode: string;

  constructor(how: LoadInterrupted["how"], exitCode = "") {
    super(how);
    this.how = how;
    this.exitCode = exitCode;
  }
}

/**
 * Runs modules that may do anything. Rejects with `Stopped` where one ends the process, waits for what never comes, takes longer than
 * `seconds` or runs that long without a pause, and with an error that one throws in a callback.
 */
export async function runGuarded<T>(work: () => Promise<T>, seconds: number): Promise<T> {
  const exit = Reflect.get(process, "exit");
  let stop: (reason: unknown) => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });
  const ended = (code?: number | string | null): never => {
    const reason = new LoadInterrupted("exits", String(code ?? process.exitCode ?? 0));
    // The module may catch what it is thrown; it has ended all the same.
    stop(reason);
    throw reason;
  };
  const watched = startWatchdog(seconds);
  const end = (how: "waits" | "slow"): void => {
    stop(new LoadInterrupted(watched.terminated() ? "loops" : how));
    watched.stop();
  };
  // Nothing is left that could go on: what is awaited never comes.
  const drained = (): void => end("waits");
  const thrown = (error: unknown): void => stop(error);
  // It does not keep the process running, so that the other case is seen at once.
  const timer = setTimeout(() => end("slow"), seconds * 1000).unref();
  process.exit = ended;
  process.once("beforeExit", drained).on("uncaughtException", thrown);
  try {
    return await Promise.race([stopped, work()]);
  } finally {
    watched.stop();
    process.exit = exit;
    process.off("beforeExit", drained).off("uncaughtException", thrown);
    clearTimeout(timer);
  }
}
