import type { ChallengerResult } from "../tensors/result.js";
import type { TensorData } from "../tensors/tensor-data.js";
import type { Challenge } from "./challengers.js";
import type { Metadata } from "./metadata.js";
import type { RequestClock } from "./request-clock.js";

export type Tensors = ReadonlyMap<string, TensorData>;

/** A request on its way through the steps. */
export interface Passage {
  readonly rows: number;
  readonly inputs: Tensors;
  readonly metadata: Metadata;
  readonly clock: RequestClock;
  /** What goes on: outputs of the last inference step; empty where those are a tuple. */
  outputs: Tensors;
  lastModel: string;
  /** Nanoseconds of every inference step. */
  readonly elapsed: number[];
  /** By `performance.now()`: when the last step ended. */
  now: number;
  /** By model: outputs beside the ones that go on, those of challengers and of a tuple. */
  beside: ReadonlyMap<string, ChallengerResult>;
  failures: ReadonlyMap<string, Uint8Array>;
  /** Challengers to run once the answer is out. */
  later: readonly Challenge[];
  /** Why an awaited challenger gave no answer. */
  notes: ReadonlyMap<string, string>;
}

/** One step, compiled. */
export type RunStep = (passage: Passage) => Promise<void> | void;

export function named(names: readonly string[], tensors: readonly TensorData[]): Tensors {
  const map = new Map<string, TensorData>();
  for (let i = 0; i < names.length; i++) {
    const tensor = tensors[i];
    if (tensor !== undefined) map.set(names[i] ?? "", tensor);
  }
  return map;
}
