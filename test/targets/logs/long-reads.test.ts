import { describe, expect, test } from "vitest";
import { pipeline } from "shapeline";
import { toRecords } from "../../../src/tensors/format-result.js";
import { toRecordsInSlices } from "../../../src/tensors/records-in-slices.js";
import type { ResultBatch } from "../../../src/tensors/result.js";
import { folder } from "../../engine/make-config.js";
import { models, regression, rows } from "../breast-cancer.js";
import { openEngine } from "../local-engine.js";

describe("a long read of the log leaves the event loop to requests", () => {
  test("rows are read in slices", async () => {
    const live = await openEngine({ models, data: folder(), durability: "relaxed" }).deploy(
      pipeline("cancer").model(regression),
    );
    const request = Array.from({ length: 5000 }, (_, i) => rows[i % rows.length] ?? {});
    await live.infer(request as never);
    const { numRows, batches } = await live.logs({ limit: 5000, arrow: true });
    expect(numRows).toBe(5000);
    expect(Math.max(...batches.map((batch) => batch.numRows))).toBeLessThanOrEqual(1024);
  });

  test("records are made in slices, and equal those made at once", async () => {
    const batch = (seed: number): ResultBatch => ({
      rows: 3,
      time: Float64Array.of(seed, seed + 1, seed + 2),
      inputs: new Map([["x", { dtype: "float32", dims: [3, 2], data: Float32Array.from({ length: 6 }, (_, i) => i) }]]),
      outputs: new Map([["y", { dtype: "int64", dims: [3], data: BigInt64Array.of(1n, 2n, 3n) }]]),
      challengers: new Map(),
      failures: new Map(seed % 2 === 0 ? [["odd", Uint8Array.of(0, 1, 0)]] : []),
    });
    const batches = Array.from({ length: 20 }, (_, i) => batch(i));
    let turns = 0;
    let counter = setImmediate(function count() {
      turns++;
      counter = setImmediate(count);
    });
    const records = await toRecordsInSlices(batches);
    clearImmediate(counter);
    expect(turns).toBeGreaterThanOrEqual(batches.length - 1);
    expect(records).toEqual(toRecords(batches));
    // A column that some batches lack is null in their rows.
    expect(records[3]?.anomaly).toEqual({ count: 0, odd: null });
  });
});
