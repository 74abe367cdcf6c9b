// The program of the worker threads that run models: `session.run` blocks the thread that calls it, and on the main
// thread a slow model would delay every other request. This file must import nothing of ours at run time: bundlers and
// tests copy it alone.
/* eslint-disable no-restricted-syntax -- an error crosses the thread as text; the owner of the worker adds the code */
import { createRequire } from "node:module";
import { constants, setPriority } from "node:os";
import { performance } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { DType } from "../../../dsl/tensor.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type {
  CloseJob,
  FromWorker,
  JobResult,
  JobResults,
  OpenJob,
  QueuedJob,
  RunJob,
  ToWorker,
  WorkerOpened,
  WorkerRun,
  WorkerStart,
} from "./worker-messages.js";

/** Results of short jobs are collected for this long before they are sent. */
const collectMs = 2;

if (parentPort === null) throw new Error("model-worker.js must be started as a worker thread");
const parent = parentPort;
const { runtime, state: shared, slots, resultPort, background } = workerData as WorkerStart;
// On Linux this is the priority of the thread, elsewhere that of the process. Where no core is free, requests go first.
if (background && process.platform === "linux") lowerPriority();
const ort = createRequire(runtime)(runtime) as typeof import("onnxruntime-node");
const state = new Int32Array(shared);
const sessions = new Map<string, InferenceSession>();
const canceledOwners = new Set<number>();

function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A sandbox may forbid it; challengers then compete with requests for the cores.
  }
}

async function openModel({ key, bytes, lent, options }: OpenJob): Promise<WorkerOpened> {
  const session = await ort.InferenceSession.create(bytes, options);
  sessions.set(key, session);
  const { inputMetadata, outputMetadata } = session;
  return { inputs: cloneable(inputMetadata), outputs: cloneable(outputMetadata), bytes: lent ? bytes : null };
}

async function runModel({ key, owner, until, feeds, fetches }: RunJob): Promise<WorkerRun> {
  if (canceledOwners.has(owner)) throw new Error("the deployment was closed before the run started");
  if (Number(process.hrtime.bigint()) / 1e6 >= until) throw new Error("the deadline passed before the run started");
  const session = sessions.get(key);
  if (session === undefined) throw new Error("the model is not open in this worker");
  // Not `new Tensor`: it would turn float16 bits into a Float16Array, from which the runtime reads no element.
  const inputs: Record<string, Pick<Tensor, "data" | "dims"> & { readonly type: string }> = {};
  for (const [name, { dtype, data, dims }] of Object.entries(feeds))
    inputs[name] = { type: dtype, data, dims, location: "cpu" } as (typeof inputs)[string];
  const startedAt = performance.now();
  const answer = await runSession(session, inputs, fetches);
  const ms = performance.now() - startedAt;
  return { ms, outputs: fetches.map((name) => tensorData(name, answer[name])) };
}

/**
 * Runs without the checks of `session.run`, as the main thread does: these refuse a run without an optional input. Not
 * a public interface of the runtime; `session.run` if it does not exist.
 */
function runSession(
  session: InferenceSession,
  inputs: object,
  fetches: readonly string[],
): Promise<Readonly<Record<string, Tensor>>> {
  const handler: unknown = Reflect.get(session, "handler");
  if (typeof handler !== "object" || handler === null || !("run" in handler) || typeof handler.run !== "function")
    return session.run(inputs as Record<string, Tensor>, fetches);
  const outputs = Object.fromEntries(fetches.map((name) => [name, null]));
  const run = handler.run.bind(handler) as (...run: object[]) => Promise<Readonly<Record<string, Tensor>>>;
  return run(inputs, outputs, {});
}

async function closeModel({ key }: CloseJob): Promise<undefined> {
  await sessions.get(key)?.release();
  sessions.delete(key);
}

function runJob(job: QueuedJob): Promise<JobResults[QueuedJob["kind"]]> {
  if (job.kind === "run") return runModel(job);
  return job.kind === "open" ? openModel(job) : closeModel(job);
}

/** The runtime's metadata objects have getters, which a message cannot carry. */
function cloneable(ports: readonly InferenceSession.ValueMetadata[]): readonly InferenceSession.ValueMetadata[] {
  return ports.map((port) =>
    port.isTensor
      ? { name: port.name, isTensor: true, type: port.type, shape: [...port.shape] }
      : { name: port.name, isTensor: false },
  );
}

function tensorData(name: string, tensor: Tensor | undefined): TensorData {
  if (tensor === undefined) throw new Error(`the model has no output '${name}'`);
  const { type, dims, data } = tensor;
  // Where JavaScript has Float16Array the runtime uses it. The bits are the same.
  const elements =
    type === "float16" && ArrayBuffer.isView(data)
      ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
      : data;
  return { dtype: type as DType, dims, data: elements };
}

async function runJobs(jobs: readonly QueuedJob[]): Promise<void> {
  let results: JobResult[] = [];
  let sentAt = performance.now();
  for (const job of jobs) {
    Atomics.store(state, slots.running, 1);
    if (Atomics.load(state, slots.exiting) === 1) break;
    try {
      results.push({ id: job.id, value: await runJob(job) });
    } catch (error) {
      results.push({ id: job.id, error: error instanceof Error ? error.message : String(error) });
    }
    markIdle();
    if (performance.now() - sentAt > collectMs) {
      send({ results, done: false });
      results = [];
      sentAt = performance.now();
    }
  }
  markIdle();
  send({ results, done: true });
}

function markIdle(): void {
  Atomics.store(state, slots.running, 0);
  Atomics.notify(state, slots.running);
  // While the process exits, this thread must not run any further: the exit handlers of native libraries also end a
  // model's run, and the clean-up of the thread would then use what they have destroyed. Node wakes a thread that it
  // terminates.
  if (Atomics.load(state, slots.exiting) === 1) Atomics.wait(state, slots.exiting, 1);
}

/** Sends results. One that no message can carry becomes an error of its job. */
function send({ results, done }: FromWorker): void {
  try {
    (resultPort ?? parent).postMessage({ results, done }, returnedBuffers(results));
  } catch {
    (resultPort ?? parent).postMessage({ results: results.map(sendable), done });
  }
  Atomics.add(state, slots.sent, 1);
}

/** The memory of bytes that were lent: it moves back to the owner. */
function returnedBuffers(results: readonly JobResult[]): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  for (const result of results)
    if ("value" in result && result.value !== undefined && "bytes" in result.value && result.value.bytes !== null)
      buffers.push(result.value.bytes.buffer as ArrayBuffer);
  return buffers;
}

function sendable(result: JobResult): JobResult {
  try {
    structuredClone(result);
    return result;
  } catch (error) {
    return {
      id: result.id,
      error: `the model's answer cannot be sent from the thread that ran it: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

parent.on("message", (message: ToWorker) => {
  if (message.kind === "jobs") void runJobs(message.jobs);
  else if (message.kind === "cancelOwner") canceledOwners.add(message.owner);
  else {
    parent.close();
    resultPort?.close();
  }
});
