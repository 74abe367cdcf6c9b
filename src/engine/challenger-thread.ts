import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { TargetError } from "../../dsl/errors.js";
import type { TensorData } from "../tensors/tensor-data.js";
import { reason } from "./reason.js";
import { loadRuntime, type ModelSession, notAModel, runFailed, sessionOptions } from "./runtime.js";

// `session.run` blocks the thread that calls it: on the champion's thread a slow challenger would hold up the next request.
// The thread's program is text, because a bundled app has no file of ours to start it from.
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const ort = require(workerData.runtime);
const state = new Int32Array(workerData.state);
const sessions = new Map();
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
    const answer = await sessions.get(sha256).run(given, fetches);
    return fetches.map((name) => ({ dtype: answer[name].type, dims: answer[name].dims, data: half(answer[name]) }));
  },
  async close({ sha256 }) {
    await sessions.get(sha256)?.release();
    sessions.delete(sha256);
  },
};
parentPort.on("message", async (bundle) => {
  let answers = [];
  let posted = performance.now();
  for (const job of bundle) {
    Atomics.store(state, 0, 1);
    if (Atomics.load(state, 1) === 1) break;
    try {
      answers.push({ id: job.id, value: await jobs[job.kind](job) });
    } catch (error) {
      answers.push({ id: job.id, error: error instanceof Error ? error.message : String(error) });
    }
    Atomics.store(state, 0, 0);
    Atomics.notify(state, 0);
    if (performance.now() - posted > 2) {
      parentPort.postMessage({ answers, done: false });
      answers = [];
      posted = performance.now();
    }
  }
  Atomics.store(state, 0, 0);
  Atomics.notify(state, 0);
  parentPort.postMessage({ answers, done: true });
});
`;

/** Places in the shared state: whether a native call runs, and whether the process is ending. */
const RUNNING = 0;
const ENDING = 1;
/** How long the end of the process waits for a native call: a thread that is stopped inside one takes the process down. */
const LAST_WAIT_MS = 10_000;

type Job =
  | { readonly kind: "open"; readonly sha256: string; readonly bytes: Uint8Array; readonly options: object }
  | { readonly kind: "run"; readonly sha256: string; readonly feeds: Readonly<Record<string, TensorData>>; readonly fetches: readonly string[] }
  | { readonly kind: "close"; readonly sha256: string };

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

class ChallengerThread {
  readonly #worker: Worker;
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  readonly #waiting = new Map<number, Waiting>();
  #queue: (Job & { readonly id: number })[] = [];
  #busy = false;
  #scheduled = false;
  #next = 0;
  ended = false;

  constructor() {
    const runtime = createRequire(import.meta.url).resolve("onnxruntime-node");
    this.#worker = new Worker(program, { eval: true, execArgv: [], name: "shapeline-challengers", workerData: { runtime, state: this.#state.buffer } });
    this.#worker.unref();
    this.#worker.on("message", ({ answers, done }: { answers: readonly Answer[]; done: boolean }) => this.#receive(answers, done));
    this.#worker.on("error", (error) => this.#end(reason(error)));
    this.#worker.on("exit", () => this.#end("it ended"));
    process.once("exit", () => {
      Atomics.store(this.#state, ENDING, 1);
      Atomics.wait(this.#state, RUNNING, 1, LAST_WAIT_MS);
    });
  }

  /** Jobs that come while others are away go together in the next message. */
  send(job: Job): Promise<unknown> {
    if (this.ended) return Promise.reject(new TargetError("SL6000", "the challengers' thread has ended"));
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#queue.push({ ...job, id });
      if (this.#busy || this.#scheduled) return;
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#post();
      });
    });
  }

  #post(): void {
    if (this.#queue.length === 0 || this.ended) return;
    this.#busy = true;
    this.#worker.postMessage(this.#queue);
    this.#queue = [];
  }

  #receive(answers: readonly Answer[], done: boolean): void {
    for (const { id, value, error } of answers) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new TargetError("SL6002", error));
    }
    if (done) {
      this.#busy = false;
      this.#post();
    }
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #end(why: string): void {
    this.ended = true;
    for (const { reject } of this.#waiting.values()) reject(new TargetError("SL6000", `the challengers' thread has ended: ${why}`));
    this.#waiting.clear();
  }
}

let thread: ChallengerThread | undefined;
const holds = new Map<string, { readonly opening: Promise<unknown>; count: number }>();

/**
 * Opens a model on the challengers' thread, or joins those who have the same file open there.
 *
 * @throws ModelError SL3023 when the bytes are no whole ONNX model
 */
export async function openOnThread(name: string, sha256: string, bytes: Uint8Array, where: string): Promise<ModelSession> {
  await loadRuntime();
  if (thread === undefined || thread.ended) {
    holds.clear();
    thread = new ChallengerThread();
  }
  const own = thread;
  let hold = holds.get(sha256);
  if (hold === undefined) {
    hold = { opening: own.send({ kind: "open", sha256, bytes, options: sessionOptions }), count: 0 };
    holds.set(sha256, hold);
  }
  hold.count++;
  let ports: Pick<ModelSession, "inputs" | "outputs">;
  try {
    ports = (await hold.opening) as typeof ports;
  } catch (cause) {
    holds.delete(sha256);
    throw notAModel(name, where, cause);
  }
  const held = hold;
  let released = false;
  return {
    ...ports,
    async run(feeds, fetches) {
      try {
        return (await own.send({ kind: "run", sha256, feeds: compact(feeds), fetches })) as TensorData[];
      } catch (cause) {
        throw runFailed(name, cause);
      }
    },
    async release() {
      if (released) return;
      released = true;
      if (--held.count > 0 || holds.get(sha256) !== held || own.ended) return;
      holds.delete(sha256);
      await own.send({ kind: "close", sha256 });
    },
  };
}

/** A view of a larger buffer would take the whole buffer along. */
function compact(feeds: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
  const out: Record<string, TensorData> = {};
  for (const [name, tensor] of Object.entries(feeds)) {
    const { data } = tensor;
    out[name] = ArrayBuffer.isView(data) && data.byteLength < data.buffer.byteLength ? { ...tensor, data: data.slice() } : tensor;
  }
  return out;
}
