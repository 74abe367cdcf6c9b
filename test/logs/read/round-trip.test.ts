import { describe, expect, it } from "vitest";
import { dtypes } from "../../../dsl/tensor.js";
import type { LogLayout } from "../../../src/logs/pipeline-log.js";
import { toTable } from "../../../src/tensors/arrow/to-table.js";
import type { ResultBatch } from "../../../src/tensors/result.js";
import type { TensorData } from "../../../src/tensors/tensor-data.js";
import { sample } from "../../tensors/samples.js";
import { floats, fraudLayout, noon, port, rowMeta, scoredRows, scoresOf } from "../support/sample-rows.js";
import { newFolder, storeIn } from "../support/stores.js";

/** Tensors with their rows in the opposite order. */
function reversedRows(tensors: ResultBatch["inputs"]): ResultBatch["inputs"] {
  const reversed = ({ dtype, dims, data }: TensorData): TensorData => {
    const size = data.length / (dims[0] ?? 1);
    const copy = data.slice() as unknown as (number | bigint | string)[];
    data.forEach((value, i) => (copy[data.length - size * (Math.floor(i / size) + 1) + (i % size)] = value));
    return { dtype, dims, data: copy as unknown as TensorData["data"] };
  };
  return new Map(Array.from(tensors, ([name, tensor]) => [name, reversed(tensor as TensorData)]));
}

describe("logged rows are read back unchanged", () => {
  for (const dtype of dtypes) {
    it(`${dtype}, ranks 1 to 4 and unknown, also after the store is reopened`, async () => {
      const shapes = { a: [5], b: [5, 6], c: [5, 2, 3], d: [5, 2, 1, 3], e: [5, 2, 2] };
      const ports = Object.entries(shapes).map(([name, [, ...rest]]) => port(name, dtype, "N", ...rest));
      const layout: LogLayout = {
        ...fraudLayout,
        inputs: [...ports.slice(0, 4), { name: "e", dtype, shape: null }],
        outputs: [port("b", dtype, "N", null)],
        challengers: [],
        validations: [],
      };
      const inputs = new Map(Object.entries(shapes).map(([name, dims]) => [name, sample(dtype, dims)]));
      const batch: ResultBatch = {
        rows: 5,
        time: Float64Array.from([1, 2, 3, 4, 5], (ms) => noon + ms),
        inputs,
        outputs: new Map([["b", sample(dtype, [5, 6])]]),
        challengers: new Map(),
        failures: new Map(),
      };
      const folder = newFolder();
      const store = await storeIn(folder);
      const log = await store.openLog(layout);
      await log.append(batch, rowMeta);
      const newestFirst = { inputs: reversedRows(inputs), outputs: reversedRows(batch.outputs) };
      expect(await log.read()).toEqual([
        expect.objectContaining({ time: batch.time.toReversed(), ...newestFirst, rows: 5 }),
      ]);
      await store.close();
      expect(await (await storeIn(folder)).readLog("fraud")).toEqual([expect.objectContaining(newestFirst)]);
    });
  }

  it("NaN, infinities and -0, also after a checkpoint", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const odd = [NaN, -0, 0, Infinity, -Infinity, 1e-45];
    await (
      await store.openLog(fraudLayout)
    ).append(
      { ...scoredRows(noon, 1, 2, 3, 4, 5, 6), outputs: new Map([["dense_1", floats([6, 1], ...odd)]]) },
      rowMeta,
    );
    await store.close();
    const [batch] = await (await storeIn(folder)).readLog("fraud");
    expect(Array.from(batch?.outputs.get("dense_1")?.data as Float32Array).reverse()).toEqual(odd.map(Math.fround));
  });

  it("strings with a NUL; a lone surrogate becomes the replacement character", async () => {
    const layout: LogLayout = {
      ...fraudLayout,
      inputs: [port("text", "string", "N")],
      challengers: [],
      validations: [],
    };
    const log = await (await storeIn(newFolder())).openLog(layout);
    const text = (...data: string[]) => new Map([["text", { dtype: "string", dims: [3], data } as const]]);
    await log.append(
      { ...scoredRows(noon, 1, 2, 3), inputs: text("a\0b", "\ud800x", "\0"), failures: new Map() },
      rowMeta,
    );
    expect((await log.read())[0]?.inputs).toEqual(text("\0", "\ufffdx", "a\0b"));
  });

  it("row ids, the last model and the times of the steps", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    expect(await log.append(scoredRows(noon, 0.1, 0.2), rowMeta)).toEqual({ firstRow: 0n });
    expect(await log.append(scoredRows(noon + 10, 0.3), { lastModel: "other", elapsed: [1], metadata: null })).toEqual({
      firstRow: 2n,
    });
    expect(await log.read()).toEqual([
      expect.objectContaining({
        version: 1,
        rowIds: [2n, 1n, 0n],
        lastModel: ["other", "ccfraud", "ccfraud"],
        elapsed: [[1], [12_000, 46_000], [12_000, 46_000]],
      }),
    ]);
  });

  it("ports with hostile names, or names that differ only in case", async () => {
    const names = ["A", "a", 'x"; DROP TABLE log_1; --', "__proto__", "time", "nul\0byte", "nul?byte", "ż.#2", ""];
    const layout: LogLayout = {
      ...fraudLayout,
      inputs: names.map((name) => port(name, "int32", "N")),
      challengers: [],
      validations: ["Amt", "amt", "count"],
    };
    const inputs = new Map(names.map((name, i) => [name, sample("int32", [1], 10 + i)]));
    const failures = new Map([
      ["Amt", Uint8Array.of(1)],
      ["amt", Uint8Array.of(0)],
      ["count", Uint8Array.of(0)],
    ]);
    const log = await (await storeIn(newFolder())).openLog(layout);
    await log.append({ ...scoredRows(noon, 0.5), inputs, failures }, rowMeta);
    expect(await log.read()).toEqual([expect.objectContaining({ inputs, failures })]);
  });

  it("an empty batch adds no row", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    await log.append(scoredRows(noon), rowMeta);
    expect(await log.read()).toEqual([]);
  });

  it("more rows than one DuckDB chunk", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    const many = Array.from({ length: 5000 }, (_, i) => i);
    await Promise.all([
      log.append(scoredRows(noon, ...many), rowMeta),
      log.append(scoredRows(noon + 10_000, 9, 8, 7), rowMeta),
    ]);
    const batches = await log.read({ limit: 10_000 });
    expect(scoresOf(batches)).toEqual([7, 8, 9, ...many.toReversed()]);
    expect(toTable(batches).numRows).toBe(5003);
  });
});
