import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Port } from "../../dsl/tensor.js";
import type { LogLayout } from "../../src/logs/pipeline-log.js";
import { openStore } from "../../src/logs/open-store.js";
import type { Store, StoreOptions } from "../../src/logs/store.js";
import type { ResultBatch } from "../../src/tensors/result.js";
import type { TensorData } from "../../src/tensors/tensor-data.js";

const folders: string[] = [];
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close().catch(() => undefined);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own for one test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-log-"));
  folders.push(folder);
  return folder;
}

/** A store that is closed after the test. */
export async function storeIn(folder: string, options?: StoreOptions): Promise<Store> {
  const store = await openStore(folder, options);
  stores.push(store);
  return store;
}

export const port = (name: string, dtype: Port["dtype"], ...shape: NonNullable<Port["shape"]>): Port => ({
  name,
  dtype,
  shape,
});

/** One input of three numbers, one output, one challenger, one validation. */
export const fraud: LogLayout = {
  pipeline: "fraud",
  version: 1,
  inputs: [port("dense_input", "float32", "N", 3)],
  outputs: [port("dense_1", "float32", "N", 1)],
  challengers: [{ name: "rf", outputs: [port("variable", "float32", "N", 1)] }],
  validations: ["amt"],
};

export const meta = { lastModel: "ccfraud", elapsed: [12_000, 46_000], metadata: null };

export function floats(dims: readonly number[], ...values: number[]): TensorData {
  return { dtype: "float32", dims, data: Float32Array.from(values) };
}

/** A row for every score, a millisecond apart from `start` on; scores of 1 and above fail `amt`. */
export function scored(start: number, ...scores: number[]): ResultBatch {
  return {
    rows: scores.length,
    time: Float64Array.from(scores, (_, i) => start + i),
    inputs: new Map([
      ["dense_input", floats([scores.length, 3], ...scores.flatMap((score) => [score, score + 1, score + 2]))],
    ]),
    outputs: new Map([["dense_1", floats([scores.length, 1], ...scores)]]),
    challengers: new Map(),
    failures: new Map([["amt", Uint8Array.from(scores, (score) => (score >= 1 ? 1 : 0))]]),
  };
}

/** The scores of read batches, in the order read. */
export function scores(batches: readonly ResultBatch[]): number[] {
  return batches.flatMap((batch) => Array.from((batch.outputs.get("dense_1")?.data ?? []) as Float32Array));
}
