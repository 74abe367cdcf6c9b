import { isMainThread } from "node:worker_threads";

/** What must not be lost when a signal ends the process. */
export interface PendingData {
  /** Resolves once all data so far is stored. */
  flush(): Promise<unknown>;
  /** Stores what is left, synchronously, and frees what must not stay. */
  end(): void;
}

/** Signals whose default is to end the process, and that containers, terminals and service managers send. */
const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
/** Kubernetes kills a process 30 seconds after SIGTERM by default, Docker after 10. */
const flushMs = 5000;

interface Registry {
  readonly pending: Set<PendingData>;
}
const key = Symbol.for("shapeline.ending-signals");
/** Shared by all copies of this module: each would take the listener of another one for the app's. */
const registry = ((globalThis as { [key]?: Registry })[key] ??= { pending: new Set() });

/**
 * Stores data before SIGTERM, SIGINT or SIGHUP ends the process; the process then ends by the signal, as without this.
 * If the app has a listener of its own for the signal, the app decides when the process ends: the data is only flushed.
 * Does nothing in worker threads, which get no signals.
 *
 * @returns a function that takes the data off again
 */
export function flushOnSignals(data: PendingData): () => void {
  if (!isMainThread) return () => undefined;
  // First in line: an app's `once` listener is then still there to be counted.
  if (registry.pending.size === 0) for (const signal of signals) process.prependListener(signal, onSignal);
  registry.pending.add(data);
  return () => {
    registry.pending.delete(data);
    if (registry.pending.size === 0) for (const signal of signals) process.off(signal, onSignal);
  };
}

function onSignal(signal: NodeJS.Signals): void {
  // Others, such as the package `signal-exit`, end the process if the listeners are all their own.
  process.off(signal, onSignal);
  const flushed = Promise.allSettled([...registry.pending].map((each) => each.flush()));
  if (process.listenerCount(signal) > 0) {
    setImmediate(() => {
      if (registry.pending.size > 0 && !process.listeners(signal).includes(onSignal))
        process.prependListener(signal, onSignal);
    });
    return;
  }
  const end = () => {
    for (const each of registry.pending) each.end();
    process.kill(process.pid, signal);
  };
  // A second signal ends the process at once: the listener is gone.
  const deadline = setTimeout(end, flushMs);
  void flushed.then(() => {
    clearTimeout(deadline);
    end();
  });
}
