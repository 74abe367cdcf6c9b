import type { InferenceSession } from "onnxruntime-node";
import type { MessagePort } from "node:worker_threads";
import type { TensorData } from "../../tensors/tensor-data.js";

/** Indices into the `Int32Array` that a worker shares with its owner. */
export const stateSlots = {
  /** 1 while a native call runs, else 0. */
  running: 0,
  /** 1 once the process is exiting: the worker starts no further job. */
  exiting: 1,
  /** Number of messages that the worker has sent. */
  sent: 2,
} as const;

export const stateBytes = Object.keys(stateSlots).length * Int32Array.BYTES_PER_ELEMENT;

/** The worker's `workerData`. The slots are passed as data, so that the worker's file needs no other file. */
export interface WorkerStart {
  /** Absolute path of onnxruntime-node's main file. */
  readonly runtime: string;
  readonly state: SharedArrayBuffer;
  readonly slots: typeof stateSlots;
  /** Results go to this port if there is one, else to the parent port. */
  readonly resultPort: MessagePort | null;
  /** Whether the thread yields the cores to others that need them. */
  readonly background: boolean;
}

export interface OpenJob {
  readonly kind: "open";
  readonly key: string;
  readonly bytes: Uint8Array;
  /** The memory of the bytes moves to the worker, and back with the result: a copy takes time and memory. */
  readonly lent: boolean;
  readonly options: InferenceSession.SessionOptions;
}

export interface RunJob {
  readonly kind: "run";
  readonly key: string;
  /** The deployment that the run belongs to. */
  readonly owner: number;
  /** Time by `machineNow()`: a run that has not started by then is not started. */
  readonly until: number;
  readonly feeds: Readonly<Record<string, TensorData>>;
  readonly fetches: readonly string[];
}

export interface CloseJob {
  readonly kind: "close";
  readonly key: string;
}

export type Job = OpenJob | RunJob | CloseJob;
export type QueuedJob = Job & { readonly id: number };

/** A model's ports by the runtime. */
export interface ModelPorts {
  readonly inputs: readonly InferenceSession.ValueMetadata[];
  readonly outputs: readonly InferenceSession.ValueMetadata[];
}

/** The result of an open job. */
export interface WorkerOpened extends ModelPorts {
  /** The bytes that were lent; null if they were not. */
  readonly bytes: Uint8Array | null;
}

/** The result of a run job. */
export interface WorkerRun {
  /** In the order of `fetches`. */
  readonly outputs: TensorData[];
  /** Milliseconds of the run alone. */
  readonly ms: number;
}

export interface JobResults {
  readonly open: WorkerOpened;
  readonly run: WorkerRun;
  readonly close: undefined;
}

export type ToWorker =
  | { readonly kind: "jobs"; readonly jobs: readonly QueuedJob[] }
  | { readonly kind: "cancelOwner"; readonly owner: number }
  | { readonly kind: "end" };

export type JobResult =
  { readonly id: number; readonly value: JobResults[Job["kind"]] } | { readonly id: number; readonly error: string };

export interface FromWorker {
  readonly results: readonly JobResult[];
  /** True for the last message of a batch of jobs. */
  readonly done: boolean;
}
