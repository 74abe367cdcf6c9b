import { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { StorageError } from "../../../dsl/errors.js";
import type { ResultBatch } from "../../../src/tensors/result.js";
import { onProcessExit } from "../../../src/util/process/process-exit.js";
import { refusal } from "../../refusal.js";
import { sample } from "../../tensors/samples.js";
import { floats, fraudLayout, noon, rowMeta, scoredRows, scoresOf } from "../support/sample-rows.js";
import { failStatements, newFolder, storeIn } from "../support/stores.js";

describe("writing", () => {
  it("commits appends in flight together: 64 appends need few commits, and each keeps its own rows", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    const run = vi.spyOn(DuckDBConnection.prototype, "run");
    const firsts = await Promise.all(
      Array.from({ length: 64 }, (_, i) => log.append(scoredRows(noon + i, i), rowMeta)),
    );
    await log.flush();
    const commits = run.mock.calls.filter(([sql]) => sql === "COMMIT").length;
    run.mockRestore();
    expect(commits).toBeGreaterThan(0);
    expect(commits).toBeLessThanOrEqual(3);
    const batches = await log.read();
    const byRow = new Map(
      batches.flatMap((batch) =>
        batch.rowIds.map((row, i) => [row, (batch.outputs.get("dense_1")?.data as Float32Array)[i]]),
      ),
    );
    expect(firsts.map(({ firstRow }) => byRow.get(firstRow))).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  it("commits relaxed rows 50 ms after the first one, or once there are 1,000", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraudLayout);
    const run = vi.spyOn(DuckDBConnection.prototype, "run");
    const commits = () => run.mock.calls.filter(([sql]) => sql === "COMMIT").length;
    const turns = async (until: () => boolean) => {
      while (!until()) await new Promise(setImmediate);
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    expect(log.appendRelaxed(scoredRows(noon, 0.5), rowMeta)).toEqual({ firstRow: 0n });
    vi.advanceTimersByTime(49);
    let waited = 0;
    await turns(() => waited++ === 20);
    expect(commits()).toBe(0);
    vi.advanceTimersByTime(1);
    await turns(() => commits() === 1);
    for (let i = 0; i < 1000; i++) log.appendRelaxed(scoredRows(noon + i, i), rowMeta);
    await turns(() => commits() === 2);
    run.mockRestore();
    expect(scoresOf(await store.readLog("fraud", { limit: 2000 }))).toHaveLength(1001);
  });

  it("reads include queued relaxed rows, in the order of the appends", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    log.appendRelaxed(scoredRows(noon, 1), rowMeta);
    const second = log.append(scoredRows(noon, 2), rowMeta);
    log.appendRelaxed(scoredRows(noon, 3), rowMeta);
    expect(scoresOf(await log.read())).toEqual([3, 2, 1]);
    expect((await second).firstRow).toBe(1n);
  });

  it("writes relaxed rows on close", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    (await store.openLog(fraudLayout)).appendRelaxed(scoredRows(noon, 0.5), rowMeta);
    await store.close();
    expect(scoresOf(await (await storeIn(folder)).readLog("fraud"))).toEqual([0.5]);
  });

  it("rejects batches that do not match the layout, whole and without effect on others", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    const good = scoredRows(noon, 0.5, 0.6);
    const bad: readonly [string, ResultBatch][] = [
      ["missing port", { ...good, outputs: new Map() }],
      ["dtype", { ...good, outputs: new Map([["dense_1", sample("float64", [2, 1])]]) }],
      ["rank", { ...good, outputs: new Map([["dense_1", floats([2, 1, 1], 1, 2)]]) }],
      ["size", { ...good, inputs: new Map([["dense_input", floats([2, 2], 1, 2, 3, 4)]]) }],
      ["rows", { ...good, outputs: new Map([["dense_1", floats([1, 1], 1)]]) }],
      ["elements", { ...good, outputs: new Map([["dense_1", floats([2, 1], 1)]]) }],
      ["checks", { ...good, failures: new Map() }],
      ["time", { ...good, time: Float64Array.of(1, NaN) }],
    ];
    const outcomes = await Promise.allSettled([
      ...bad.map(([, batch]) => log.append(batch, rowMeta)),
      log.append(good, rowMeta),
    ]);
    expect(
      outcomes.map((outcome, i) =>
        outcome.status === "rejected" ? `${bad[i]?.[0]}: ${(outcome.reason as StorageError).message}` : "logged",
      ),
    ).toMatchInlineSnapshot(`
      [
        "missing port: the rows do not fit the log: port 'dense_1' is missing; log what the pipeline's config describes",
        "dtype: the rows do not fit the log: port 'dense_1' is float64, its column is float32; log what the pipeline's config describes",
        "rank: the rows do not fit the log: port 'dense_1' has dimensions [2, 1, 1], its column takes [N, 1]; log what the pipeline's config describes",
        "size: the rows do not fit the log: port 'dense_input' has dimensions [2, 2], its column takes [N, 3]; log what the pipeline's config describes",
        "rows: the rows do not fit the log: port 'dense_1' has 1 rows, the batch has 2; log what the pipeline's config describes",
        "elements: the rows do not fit the log: port 'dense_1' holds 1 elements, its dimensions need 2; log what the pipeline's config describes",
        "checks: the rows do not fit the log: the results of validation 'amt' are missing, or their number is not the number of rows; log what the pipeline's config describes",
        "time: the rows do not fit the log: the times of the rows are missing or not finite; log what the pipeline's config describes",
        "logged",
      ]
    `);
    expect(scoresOf(await log.read())).toEqual([Math.fround(0.6), 0.5]);
  });

  it("reports a failed commit: append rejects, relaxed rows wait for the next one, and nothing is half written", async () => {
    const many = Array.from({ length: 500 }, (_, i) => i);
    const reported: StorageError[] = [];
    const store = await storeIn(newFolder(), { onError: (error) => reported.push(error) });
    const log = await store.openLog(fraudLayout);
    const restore = failStatements("COMMIT", "IO Error: No space left on device");
    log.appendRelaxed(scoredRows(noon, 7), rowMeta);
    expect(await refusal(log.append(scoredRows(noon, ...many), rowMeta))).toMatchInlineSnapshot(
      `"SL7009 the rows could not be logged: IO Error: No space left on device; none of them is in the log; make sure the disk has free space, then log them again"`,
    );
    expect(await refusal(log.flush())).toMatch(/^SL7018 1 acknowledged rows wait in memory/);
    expect(store.problem()?.code).toBe("SL7018");
    expect(reported).toEqual([]);
    restore();
    await log.flush();
    await log.append(scoredRows(noon, 9), rowMeta);
    expect(scoresOf(await log.read())).toEqual([9, 7]);
    expect(store.problem()).toBe(null);
  });

  it("gives up relaxed rows for which DuckDB has no memory, so that they do not keep later rows waiting", async () => {
    const reported: StorageError[] = [];
    const store = await storeIn(newFolder(), { onError: (error) => reported.push(error) });
    const log = await store.openLog(fraudLayout);
    const restore = failStatements("COMMIT", "Out of Memory Error: failed to allocate data of size 381.4 MiB");
    log.appendRelaxed(scoredRows(noon, 7), rowMeta);
    expect(await refusal(log.flush())).toMatch(/^SL7009 .* a row is too large for the memory of the log's database/);
    restore();
    expect(reported.map(({ code }) => code)).toEqual(["SL7009"]);
    expect(store.problem()).toBe(null);
    log.appendRelaxed(scoredRows(noon, 9), rowMeta);
    expect(scoresOf(await log.read())).toEqual([9]);
  });

  it("says at the end of the process how many rows could not be written", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    log.appendRelaxed(scoredRows(noon, 1, 2, 3), rowMeta);
    const full = vi.spyOn(DuckDBAppender.prototype, "flushSync").mockImplementation(() => {
      throw new Error("IO Error: No space left on device");
    });
    const printed = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    for (const work of onProcessExit) work();
    const lines = printed.mock.calls.map(([text]) => text);
    full.mockRestore();
    printed.mockRestore();
    expect(lines).toEqual(["SL7009 the last 3 rows could not be logged: IO Error: No space left on device\n"]);
  });

  it("keeps acknowledged rows in the journal while commits fail, reports it, and moves them later", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraudLayout);
    const restore = failStatements("COMMIT", "IO Error: No space left on device");
    await log.append(scoredRows(noon, 7), rowMeta);
    expect(await refusal(log.flush())).toMatchInlineSnapshot(
      `"SL7018 acknowledged rows cannot be moved from the journal into the database: IO Error: No space left on device; no row is lost, and Shapeline retries every second and when the log is next opened; make sure the disk has free space"`,
    );
    expect(await refusal(log.append(scoredRows(noon, 8), rowMeta))).toMatch(/^SL7009 /);
    restore();
    await log.append(scoredRows(noon + 1, 9), rowMeta);
    expect(scoresOf(await log.read())).toEqual([9, 7]);
  });

  it("rejects appends and reads once closed", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraudLayout);
    await log.close();
    expect(await refusal(log.append(scoredRows(noon, 1), rowMeta))).toMatchInlineSnapshot(
      `"SL7007 the log of pipeline 'fraud' is closed; open it again"`,
    );
    await store.close();
    expect(await refusal(store.readLog("fraud"))).toMatch(/^SL7007 /);
    expect(await refusal(store.openLog(fraudLayout))).toMatch(/^SL7007 /);
  });
});
