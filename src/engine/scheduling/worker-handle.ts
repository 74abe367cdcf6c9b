import { performance } from "node:perf_hooks";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { TargetError } from "../../../dsl/errors.js";
import { requirePackage } from "../../util/process/require-package.js";
import { errorSummary } from "../../util/error-message.js";
import { forceExit } from "./force-exit.js";
import { idleQueue } from "./idle-queue.js";
import { workerFile } from "./worker-file.js";
import {
  type FromWorker,
  type Job,
  type JobResult,
  type JobResults,
  type QueuedJob,
  stateBytes,
  stateSlots,
  type ToWorker,
  type WorkerStart,
} from "./worker-messages.js";

/** Poll interval for the results of a worker that sends when idle. */
const pollMs = 2;
/** How long an exit waits for native calls to end. Most do; after this the process exits regardless of the others. */
const exitWaitMs = 500;

interface PendingJob {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface SentJob<K extends Job["kind"]> {
  readonly done: Promise<JobResults[K]>;
  /** True once the job was sent to the worker. */
  started(): boolean;
  /** Removes the job from the queue, or ignores its result if it was already sent. */
  cancel(): void;
}

const workers = new Set<WorkerHandle>();
let uncaught: { readonly error: unknown } | null = null;

function noteUncaught(error: unknown): void {
  uncaught = { error };
}

/** Listener of `exit`. A native call that still runs while the process exits aborts it. */
function awaitNativeCalls(code: number): void {
  for (const worker of workers) worker.stopStarting();
  const until = performance.now() + exitWaitMs;
  const ended = [...workers].every((worker) => worker.awaitNativeCall(until));
  if (!ended) forceExit(awaitNativeCalls, code, uncaught);
}

/**
 * A worker thread that runs models, with its queue of jobs. It is never terminated: a native call cannot be
 * interrupted, so a retired worker ends by itself after its last one.
 */
export class WorkerHandle {
  readonly #worker: Worker;
  readonly #state = new Int32Array(new SharedArrayBuffer(stateBytes));
  /** By job id: queued jobs, and sent ones whose results are still wanted. */
  readonly #pending = new Map<number, PendingJob>();
  readonly #maxBatch: number;
  #queue: QueuedJob[] = [];
  /** The most jobs of the next message, where that differs from the usual. */
  #batchSize: number | null = null;
  /** Ids of the jobs in the batch that was sent last. */
  #sentBatch: readonly number[] = [];
  /** Jobs are sent in the order of their ids: every id below this one was sent. */
  #sentBelow = 0;
  #nextId = 0;
  /** When the last wanted job of the sent batch was canceled; null while one is wanted. */
  #unwantedSince: number | null = null;
  #busy = false;
  #scheduled = false;
  /** When the worker last got or sent a message. */
  #lastSign = performance.now();
  /** Holds the results of a worker that sends when idle, until they are read; null if results arrive as events. */
  readonly #resultPort: MessagePort | null;
  #messagesRead = 0;
  #poll: NodeJS.Timeout | undefined;
  ended = false;

  /**
   * @param maxBatch the most jobs sent in one message: few if jobs may be canceled, more if they are many and small
   * @param whenIdle sends jobs and reads results only while no request is running, and runs at a lower priority (on
   *   Linux), so that none of it delays a request
   * @throws TargetError SL6000 if the worker's file does not exist
   */
  constructor(name: string, maxBatch: number, whenIdle = false) {
    this.#maxBatch = maxBatch;
    const { port1, port2 } = new MessageChannel();
    this.#resultPort = whenIdle ? port1 : null;
    const workerData: WorkerStart = {
      runtime: requirePackage.resolve("onnxruntime-node"),
      state: this.#state.buffer,
      slots: stateSlots,
      resultPort: whenIdle ? port2 : null,
      background: whenIdle,
    };
    this.#worker = new Worker(workerFile(), {
      execArgv: [],
      name,
      workerData,
      transferList: whenIdle ? [port2] : [],
    });
    if (!whenIdle) port1.close();
    this.#worker.unref();
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error) => this.#end(errorSummary(error)));
    this.#worker.on("exit", () => {
      workers.delete(this);
      this.#end("it exited");
    });
    if (workers.size === 0) {
      process.off("exit", awaitNativeCalls).on("exit", awaitNativeCalls);
      process.off("uncaughtExceptionMonitor", noteUncaught).on("uncaughtExceptionMonitor", noteUncaught);
    }
    workers.add(this);
  }

  /** Jobs that the worker still has to finish: the pending ones, and a running one that was canceled. */
  get load(): number {
    return this.#pending.size + (this.#unwantedSince === null ? 0 : 1);
  }

  /** Milliseconds for which only canceled jobs have been running while others wait; null if that is not so. */
  get blockedMs(): number | null {
    return this.#unwantedSince === null || this.#pending.size === 0 ? null : performance.now() - this.#unwantedSince;
  }

  /** Milliseconds since the last message while a result is due, else 0. */
  get silentMs(): number {
    return this.#busy ? performance.now() - this.#lastSign : 0;
  }

  /** Queues a job. Jobs that are queued while others run are sent together in the next message. */
  send<K extends Job["kind"]>(job: Extract<Job, { kind: K }>): SentJob<K> {
    const id = this.#nextId++;
    const done = new Promise<unknown>((resolve, reject) => {
      if (this.ended) return reject(new TargetError("SL6000", "the models' worker thread has ended"));
      // The end of the process need not wait until a model is closed, which waits for an abandoned run.
      if (job.kind !== "close") this.#worker.ref();
      this.#pending.set(id, { resolve, reject });
      this.#queue.push({ ...job, id });
      if (this.#busy || this.#scheduled) return;
      this.#schedule();
    }) as Promise<JobResults[K]>;
    return { done, started: () => this.#sentBelow > id, cancel: () => this.#cancel(id) };
  }

  /** Cancels the runs of an owner that have not started; their promises reject. */
  cancelOwner(owner: number): void {
    this.#reject(
      (job) => job.kind === "run" && job.owner === owner,
      "the deployment was closed before the run started",
    );
    if (!this.ended) this.#post({ kind: "cancelOwner", owner });
  }

  /** Rejects all pending jobs now and lets the worker exit after its current native call. */
  retire(why: string): void {
    if (this.ended) return;
    this.#end(why);
    this.#worker.unref();
    this.#post({ kind: "end" });
  }

  onceExited(callback: () => void): void {
    this.#worker.once("exit", callback);
  }

  /** Makes the worker start no further job. For the exit of the process. */
  stopStarting(): void {
    Atomics.store(this.#state, stateSlots.exiting, 1);
  }

  /** Blocks until the worker's native call has ended, or until a time by `performance.now()`; true if it has ended. */
  awaitNativeCall(until: number): boolean {
    return Atomics.wait(this.#state, stateSlots.running, 1, Math.max(0, until - performance.now())) !== "timed-out";
  }

  /** Removes the matching jobs from the queue. */
  #reject(matches: (job: QueuedJob) => boolean, why: string): void {
    for (const { id } of this.#queue.filter(matches)) this.#settle({ id, error: why });
    this.#queue = this.#queue.filter((job) => !matches(job));
    if (this.#pending.size === 0) this.#worker.unref();
  }

  #cancel(id: number): void {
    this.#reject((queued) => queued.id === id, "the run was canceled");
    if (!this.#sentBatch.includes(id)) return;
    this.#settle({ id, error: "the run was canceled" });
    if (this.#busy && !this.#sentBatch.some((sent) => this.#pending.has(sent)))
      this.#unwantedSince ??= performance.now();
    if (this.#pending.size === 0) this.#worker.unref();
  }

  #schedule(): void {
    this.#scheduled = true;
    const send = (): void => {
      this.#scheduled = false;
      this.#sendBatch();
    };
    if (this.#resultPort === null) queueMicrotask(send);
    else idleQueue.enqueue(send);
  }

  #sendBatch(): void {
    if (this.#queue.length === 0 || this.ended || this.#busy) return;
    this.#busy = true;
    this.#lastSign = performance.now();
    const jobs = this.#queue.splice(0, this.#batchSize ?? this.#maxBatch);
    this.#batchSize = null;
    this.#sentBatch = jobs.map(({ id }) => id);
    this.#sentBelow = (this.#sentBatch.at(-1) ?? -1) + 1;
    if (!this.#postJobs(jobs)) return this.#sendBatch();
    if (this.#resultPort !== null) this.#pollResults();
  }

  /**
   * Sends jobs. A job that no message can carry, such as one with more than 4 GB of rows, fails by itself: it must not
   * end the process, nor the jobs beside it.
   *
   * @returns whether anything was sent
   */
  #postJobs(jobs: readonly QueuedJob[]): boolean {
    try {
      this.#post({ kind: "jobs", jobs });
      return true;
    } catch (error) {
      const [first, ...others] = jobs;
      this.#busy = false;
      this.#sentBatch = [];
      if (first === undefined) return false;
      if (others.length > 0) {
        // Each by itself, in the same order: only the jobs that cannot be sent fail.
        this.#queue.unshift(...jobs);
        this.#batchSize = 1;
        return false;
      }
      this.#settle({
        id: first.id,
        error: `the rows cannot be sent to the thread that runs the model: ${errorSummary(error)}; send fewer or smaller rows at a time`,
      });
      if (this.#pending.size === 0) this.#worker.unref();
      return false;
    }
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message, message.kind === "jobs" ? lentBuffers(message.jobs) : []);
  }

  /** Checks the counter of sent messages at intervals, and reads new ones when no request is running. */
  #pollResults(): void {
    this.#poll ??= setTimeout(() => {
      this.#poll = undefined;
      if (this.ended || !this.#busy) return;
      if (Atomics.load(this.#state, stateSlots.sent) === this.#messagesRead) this.#pollResults();
      else idleQueue.enqueue(() => this.#readResults());
    }, pollMs);
  }

  #readResults(): void {
    const port = this.#resultPort;
    if (port === null || this.ended) return;
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      this.#messagesRead++;
      this.#receive(next.message as FromWorker);
    }
    if (this.#busy) this.#pollResults();
  }

  #receive({ results, done }: FromWorker): void {
    this.#lastSign = performance.now();
    for (const result of results) this.#settle(result);
    if (done) {
      this.#busy = false;
      this.#sentBatch = [];
      this.#unwantedSince = null;
      if (this.#resultPort === null) this.#sendBatch();
      else if (this.#queue.length > 0 && !this.#scheduled) this.#schedule();
    }
    if (this.#pending.size === 0) this.#worker.unref();
  }

  #settle(result: JobResult): void {
    const job = this.#pending.get(result.id);
    this.#pending.delete(result.id);
    if ("error" in result) job?.reject(new TargetError("SL6002", result.error));
    else job?.resolve(result.value);
  }

  #end(why: string): void {
    this.ended = true;
    clearTimeout(this.#poll);
    this.#resultPort?.close();
    this.#queue = [];
    for (const { reject } of this.#pending.values())
      reject(new TargetError("SL6000", `the models' worker thread has ended: ${why}`));
    this.#pending.clear();
  }
}

function lentBuffers(jobs: readonly QueuedJob[]): ArrayBuffer[] {
  return jobs.flatMap((job) => (job.kind === "open" && job.lent ? [job.bytes.buffer as ArrayBuffer] : []));
}
