import { isMainThread, SHARE_ENV, Worker } from "node:worker_threads";

/** Extra time for the main thread to notice the timeout by itself. */
const graceMs = 500;

/**
 * A worker thread that terminates code which blocks the main thread. The threads share three integers: the run's number
 * (odd while a module runs), its time limit in ms, and the last run that was terminated. The worker polls, because
 * waking it for each module would take longer than all other work here. Only the running code is terminated; the
 * process continues.
 */
const workerSource = `
const { Session } = require("node:inspector");
const { workerData: state } = require("node:worker_threads");
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
let current = 0, startedAt = 0;
for (;;) {
  const run = Atomics.load(state, 0);
  if (run !== current) [current, startedAt] = [run, performance.now()];
  if (run % 2 === 0 || performance.now() - startedAt < Atomics.load(state, 1)) {
    pause(100);
    continue;
  }
  Atomics.store(state, 2, run);
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution");
  // Disconnecting drops commands that have not run yet, and an open session blocks the exit of the process.
  while (Atomics.load(state, 0) === run) pause(10);
  session.disconnect();
}`;

let sharedState: Int32Array<SharedArrayBuffer> | null = null;

export interface Watchdog {
  /** Whether the watchdog has terminated the running code. */
  readonly terminated: () => boolean;
  readonly stop: () => void;
}

/**
 * Terminates the code of the main thread if `stop` is not called within `seconds`. One watchdog at a time. On other
 * threads it does nothing.
 */
export function startWatchdog(seconds: number): Watchdog {
  if (!isMainThread) return { terminated: () => false, stop: () => undefined };
  const state = (sharedState ??= startWorker());
  const run = Atomics.load(state, 0) + 1;
  Atomics.store(state, 1, Math.min(seconds * 1000 + graceMs, 2 ** 31 - 1));
  Atomics.store(state, 0, run);
  return {
    terminated: () => Atomics.load(state, 2) === run,
    stop: () => {
      if (Atomics.load(state, 0) === run) Atomics.store(state, 0, run + 1);
    },
  };
}

function startWorker(): Int32Array<SharedArrayBuffer> {
  const state = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(workerSource, { eval: true, workerData: state, env: SHARE_ENV, execArgv: [] });
  // The worker lives as long as the process but must not keep it running.
  worker.unref();
  // A Node without an inspector has no watchdog. Compiling still works.
  worker.on("error", () => undefined);
  return state;
}
