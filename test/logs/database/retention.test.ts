import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StorageError } from "../../../dsl/errors.js";
import { refusal } from "../../refusal.js";
import { compact } from "../../../src/logs/database/compact.js";
import type { Store } from "../../../src/logs/store.js";
import { startOwner } from "../support/child-process.js";
import { port, fraudLayout, rowMeta, floats, scoredRows, scoresOf } from "../support/sample-rows.js";
import { failStatements, newFolder, storeIn } from "../support/stores.js";

const day = 86_400_000;
const now = Date.now();
const withoutChallengers = { ...fraudLayout, challengers: [] };
const wide = { ...withoutChallengers, inputs: [port("dense_input", "float32", "N", 256)] };

const random = Float32Array.from({ length: 1024 * 256 }, () => Math.random());

/** Rows of 1 KiB that do not compress, 1 ms apart. */
function noise(start: number, rows: number) {
  const values = random.subarray(0, rows * 256);
  return {
    ...scoredRows(start, ...new Array<number>(rows).fill(0.5)),
    inputs: new Map([["dense_input", { dtype: "float32", dims: [rows, 256], data: values } as const]]),
  };
}

async function fill(store: Store, mebibytes: number, start: number): Promise<void> {
  const log = await store.openLog(wide);
  for (let i = 0; i < mebibytes; i++) await log.append(noise(start + i * 1024, 1024), rowMeta);
  await log.close();
}

const times = async (store: Store) =>
  (await store.readLog("fraud", { limit: 1_000_000 })).flatMap((batch) => [...batch.time]);

describe("retention by age", () => {
  it("deletes rows older than the limit, with their challenger rows, and no others", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraudLayout);
    const { firstRow } = await log.append(scoredRows(now - 3 * day, 1, 2, 3), rowMeta);
    await log.append(scoredRows(now - day, 4, 5), rowMeta);
    await log.appendChallenger("rf", firstRow, 5, new Map([["variable", floats([5, 1], 1, 2, 3, 4, 5)]]));
    const keeper = await storeIn(folder, { retention: { age: 2 * day } });
    await keeper.sweep();
    expect(scoresOf(await store.readLog("fraud"))).toEqual([5, 4]);
    expect(
      (await store.readLog("fraud")).flatMap((batch) => [
        ...(batch.challengers.get("rf")?.outputs.get("variable")?.data ?? []),
      ]),
    ).toEqual([5, 4]);
    await log.append(scoredRows(now, 6), rowMeta);
    expect(await keeper.sweep()).toMatchObject({ rows: 0 });
    expect((await store.readLog("fraud")).flatMap((batch) => batch.rowIds)).toEqual([5n, 4n, 3n]);
  });

  it("keeps rows just within the limit, whatever the order of logging", async () => {
    const folder = newFolder();
    const store = await storeIn(folder, { retention: { age: 10 * day } });
    const log = await store.openLog(withoutChallengers);
    for (const days of [1, 20, 9.99, 10.01, 3, 400]) await log.append(scoredRows(now - days * day, days), rowMeta);
    await store.sweep();
    expect(scoresOf(await log.read())).toEqual([3, 9.99, 1].map(Math.fround));
  });

  it("covers all versions of all pipelines while rows are being logged", async () => {
    const folder = newFolder();
    const store = await storeIn(folder, { retention: { age: day } });
    const logs = await Promise.all([
      store.openLog(withoutChallengers),
      store.openLog({ ...withoutChallengers, version: 2 }),
      store.openLog({ ...withoutChallengers, pipeline: "house" }),
    ]);
    for (const log of logs) await log.append(scoredRows(now - 2 * day, 1, 2), rowMeta);
    const written = Promise.all(
      Array.from({ length: 200 }, async (_, i) => logs[i % 3]?.append(scoredRows(now + i, i), rowMeta)),
    );
    await store.sweep();
    await Promise.all([written, store.sweep()]);
    expect(
      (await times(store)).length +
        (await store.readLog("house", { limit: 1000 })).reduce((sum, { rows }) => sum + rows, 0),
    ).toBe(200);
  });
});

describe("retention by size", () => {
  const size = 16 * 2 ** 20;

  it("deletes the oldest rows until the rest fits, and not many more; the log accepts new rows", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    await fill(store, 28, now);
    const keeper = await storeIn(folder, { retention: { size } });
    // Opening the store has already started a sweep.
    const again = await keeper.sweep();
    expect(again?.rows).toBe(0);
    expect(again?.used).toBeLessThanOrEqual(size);
    const kept = await times(store);
    expect(kept.length * 1024).toBeGreaterThan(0.6 * size);
    expect(kept[0]).toBe(now + 28 * 1024 - 1);
    expect((kept[0] ?? 0) - (kept.at(-1) ?? 0)).toBe(kept.length - 1);
    const log = await store.openLog(wide);
    await log.append(noise(now + day, 3), rowMeta);
    await store.close();
    await keeper.close();
    expect((await times(await storeIn(folder))).length).toBe(kept.length + 3);
  });

  it("deletes nothing if the log is smaller", async () => {
    const store = await storeIn(newFolder(), { retention: { size } });
    await fill(store, 8, now);
    expect(await store.sweep()).toMatchObject({ rows: 0 });
    expect((await times(store)).length).toBe(8 * 1024);
  });

  it("returns the space to the file system when the log is next opened", async () => {
    const folder = newFolder();
    const file = join(folder, "shapeline.duckdb");
    const store = await storeIn(folder);
    await fill(store, 10, now - day);
    const keeper = await storeIn(folder, { retention: { age: 1000 } });
    await keeper.sweep();
    await (await store.openLog(wide)).append(noise(now + day, 100), rowMeta);
    await store.close();
    await keeper.close();
    const duckdb = await import("@duckdb/node-api");
    await compact(duckdb, file, 2 ** 20);
    expect(statSync(file).size).toBeLessThan(4 * 2 ** 20);
    expect(existsSync(`${file}.compacted`)).toBe(false);
    const again = await storeIn(folder);
    expect((await times(again)).slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => now + day + 99 - i));
    expect(await (await again.openLog(wide)).append(noise(now + day, 1), rowMeta)).toEqual({
      firstRow: 10n * 1024n + 100n,
    });
  });

  it("does not compact a log that another process owns", async () => {
    const folder = newFolder();
    await (await storeIn(folder)).close();
    const child = await startOwner("own", folder);
    const file = join(folder, "shapeline.duckdb");
    const before = readFileSync(file);
    await compact(await import("@duckdb/node-api"), file, 1);
    expect(readFileSync(file)).toEqual(before);
    await child.kill();
  });
});

it("reports a failed sweep and loses no row", async () => {
  const folder = newFolder();
  const seen: StorageError[] = [];
  const store = await storeIn(folder, { retention: { age: day }, onError: (error) => seen.push(error) });
  const log = await store.openLog(withoutChallengers);
  await log.append(scoredRows(now - 2 * day, 1), rowMeta);
  const restore = failStatements("DELETE", "IO Error: no space left on device");
  expect(await refusal(store.sweep(), [folder, "<folder>"])).toMatchInlineSnapshot(
    `"SL7016 old rows could not be deleted from '<folder>/shapeline.duckdb': IO Error: no space left on device; no other data is lost, and Shapeline retries within a minute"`,
  );
  restore();
  await log.append(scoredRows(now, 2), rowMeta);
  expect(scoresOf(await log.read())).toEqual([2, 1]);
  expect(await store.sweep()).toMatchObject({ rows: 1 });
});
