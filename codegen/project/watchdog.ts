import { isMainThread, SHARE_ENV, Worker } from "node:worker_threads";

/** How long the thread may take to come back by itself after the time is over. */
const graceMs = 500;

/**
 * Looks from beside at the main thread, which cannot look at a clock while a module runs without a pause. `state`: whose turn it is, odd while a module runs;
 * its limit in ms; and the last turn that was ended. It looks from time to time, for to be woken for each module would cost the main thread more than all else
 * here. What it ends is the running code alone: the process goes on.
 */
const source = `
const { Session } = require("node:inspector");
const { workerData: state } = require("node:worker_threads");
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
let seen = 0, since = 0;
for (;;) {
  const turn = Atomics.load(state, 0);
  if (turn !== seen) [seen, since] = [turn, performance.now()];
  if (turn % 2 === 0 || performance.now() - since < Atomics.load(state, 1)) {
    pause(100);
    continue;
  }
  Atomics.store(state, 2, turn);
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution");
  // A process that ends waits for sessions, and a session that ends takes with it what has not been done.
  while (Atomics.load(state, 0) === turn) pause(10);
  session.disconnect();
}`;

let state: Int32Array<SharedArrayBuffer> | null = null;

export interface Watchdog {
  /** Whether the running code has been ended. */
  readonly terminated: () => boolean;
  readonly stop: () => void;
}

/** Ends what the main thread runs if it has not come back after the time. One watch at a time; other threads are not watched. */
export function startWatchdog(seconds: number): Watchdog {
  if (!isMainThread) return { terminated: () => false, stop: () => undefined };
  const shared = (state ??= startWorker());
  const turn = Atomics.load(shared, 0) + 1;
  Atomics.store(shared, 1, Math.min(seconds * 1000 + graceMs, 2 ** 31 - 1));
  Atomics.store(shared, 0, turn);
  return {
    terminated: () => Atomics.load(shared, 2) === turn,
    stop: () => {
      if (Atomics.load(shared, 0) === turn) Atomics.store(shared, 0, turn + 1);
    },
  };
}

function startWorker(): Int32Array<SharedArrayBuffer> {
  const shared = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(source, { eval: true, workerData: shared, env: SHARE_ENV, execArgv: [] });
  // It waits for as long as the process lives, and does not keep it alive.
  worker.unref();
  // A Node without an inspector has no watch; that must not be what a compilation fails of.
  worker.on("error", () => undefined);
  return shared;
}
