import type { ChallengerResult } from "../../tensors/result.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { ChallengerRun } from "../scheduling/challenger-queue.js";
import type { InputBatch } from "../input/input-batch.js";
import type { Metadata } from "../metadata.js";
import type { RequestDeadline } from "../request-deadline.js";

export type Tensors = ReadonlyMap<string, TensorData>;

/** A request on its way through the steps. */
export interface Execution {
  readonly form: InputBatch["form"];
  readonly rows: number;
  readonly inputs: Tensors;
  readonly metadata: Metadata;
  readonly deadline: RequestDeadline;
  /** What goes on: outputs of the last inference step; empty where those are a tuple. */
  outputs: Tensors;
  lastModel: string;
  /** Nanoseconds of every inference step. */
  readonly elapsedNs: number[];
  /** By model: outputs beside the ones that go on, those of challengers and of a tuple. */
  sideOutputs: ReadonlyMap<string, ChallengerResult>;
  failures: ReadonlyMap<string, Uint8Array>;
  /** Challengers to run once the answer is out. */
  deferred: readonly ChallengerRun[];
  /** Why an awaited challenger gave no answer. */
  notes: ReadonlyMap<string, string>;
}

/** What comes after a step: the ones that follow it, and what is made of the request in the end. */
export type Next<T> = (execution: Execution) => T | Promise<T>;

/** One step, compiled: it does its part and hands on to `next`, so that a step that waits costs one promise and not two. */
export type RunStep = <T>(execution: Execution, next: Next<T>) => T | Promise<T>;

export function tensorsByName(names: readonly string[], tensors: readonly TensorData[]): Tensors {
  const map = new Map<string, TensorData>();
  for (let i = 0; i < names.length; i++) {
    const tensor = tensors[i];
    if (tensor !== undefined) map.set(names[i] ?? "", tensor);
  }
  return map;
}
