import { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { ShapelineError } from "../../../dsl/errors.js";
import type { DatabaseSession } from "../../../src/logs/database/database-session.js";
import { ReopeningDatabase } from "../../../src/logs/database/reopening-database.js";
import type { Store } from "../../../src/logs/store.js";
import { RelaxedRows } from "../../../src/logs/write/relaxed-rows.js";
import { refusal, refusalError } from "../../refusal.js";
import { startChild } from "../support/child-process.js";
import {
  noon,
  fraudLayout,
  wideLayout,
  rowMeta,
  floats,
  scoredRows,
  scoresOf,
  wideRow,
} from "../support/sample-rows.js";
import { newFolder, rowIdsOf, storeIn } from "../support/stores.js";

/** More rows than go into the journal. */
const many = (from: number, rows = 300) => scoredRows(noon + from, ...Array.from({ length: rows }, (_, i) => from + i));

const first = (commit: number) => commit === 0;

// The tests change settings while a log is open, which its configuration lock forbids.
const create = DuckDBInstance.create;
beforeAll(() => {
  DuckDBInstance.create = (path, options) =>
    create.call(DuckDBInstance, path, { ...options, lock_configuration: "false" });
});
afterAll(() => {
  DuckDBInstance.create = create;
});

const run = DuckDBConnection.prototype.run;
afterEach(() => void vi.restoreAllMocks());

/**
 * Invalidates the DuckDB instance at some of the next commits, with DuckDB's debug setting for failed checkpoints.
 *
 * @param which selects commits by number, including those of journaled rows and of the control state
 * @param durable whether the commit itself succeeds
 */
function invalidateAt(which: (commit: number) => boolean, durable: boolean): { readonly count: () => number } {
  let [begun, count] = [0, 0];
  const ending = new WeakSet<DuckDBConnection>();
  vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(async function (this: DuckDBConnection, sql, ...rest) {
    if (sql === "BEGIN" && which(begun++)) {
      await run.call(this, "SET GLOBAL debug_checkpoint_abort = 'before_header'");
      if (durable) await run.call(this, "SET GLOBAL wal_autocheckpoint = '1B'");
      ending.add(this);
    }
    if (sql !== "COMMIT" || !ending.delete(this)) return run.call(this, sql, ...rest);
    count++;
    if (durable) return run.call(this, sql);
    await run.call(this, "ROLLBACK");
    await run.call(this, "CREATE OR REPLACE TABLE unused (value INTEGER)");
    return run.call(this, "CHECKPOINT");
  });
  return { count: () => count };
}

describe("when a commit invalidates the DuckDB instance", () => {
  it("acknowledges its rows if the commit succeeded", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraudLayout);
    const { count } = invalidateAt(first, true);
    expect(await log.append(many(0), rowMeta)).toEqual({ firstRow: 0n });
    expect(count()).toBe(1);
    expect(await log.append(many(300), rowMeta)).toEqual({ firstRow: 300n });
    expect(scoresOf(await store.readLog("fraud", { limit: 1000 }))).toEqual(
      Array.from({ length: 600 }, (_, i) => 599 - i),
    );
  });

  it("rejects its rows if the commit failed, and writes the next rows", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraudLayout);
    await log.append(many(0), rowMeta);
    invalidateAt(first, false);
    expect(await refusal(log.append(many(300), rowMeta), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7009 the rows could not be logged: FATAL Error: Failed to create checkpoint because of error: Checkpoint aborted before header write because of PRAGMA checkpoint_abort flag; none of them is in the log; make sure the disk has free space, then log them again"`,
    );
    await log.append(many(600), rowMeta);
    expect(scoresOf(await store.readLog("fraud", { limit: 1000 }))).toEqual(
      Array.from({ length: 900 }, (_, i) => 899 - i).filter((i) => i < 300 || i >= 600),
    );
  });

  it("a read that begins while the database is reopened runs again if the new session fails too", async () => {
    const unwritten = { failure: { cause: null }, uncertain: [], queued: [] };
    const session = (name: string) => ({
      name,
      use: (work: (self: unknown) => Promise<unknown>) => work(sessions[name]),
      abandon: async () => {
        await new Promise(setImmediate);
        return unwritten;
      },
      resume: () => Promise.resolve(),
      writer: { resumeRelaxed: () => undefined },
    });
    const sessions: Record<string, unknown> = { first: session("first"), next: session("next"), last: session("last") };
    const later = [sessions["next"], sessions["last"]];
    const database = new ReopeningDatabase("log", new RelaxedRows(), sessions["first"] as DatabaseSession, () =>
      Promise.resolve(later.shift() as DatabaseSession),
    );
    const fatal = () => Promise.reject(new Error("FATAL Error: the database has been invalidated"));
    await expect(database.use(fatal)).rejects.toThrow("FATAL");
    expect(await database.read((used) => (used === sessions["next"] ? fatal() : Promise.resolve(used)))).toBe(
      sessions["last"],
    );
  });

  it("a running read continues in the new session", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraudLayout);
    await log.append(many(0), rowMeta);
    const { count } = invalidateAt(first, true);
    const read: number[] = [];
    for await (const page of store.pages("fraud", {}, { rows: 100, bytes: Infinity })) {
      if (read.length === 0) await log.append(many(300), rowMeta);
      read.push(...scoresOf(page));
    }
    expect(count()).toBe(1);
    expect(read).toEqual(Array.from({ length: 300 }, (_, i) => 299 - i));
  });

  it.each([true, false])(
    "rows acknowledged by the journal are in the log once (commit succeeded: %s)",
    async (durable) => {
      const store = await storeIn(newFolder());
      const log = await store.openLog(fraudLayout);
      for (let i = 0; i < 30; i++) {
        await log.append(scoredRows(noon + i, i), rowMeta);
        if (i % 10 !== 5) continue;
        const { count } = invalidateAt(first, durable);
        expect(await rowIdsOf(store)).toHaveLength(i + 1);
        expect(count()).toBe(1);
        vi.restoreAllMocks();
      }
      expect(scoresOf(await store.readLog("fraud"))).toEqual(Array.from({ length: 30 }, (_, i) => 29 - i));
    },
  );

  it("writes to the challengers' tables continue too", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraudLayout);
    const { firstRow } = await log.append(scoredRows(noon, 1, 2), rowMeta);
    await log.flush();
    invalidateAt(first, true);
    await log.appendChallenger("rf", firstRow, 2, new Map([["variable", floats([2, 1], 7, 8)]]));
    await log.appendChallenger("rf", firstRow + 2n, 1, { note: "too late" });
    log.appendRelaxed(scoredRows(noon + 2, 3), rowMeta);
    await log.flush();
    const read = await store.readLog("fraud");
    expect(scoresOf(read)).toEqual([3, 2, 1]);
    expect(read.flatMap(({ notes }) => notes.get("rf"))).toEqual(["too late", null, null]);
  });

  it.each([
    [
      "saving a version",
      (store: Store) => store.saveVersion({ pipeline: "house", config: {}, models: [], deployedAt: new Date(noon) }),
    ],
    ["deleting old rows", (store: Store) => store.sweep()],
  ])("in %s, the error is reported and the log remains usable", async (_, work) => {
    const folder = newFolder();
    const store = await storeIn(folder, { retention: { age: 1000 * 86_400_000 } });
    const log = await store.openLog(fraudLayout);
    await log.append(scoredRows(Date.now() - 2000 * 86_400_000, 0), rowMeta);
    await log.append(many(1), rowMeta);
    await log.append(scoredRows(noon + 301, 301), rowMeta);
    await log.flush();
    const { count } = invalidateAt(first, true);
    expect(await refusal(work(store), [folder, "<folder>"])).toMatch(/^SL70(14|16) .*FATAL/);
    expect(count()).toBe(1);
    await log.append(scoredRows(noon + 302, 302), rowMeta);
    expect(scoresOf(await store.readLog("fraud", { limit: 302 }))).toEqual(
      Array.from({ length: 302 }, (_, i) => 302 - i),
    );
  });

  it("relaxed rows wait in memory until the database is reopened", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraudLayout);
    const create = DuckDBInstance.create.bind(DuckDBInstance);
    vi.spyOn(DuckDBInstance, "create").mockImplementationOnce(async (...options) => {
      expect(log.whenRoom()).toBeNull();
      log.appendRelaxed(scoredRows(noon + 300, 300), rowMeta);
      return create(...options);
    });
    invalidateAt(first, false);
    expect(await refusalError(log.append(many(0), rowMeta))).toMatchObject({ code: "SL7009" });
    expect(scoresOf(await store.readLog("fraud"))).toEqual([300]);
  });

  it("rows that arrive while the database is reopened get ids of their own", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraudLayout);
    await log.append(many(0), rowMeta);
    invalidateAt(first, false);
    const invalidated = DuckDBConnection.prototype.run;
    const amid: Promise<{ readonly firstRow: bigint }>[] = [];
    DuckDBConnection.prototype.run = function (sql, ...rest) {
      if (/^SELECT row .* LIMIT 1$/.test(sql)) amid.push(log.append(scoredRows(noon + 600, 600), rowMeta));
      return invalidated.call(this, sql, ...rest);
    };
    expect(await refusalError(log.append(many(300), rowMeta))).toMatchObject({ code: "SL7009" });
    await store.versions("fraud");
    DuckDBConnection.prototype.run = invalidated;
    expect(amid.length).toBeGreaterThan(0);
    await Promise.all(amid);
    expect(await log.append(scoredRows(noon + 601, 601), rowMeta)).toEqual({ firstRow: 600n + BigInt(amid.length) });
    expect(scoresOf(await store.readLog("fraud", { limit: amid.length + 1 }))).toEqual([601, ...amid.map(() => 600)]);
  });

  it("repeatedly under load, every acknowledged row is in the log once, and no rejected row is", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraudLayout);
    const { count } = invalidateAt((commit) => commit % 5 === 2, false);
    const acknowledged = new Map<bigint, number>();
    const codes = new Set<unknown>();
    const refuse = async (error: unknown) => {
      codes.add((error as ShapelineError).code);
      await new Promise((resolve) => setTimeout(resolve, 10));
    };
    const writer = async (k: number) => {
      for (let i = 0; count() < 5; i++) {
        const rows = i % 8 === k ? 300 : 1 + (i % 3);
        await log
          .append(many(1000 * (100 * k + i), rows), rowMeta)
          .then(({ firstRow }) => acknowledged.set(firstRow, rows), refuse);
      }
    };
    const reader = async () => {
      while (count() < 5) await store.readLog("fraud", { limit: 10 }).catch(refuse);
    };
    await Promise.all([...Array.from({ length: 8 }, (_, k) => writer(k)), reader()]);
    vi.restoreAllMocks();
    expect([...codes].filter((code) => !["SL7009", "SL7018", "SL7019"].includes(String(code)))).toEqual([]);
    await vi.waitFor(() => store.versions("fraud"), { timeout: 60_000, interval: 50 });
    const expected = [...acknowledged].flatMap(([first, rows]) =>
      Array.from({ length: rows }, (_, i) => first + BigInt(i)),
    );
    const found = await rowIdsOf(store);
    expect(new Set(found).size).toBe(found.length);
    expect(found.toSorted((a, b) => Number(a - b))).toEqual(expected.toSorted((a, b) => Number(a - b)));
    await store.close();
    expect(await rowIdsOf(await storeIn(folder))).toHaveLength(found.length);
  });
});

describe("while the database cannot be reopened", () => {
  it("rejects writes and reads with the reason; later recovers, with the rows of the journal", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraudLayout);
    await log.append(many(0), rowMeta);
    const create = vi.spyOn(DuckDBInstance, "create").mockRejectedValue(new Error("IO Error: No space left on device"));
    invalidateAt(first, false);
    await log.append(scoredRows(noon + 300, 300), rowMeta);
    expect(await refusal(store.readLog("fraud"), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7019 the log '<folder>/shapeline.duckdb' was closed after an error and cannot be reopened: IO Error: No space left on device; no acknowledged row is lost, and Shapeline retries every second; make sure the disk has free space"`,
    );
    expect(await refusal(log.append(many(400), rowMeta), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7009 the rows could not be logged: IO Error: No space left on device; none of them is in the log; make sure the disk has free space, then log them again"`,
    );
    expect(await refusal(log.append(scoredRows(noon, 400), rowMeta), [folder, "<folder>"])).toContain("SL7009");
    expect(await refusal(store.versions("fraud"), [folder, "<folder>"])).toContain("SL7019");
    expect(create.mock.calls.length).toBe(1);
    create.mockRestore();
    await vi.waitFor(async () => expect(scoresOf(await store.readLog("fraud", { limit: 1 }))).toEqual([300]), {
      timeout: 60_000,
      interval: 50,
    });
    await log.append(scoredRows(noon + 301, 301), rowMeta);
    expect(scoresOf(await store.readLog("fraud", { limit: 1000 }))).toEqual(
      Array.from({ length: 302 }, (_, i) => 301 - i),
    );
  });

  it("can be closed without losing acknowledged rows", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraudLayout);
    vi.spyOn(DuckDBInstance, "create").mockRejectedValue(new Error("IO Error: No space left on device"));
    invalidateAt(first, false);
    await log.append(scoredRows(noon, 1, 2), rowMeta);
    expect(await refusal(log.flush(), [folder, "<folder>"])).toContain("SL7019");
    expect(await refusal(store.close(), [folder, "<folder>"])).toContain("SL7019");
    vi.restoreAllMocks();
    expect(scoresOf(await (await storeIn(folder)).readLog("fraud"))).toEqual([2, 1]);
  });

  it("because another process owns the folder: the rows of both are in the log once after that process ends", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(wideLayout);
    const create = DuckDBInstance.create.bind(DuckDBInstance);
    invalidateAt(first, false);
    await log.append(wideRow(7), rowMeta);
    const opened = vi.spyOn(DuckDBInstance, "create").mockImplementationOnce(async (...options) => {
      expect(await startChild("idle", folder).exited()).toMatchObject({ code: 0, stderr: "" });
      return create(...options);
    });
    expect(scoresOf(await store.readLog("fraud"))).toEqual([1, 7]);
    expect(opened).toHaveBeenCalledOnce();
    expect(await log.append(wideRow(9), rowMeta)).toEqual({ firstRow: 2n });
    expect(await rowIdsOf(store)).toEqual([2n, 1n, 0n]);
  });
});
