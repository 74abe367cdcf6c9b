/**
 * Runs work that ends only with its signal. Ctrl-C, SIGTERM or a reader that closes the pipe (`--follow | head`) aborts
 * it, and the command then ends normally.
 */
export async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  process.stdout.on("error", end);
  try {
    await work(stop.signal);
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
    process.stdout.off("error", end);
  }
}
