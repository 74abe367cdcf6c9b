import { describe, expect, test } from "vitest";
import type { PipelineLog } from "../../../src/logs/pipeline-log.js";
import { notLoggedError } from "../../../src/logs/write/write-failure.js";
import type { TensorData } from "../../../src/tensors/tensor-data.js";
import { slow } from "../../slow.js";
import { newFolder, storeIn } from "../support/stores.js";
import { fraudLayout, noon, port, rowMeta, scoredRows } from "../support/sample-rows.js";

const tooLarge =
  /^the rows could not be logged: .*failed to allocate data of size .*; none of them is in the log; a row is too large for the memory of the log's database: give it more with local\(\{ databaseMemory: "1GB" \}\) .*, or leave large columns out with local\(\{ log: \{ exclude: /;

test("rows that DuckDB has no memory for are not blamed on the disk", () => {
  const cause = new Error("Failed to append: failed to allocate data of size 381.4 MiB (340.0 KiB/244.1 MiB used)");
  expect(notLoggedError({ cause }).message).toMatch(tooLarge);
  const disk = new Error("IO Error: Could not write file: No space left on device");
  expect(notLoggedError({ cause: disk }).message).toMatch(/; make sure the disk has free space, then log them again$/);
});

describe.runIf(slow)("a row of 400 MB", { tags: ["slow"] }, () => {
  test("is refused with what to leave out, and the log takes the next row", { timeout: 120_000 }, async () => {
    const layout = { ...fraudLayout, inputs: [port("image", "float32", "batch", null)], challengers: [] };
    const log = await (await storeIn(newFolder())).openLog(layout);
    await expect(appendImage(log, 100_000_000)).rejects.toThrow(tooLarge);
    await appendImage(log, 2);
    expect((await log.read()).map(({ rows }) => rows)).toEqual([1]);
  });
});

describe.runIf(slow)("a row of 120 MB", { tags: ["slow"] }, () => {
  test("is logged, but only read with more memory, as the error says", { timeout: 120_000 }, async () => {
    const layout = { ...fraudLayout, inputs: [port("image", "float32", "batch", null)], challengers: [] };
    const folder = newFolder();
    const store = await storeIn(folder);
    await appendImage(await store.openLog(layout), 30_000_000);
    await expect(store.readLog("fraud")).rejects.toThrow(/local\(\{ databaseMemory: "1GB" \}\)/);
    await store.close();
    const [batch] = await (await storeIn(folder, { databaseMemory: 1e9 })).readLog("fraud");
    expect((batch?.inputs.get("image") as TensorData).data).toHaveLength(30_000_000);
  });
});

function appendImage(log: PipelineLog, elements: number): Promise<unknown> {
  const image = { dtype: "float32", dims: [1, elements], data: new Float32Array(elements) } as const;
  return log.append({ ...scoredRows(noon, 0.5), inputs: new Map([["image", image]]) }, rowMeta);
}
