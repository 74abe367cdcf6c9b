import type { Work } from "../../expression/evaluate/row-loop.js";
import type { ChallengerResult } from "../../tensors/result.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";
import type { InputBatch } from "../input/input-batch.js";
import type { Metadata } from "../metadata.js";
import type { RequestDeadline } from "../request-deadline.js";
import type { ChallengerRun } from "../scheduling/challenger-queue.js";

/** Columns of a request by port, rows first. */
export type Tensors = ReadonlyMap<string, RowsTensor>;

/** One request while its steps run. */
export interface Execution {
  readonly form: InputBatch["form"];
  readonly rows: number;
  readonly inputs: Tensors;
  readonly metadata: Metadata;
  readonly deadline: RequestDeadline;
  /** The steps that validations may still take. */
  readonly work: Work;
  /** The current output: the last inference step's outputs; empty if those are a tuple. */
  outputs: Tensors;
  /** By model: outputs of earlier steps that a later step reads by name. */
  earlier: ReadonlyMap<string, Tensors>;
  /** The model of the current output. */
  lastModel: string;
  /** Nanoseconds: reading the rows, then one entry per inference step. */
  elapsedNs: readonly number[];
  /** By model: outputs that are not the current output, of challengers and of tuples. */
  sideOutputs: ReadonlyMap<string, ChallengerResult>;
  /** By validation: 1 for each row that failed. */
  failures: ReadonlyMap<string, Uint8Array>;
  /** Challengers to run after the answer. */
  deferred: readonly ChallengerRun[];
  /** By awaited challenger: why it has no answer. */
  notes: ReadonlyMap<string, string>;
}

/** The rest of a plan after a step: the later steps, and then the result. */
export type Next<T> = (execution: Execution) => T | Promise<T>;

/**
 * One compiled step. It does its work and then calls `next`: an asynchronous step costs one promise this way, two if
 * the caller awaited it.
 */
export type RunStep = <T>(execution: Execution, next: Next<T>) => T | Promise<T>;
