import { describe, expect, test } from "vitest";
import type { PipelineLog } from "../../../src/logs/pipeline-log.js";
import { notLoggedError } from "../../../src/logs/write/write-failure.js";
import { slow } from "../../slow.js";
import { newFolder, storeIn } from "../support/stores.js";
import { fraudLayout, noon, port, rowMeta, scoredRows } from "../support/sample-rows.js";

const tooLarge =
  /^the rows could not be logged: .*failed to allocate data of size .*; none of them is in the log; a row is too large for the log's database, which has 256MB of memory: leave large columns out with local\(\{ log: \{ exclude: /;

test("rows that DuckDB has no memory for are not blamed on the disk", () => {
  const cause = new Error("Failed to append: failed to allocate data of size 381.4 MiB (340.0 KiB/244.1 MiB used)");
  expect(notLoggedError({ cause }).message).toMatch(tooLarge);
  const disk = new Error("IO Error: Could not write file: No space left on device");
  expect(notLoggedError({ cause: disk }).message).toMatch(/; make sure the disk has free space, then log them again$/);
});

describe.runIf(slow)("a row of 400 MB", () => {
  test("is refused with what to leave out, and the log takes the next row", { timeout: 120_000 }, async () => {
    const layout = { ...fraudLayout, inputs: [port("image", "float32", "batch", null)], challengers: [] };
    const log = await (await storeIn(newFolder())).openLog(layout);
    await expect(appendImage(log, 100_000_000)).rejects.toThrow(tooLarge);
    await appendImage(log, 2);
    expect((await log.read()).map(({ rows }) => rows)).toEqual([1]);
  });
});

function appendImage(log: PipelineLog, elements: number): Promise<unknown> {
  const image = { dtype: "float32", dims: [1, elements], data: new Float32Array(elements) } as const;
  return log.append({ ...scoredRows(noon, 0.5), inputs: new Map([["image", image]]) }, rowMeta);
}
