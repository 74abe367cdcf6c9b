import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StorageError } from "../../dsl/errors.js";
import { compact } from "../../src/logs/database/compact.js";
import type { Store } from "../../src/logs/store.js";
import { floats, fraud, meta, newFolder, port, scored, scores, storeIn } from "./batches.js";
import { startChild } from "./child.js";

const day = 86_400_000;
const now = Date.now();
const alone = { ...fraud, challengers: [] };
const wide = { ...alone, inputs: [port("dense_input", "float32", "N", 256)] };

const random = Float32Array.from({ length: 1024 * 256 }, () => Math.random());

/** Rows of 1 KiB that do not compress, a millisecond apart. */
function noise(start: number, rows: number) {
  const values = random.subarray(0, rows * 256);
  return {
    ...scored(start, ...new Array<number>(rows).fill(0.5)),
    inputs: new Map([["dense_input", { dtype: "float32", dims: [rows, 256], data: values } as const]]),
  };
}

async function fill(store: Store, mebibytes: number, start: number): Promise<void> {
  const log = await store.openLog(wide);
  for (let i = 0; i < mebibytes; i++) await log.append(noise(start + i * 1024, 1024), meta);
  await log.close();
}

const times = async (store: Store) =>
  (await store.readLog("fraud", { limit: 1_000_000 })).flatMap((batch) => [...batch.time]);

describe("retention by age", () => {
  it("deletes rows older than the bound and none within it, with what challengers gave for them", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraud);
    const { firstRow } = await log.append(scored(now - 3 * day, 1, 2, 3), meta);
    await log.append(scored(now - day, 4, 5), meta);
    await log.appendChallenger("rf", firstRow, 5, new Map([["variable", floats([5, 1], 1, 2, 3, 4, 5)]]));
    const keeper = await storeIn(folder, { retention: { age: 2 * day } });
    await keeper.sweep();
    expect(scores(await store.readLog("fraud"))).toEqual([5, 4]);
    expect(
      (await store.readLog("fraud")).flatMap((batch) => [
        ...(batch.challengers.get("rf")?.outputs.get("variable")?.data ?? []),
      ]),
    ).toEqual([5, 4]);
    await log.append(scored(now, 6), meta);
    expect(await keeper.sweep()).toMatchObject({ rows: 0 });
    expect((await store.readLog("fraud")).flatMap((batch) => batch.rowIds)).toEqual([5n, 4n, 3n]);
  });

  it("keeps a row that is exactly as old as the bound, whatever the order of logging", async () => {
    const folder = newFolder();
    const store = await storeIn(folder, { retention: { age: 10 * day } });
    const log = await store.openLog(alone);
    for (const days of [1, 20, 9.99, 10.01, 3, 400]) await log.append(scored(now - days * day, days), meta);
    await store.sweep();
    expect(scores(await log.read())).toEqual([1, 3, 9.99].map(Math.fround));
  });

  it("holds through all versions of all pipelines, while rows are being logged", async () => {
    const folder = newFolder();
    const store = await storeIn(folder, { retention: { age: day } });
    const logs = await Promise.all([
      store.openLog(alone),
      store.openLog({ ...alone, version: 2 }),
      store.openLog({ ...alone, pipeline: "house" }),
    ]);
    for (const log of logs) await log.append(scored(now - 2 * day, 1, 2), meta);
    const written = Promise.all(
      Array.from({ length: 200 }, async (_, i) => logs[i % 3]?.append(scored(now + i, i), meta)),
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

  it("deletes the oldest rows until what is left fits, and not many more; the log goes on", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    await fill(store, 28, now);
    const keeper = await storeIn(folder, { retention: { size } });
    // Opening has begun to sweep.
    const again = await keeper.sweep();
    expect(again?.rows).toBe(0);
    expect(again?.used).toBeLessThanOrEqual(size);
    const kept = await times(store);
    expect(kept.length * 1024).toBeGreaterThan(0.6 * size);
    expect(kept[0]).toBe(now + 28 * 1024 - 1);
    expect((kept[0] ?? 0) - (kept.at(-1) ?? 0)).toBe(kept.length - 1);
    const log = await store.openLog(wide);
    await log.append(noise(now + day, 3), meta);
    await store.close();
    await keeper.close();
    expect((await times(await storeIn(folder))).length).toBe(kept.length + 3);
  }, 60_000);

  it("deletes nothing where the log is smaller", async () => {
    const store = await storeIn(newFolder(), { retention: { size } });
    await fill(store, 8, now);
    expect(await store.sweep()).toMatchObject({ rows: 0 });
    expect((await times(store)).length).toBe(8 * 1024);
  });

  it("gives the space back to the file system when the log is opened the next time", async () => {
    const folder = newFolder();
    const file = join(folder, "shapeline.duckdb");
    const store = await storeIn(folder);
    await fill(store, 28, now - day);
    const keeper = await storeIn(folder, { retention: { age: 1000 } });
    await keeper.sweep();
    await (await store.openLog(wide)).append(noise(now + day, 100), meta);
    await store.close();
    await keeper.close();
    const duckdb = await import("@duckdb/node-api");
    await compact(duckdb, file, 2 ** 20);
    expect(statSync(file).size).toBeLessThan(4 * 2 ** 20);
    expect(existsSync(`${file}.compacted`)).toBe(false);
    const again = await storeIn(folder);
    expect((await times(again)).slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => now + day + 99 - i));
    expect(await (await again.openLog(wide)).append(noise(now + day, 1), meta)).toEqual({
      firstRow: 28n * 1024n + 100n,
    });
  }, 60_000);

  it("leaves a log alone that another process holds", async () => {
    const folder = newFolder();
    await (await storeIn(folder)).close();
    const child = startChild("hold", folder);
    expect(await child.line()).toBe("open");
    await compact(await import("@duckdb/node-api"), join(folder, "shapeline.duckdb"), 1);
    child.process.kill("SIGKILL");
    await child.ended();
  });
});

it("a sweep that fails is told, and costs no row", async () => {
  const folder = newFolder();
  const seen: StorageError[] = [];
  const store = await storeIn(folder, { retention: { age: day }, onError: (error) => seen.push(error) });
  const log = await store.openLog(alone);
  await log.append(scored(now - 2 * day, 1), meta);
  const { DuckDBConnection } = await import("@duckdb/node-api");
  const original = DuckDBConnection.prototype.run;
  DuckDBConnection.prototype.run = function (sql, ...rest) {
    return sql.startsWith("DELETE")
      ? Promise.reject(new TypeError("IO Error: no space left on device"))
      : original.call(this, sql, ...rest);
  };
  const error: unknown = await store.sweep().catch((reason: unknown) => reason);
  DuckDBConnection.prototype.run = original;
  expect(String(error).replaceAll(folder, "<folder>")).toMatchInlineSnapshot(
    `"StorageError: old rows could not be deleted from '<folder>/shapeline.duckdb': IO Error: no space left on device; no other data is lost, and Shapeline retries within a minute"`,
  );
  await log.append(scored(now, 2), meta);
  expect(scores(await log.read())).toEqual([2, 1]);
  expect(await store.sweep()).toMatchObject({ rows: 1 });
});
