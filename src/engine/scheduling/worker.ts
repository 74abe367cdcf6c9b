import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { TargetError } from "../../../dsl/errors.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { forceExit } from "./force-exit.js";
import { idleQueue } from "./idle-queue.js";
import { errorSummary } from "../../util/error-message.js";

// `session.run` blocks the thread that calls it: on the caller's thread a slow model would hold up the next request.
// The thread's program is text, because a bundled app has no file of ours to start it from.
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const answering = workerData.port ?? parentPort;
const ort = require(workerData.runtime);
const state = new Int32Array(workerData.state);
const sessions = new Map();
const dropped = new Set();
const half = (v) => (v.type === "float16" ? new Uint16Array(v.data.buffer, v.data.byteOffset, v.data.byteLength / 2) : v.data);
const metadata = (ports) => ports.map((p) => ({ name: p.name, isTensor: p.isTensor, type: p.type, shape: p.shape && [...p.shape] }));
const jobs = {
  async open({ sha256, bytes, options }) {
    const session = await ort.InferenceSession.create(bytes, options);
    sessions.set(sha256, session);
    return { inputs: metadata(session.inputMetadata), outputs: metadata(session.outputMetadata) };
  },
  async run({ sha256, feeds, fetches }) {
    const given = {};
    for (const name in feeds) given[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].dims);
    const begun = performance.now();
    const answer = await sessions.get(sha256).run(given, fetches);
    const ms = performance.now() - begun;
    return { ms, outputs: fetches.map((name) => ({ dtype: answer[name].type, dims: answer[name].dims, data: half(answer[name]) })) };
  },
  async close({ sha256 }) {
    await sessions.get(sha256)?.release();
    sessions.delete(sha256);
  },
};
parentPort.on("message", async ({ bundle, drop, end }) => {
  if (drop !== undefined) return void dropped.add(drop);
  if (end === true) return void (parentPort.close(), workerData.port?.close());
  let answers = [];
  let posted = performance.now();
  for (const job of bundle) {
    Atomics.store(state, 0, 1);
    if (Atomics.load(state, 1) === 1) break;
    try {
      if (dropped.has(job.owner)) throw new Error("the deployment was closed before it ran");
      if (job.kind === "run" && Date.now() >= job.until) throw new Error("its time was over before it ran");
      answers.push({ id: job.id, value: await jobs[job.kind](job) });
    } catch (error) {
      answers.push({ id: job.id, error: error instanceof Error ? error.message : String(error) });
    }
    Atomics.store(state, 0, 0);
    Atomics.notify(state, 0);
    if (performance.now() - posted > 2) {
      answering.postMessage({ answers, done: false });
      Atomics.add(state, 2, 1);
      answers = [];
      posted = performance.now();
    }
  }
  Atomics.store(state, 0, 0);
  Atomics.notify(state, 0);
  answering.postMessage({ answers, done: true });
  Atomics.add(state, 2, 1);
});
`;

/** Places in the shared state: whether a native call runs, whether the process is ending, and how many messages were sent. */
const RUNNING = 0;
const ENDING = 1;
const SENT = 2;
/** How often a patient thread's answers are looked for. */
const LOOK_MS = 2;
/** How long the end of the process waits for native calls, which mostly end by themselves: the process ends in spite of the others. */
const LAST_WAIT_MS = 500;

export type Job =
  | { readonly kind: "open"; readonly sha256: string; readonly bytes: Uint8Array; readonly options: object }
  | {
      readonly kind: "run";
      readonly sha256: string;
      readonly owner: number;
      readonly until: number;
      readonly feeds: Readonly<Record<string, TensorData>>;
      readonly fetches: readonly string[];
    }
  | { readonly kind: "close"; readonly sha256: string };

type Queued = Job & { readonly id: number };

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Sent {
  readonly done: Promise<unknown>;
  /** Whether it went away. */
  begun(): boolean;
  forget(): void;
}

const threads = new Set<ModelWorker>();
let uncaught: { readonly error: unknown } | null = null;

function noteUncaught(error: unknown): void {
  uncaught = { error };
}

function awaitLastCalls(code: number): void {
  for (const thread of threads) thread.beginNothing();
  const until = performance.now() + LAST_WAIT_MS;
  const ended = [...threads].every((thread) => thread.awaitLastCall(until));
  if (!ended) forceExit(awaitLastCalls, code, uncaught);
}

/** A thread that runs models. It is never stopped: what runs on it when it is no longer wanted ends by itself. */
export class ModelWorker {
  readonly #worker: Worker;
  readonly #state = new Int32Array(new SharedArrayBuffer(12));
  readonly #waiting = new Map<number, Waiting>();
  /** The jobs that went away last. */
  #away: readonly number[] = [];
  /** When the last of those that went away was given up by whom it was for; null while one is wanted. */
  #unwantedSince: number | null = null;
  readonly #bundle: number;
  #queue: Queued[] = [];
  #busy = false;
  #scheduled = false;
  #next = 0;
  /** Jobs go in the order of their ids: all below this one went away. */
  #gone = 0;
  #lastSign = performance.now();
  /** Where the answers of a patient thread lie until they are fetched; messages of other threads come by themselves. */
  readonly #answers: MessagePort | null;
  #received = 0;
  #looking: NodeJS.Timeout | undefined;
  ended = false;

  /**
   * @param bundle the most jobs that go away together: few where a job may be taken back, more where they are many and small
   * @param patient jobs go away and answers are fetched only while no request is being answered, so that none waits for that
   */
  constructor(name: string, bundle: number, patient = false) {
    this.#bundle = bundle;
    const runtime = createRequire(import.meta.url).resolve("onnxruntime-node");
    const { port1, port2 } = new MessageChannel();
    this.#answers = patient ? port1 : null;
    const workerData = { runtime, state: this.#state.buffer, ...(patient ? { port: port2 } : {}) };
    this.#worker = new Worker(program, {
      eval: true,
      execArgv: [],
      name,
      workerData,
      transferList: patient ? [port2] : [],
    });
    if (!patient) port1.close();
    this.#worker.unref();
    this.#worker.on("message", ({ answers, done }: { answers: readonly Answer[]; done: boolean }) =>
      this.#receive(answers, done),
    );
    this.#worker.on("error", (error) => this.#end(errorSummary(error)));
    this.#worker.on("exit", () => {
      threads.delete(this);
      this.#end("it ended");
    });
    if (threads.size === 0) {
      process.off("exit", awaitLastCalls).on("exit", awaitLastCalls);
      process.off("uncaughtExceptionMonitor", noteUncaught).on("uncaughtExceptionMonitor", noteUncaught);
    }
    threads.add(this);
  }

  /** Jobs that it has to end: those that wait for an answer, and one whose answer nobody waits for any more. */
  get load(): number {
    return this.#waiting.size + (this.#unwantedSince === null ? 0 : 1);
  }

  /** How long it has been running what nobody waits for, while others wait for it; null where it does not. */
  get heldUpMs(): number | null {
    return this.#unwantedSince === null || this.#waiting.size === 0 ? null : performance.now() - this.#unwantedSince;
  }

  /** How long it has owed an answer, in milliseconds. */
  get silentMs(): number {
    return this.#busy ? performance.now() - this.#lastSign : 0;
  }

  /** Jobs that come while others are away go together in the next message. `forget` takes one back, or drops its answer where it has gone. */
  send(job: Job): Sent {
    const id = this.#next++;
    const done = new Promise((resolve, reject) => {
      if (this.ended) return reject(new TargetError("SL6000", "the models' thread has ended"));
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#queue.push({ ...job, id });
      if (this.#busy || this.#scheduled) return;
      this.#schedule();
    });
    return { done, begun: () => this.#gone > id, forget: () => this.#takeBack(id) };
  }

  /** What an owner has not seen begun will not be run; its promises reject. */
  drop(owner: number): void {
    this.#forget((job) => job.kind === "run" && job.owner === owner, "the deployment was closed before it ran");
    if (!this.ended) this.#worker.postMessage({ drop: owner });
  }

  /** No more jobs: it ends once what runs has ended, and all that wait for it are told now. */
  retire(why: string): void {
    if (this.ended) return;
    this.#end(why);
    this.#worker.unref();
    this.#worker.postMessage({ end: true });
  }

  whenGone(told: () => void): void {
    this.#worker.once("exit", told);
  }

  /** For the end of the process. */
  beginNothing(): void {
    Atomics.store(this.#state, ENDING, 1);
  }

  /** Blocks until its native call has ended, or until a time by `performance.now()`; returns whether it has. */
  awaitLastCall(until: number): boolean {
    return Atomics.wait(this.#state, RUNNING, 1, Math.max(0, until - performance.now())) !== "timed-out";
  }

  #forget(which: (job: Queued) => boolean, why: string): void {
    for (const { id } of this.#queue.filter(which)) this.#settle({ id, error: why });
    this.#queue = this.#queue.filter((job) => !which(job));
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #takeBack(id: number): void {
    this.#forget((queued) => queued.id === id, "it was taken back");
    if (!this.#away.includes(id)) return;
    this.#settle({ id, error: "it was taken back" });
    if (this.#busy && !this.#away.some((each) => this.#waiting.has(each))) this.#unwantedSince ??= performance.now();
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #schedule(): void {
    this.#scheduled = true;
    const post = (): void => {
      this.#scheduled = false;
      this.#post();
    };
    if (this.#answers === null) queueMicrotask(post);
    else idleQueue.enqueue(post);
  }

  #post(): void {
    if (this.#queue.length === 0 || this.ended || this.#busy) return;
    this.#busy = true;
    this.#lastSign = performance.now();
    const bundle = this.#queue.splice(0, this.#bundle);
    this.#away = bundle.map(({ id }) => id);
    this.#gone = (this.#away.at(-1) ?? -1) + 1;
    this.#worker.postMessage({ bundle });
    if (this.#answers !== null) this.#look();
  }

  /** Looks for answers every now and then; they are fetched when nobody waits for anything else. */
  #look(): void {
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      if (this.ended || !this.#busy) return;
      if (Atomics.load(this.#state, SENT) === this.#received) this.#look();
      else idleQueue.enqueue(() => this.#fetch());
    }, LOOK_MS);
  }

  #fetch(): void {
    const port = this.#answers;
    if (port === null || this.ended) return;
    for (let message = receiveMessageOnPort(port); message !== undefined; message = receiveMessageOnPort(port)) {
      this.#received++;
      const { answers, done } = message.message as { readonly answers: readonly Answer[]; readonly done: boolean };
      this.#receive(answers, done);
    }
    if (this.#busy) this.#look();
  }

  #receive(answers: readonly Answer[], done: boolean): void {
    this.#lastSign = performance.now();
    for (const answer of answers) this.#settle(answer);
    if (done) {
      this.#busy = false;
      this.#away = [];
      this.#unwantedSince = null;
      if (this.#answers === null) this.#post();
      else if (this.#queue.length > 0 && !this.#scheduled) this.#schedule();
    }
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #settle({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new TargetError("SL6002", error));
  }

  #end(why: string): void {
    this.ended = true;
    clearTimeout(this.#looking);
    this.#answers?.close();
    this.#queue = [];
    for (const { reject } of this.#waiting.values())
      reject(new TargetError("SL6000", `the models' thread has ended: ${why}`));
    this.#waiting.clear();
  }
}
