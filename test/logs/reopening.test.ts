import { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ShapelineError } from "../../dsl/errors.js";
import type { Store } from "../../src/logs/store.js";
import { refusal } from "../refusal.js";
import { floats, fraud, meta, newFolder, scored, scores, storeIn } from "./batches.js";
import { startChild } from "./child.js";
import { fraudLayout, oneRow, rowMeta } from "./one-row.js";

const noon = Date.UTC(2026, 0, 31, 12);
/** More rows than go to the journal. */
const many = (from: number, rows = 300) => scored(noon + from, ...Array.from({ length: rows }, (_, i) => from + i));

const first = (commit: number) => commit === 0;

const run = DuckDBConnection.prototype.run;
afterEach(() => void vi.restoreAllMocks());

/**
 * Lets DuckDB end for good at some of the next commits, as it does when it cannot tidy its file: its own switch for that is used.
 *
 * @param which by number, those of the journal's rows included, and of the control state
 * @param durable whether the commit itself is done
 */
function endAt(which: (commit: number) => boolean, durable: boolean): { readonly ends: () => number } {
  let [begun, ends] = [0, 0];
  const ending = new WeakSet<DuckDBConnection>();
  vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(async function (this: DuckDBConnection, sql, ...rest) {
    if (sql === "BEGIN" && which(begun++)) {
      await run.call(this, "SET GLOBAL debug_checkpoint_abort = 'before_header'");
      if (durable) await run.call(this, "SET GLOBAL wal_autocheckpoint = '1B'");
      ending.add(this);
    }
    if (sql !== "COMMIT" || !ending.delete(this)) return run.call(this, sql, ...rest);
    ends++;
    if (durable) return run.call(this, sql);
    await run.call(this, "ROLLBACK");
    await run.call(this, "CREATE OR REPLACE TABLE nothing (at_all INTEGER)");
    return run.call(this, "CHECKPOINT");
  });
  return { ends: () => ends };
}

const idsOf = async (store: Store) =>
  (await store.readLog("fraud", { limit: 1_000_000 })).flatMap(({ rowIds }) => rowIds);

describe("where DuckDB takes nothing more after a commit", () => {
  it("rows are acknowledged that this commit has written after all", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraud);
    const { ends } = endAt(first, true);
    expect(await log.append(many(0), meta)).toEqual({ firstRow: 0n });
    expect(ends()).toBe(1);
    expect(await log.append(many(300), meta)).toEqual({ firstRow: 300n });
    expect(scores(await store.readLog("fraud", { limit: 1000 }))).toEqual(
      Array.from({ length: 600 }, (_, i) => 599 - i),
    );
  });

  it("rows are refused that it has not written, and the next ones go in", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraud);
    await log.append(many(0), meta);
    endAt(first, false);
    expect(await refusal(log.append(many(300), meta), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7009 the rows could not be logged: FATAL Error: Failed to create checkpoint because of error: Checkpoint aborted before header write because of PRAGMA checkpoint_abort flag; none of them is in the log; make sure the disk has free space, then log them again"`,
    );
    await log.append(many(600), meta);
    expect(scores(await store.readLog("fraud", { limit: 1000 }))).toEqual(
      Array.from({ length: 900 }, (_, i) => 899 - i).filter((i) => i < 300 || i >= 600),
    );
  });

  it("a reading that is under way goes on in the new opening", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraud);
    await log.append(many(0), meta);
    const { ends } = endAt(first, true);
    const read: number[] = [];
    for await (const page of store.pages("fraud", {}, { rows: 100, bytes: Infinity })) {
      if (read.length === 0) await log.append(many(300), meta);
      read.push(...scores(page));
    }
    expect(ends()).toBe(1);
    expect(read).toEqual(Array.from({ length: 300 }, (_, i) => 299 - i));
  });

  it.each([true, false])(
    "nobody notices who has an acknowledgement from the journal (written: %s)",
    async (durable) => {
      const store = await storeIn(newFolder());
      const log = await store.openLog(fraud);
      for (let i = 0; i < 30; i++) {
        await log.append(scored(noon + i, i), meta);
        if (i % 10 !== 5) continue;
        const { ends } = endAt(first, durable);
        expect((await idsOf(store)).length).toBe(i + 1);
        expect(ends()).toBe(1);
        vi.restoreAllMocks();
      }
      expect(scores(await store.readLog("fraud"))).toEqual(Array.from({ length: 30 }, (_, i) => 29 - i));
    },
  );

  it("the pipeline's other tables go on too", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraud);
    const { firstRow } = await log.append(scored(noon, 1, 2), meta);
    await log.flush();
    endAt(first, true);
    await log.appendChallenger("rf", firstRow, 2, new Map([["variable", floats([2, 1], 7, 8)]]));
    await log.appendChallenger("rf", firstRow + 2n, 1, { note: "too late" });
    log.appendRelaxed(scored(noon + 2, 3), meta);
    await log.flush();
    const read = await store.readLog("fraud");
    expect(scores(read)).toEqual([3, 2, 1]);
    expect(read.flatMap(({ notes }) => notes.get("rf"))).toEqual(["too late", null, null]);
  });

  it.each([
    [
      "a version that is saved",
      (store: Store) => store.saveVersion({ pipeline: "house", config: {}, models: [], deployedAt: new Date(noon) }),
    ],
    ["old rows that are deleted", (store: Store) => store.sweep()],
  ])("by %s, what fails is told, and the log goes on", async (_, work) => {
    const folder = newFolder();
    const store = await storeIn(folder, { retention: { age: 1000 * 86_400_000 } });
    const log = await store.openLog(fraud);
    await log.append(scored(Date.now() - 2000 * 86_400_000, 0), meta);
    await log.append(many(1), meta);
    await log.append(scored(noon + 301, 301), meta);
    await log.flush();
    const { ends } = endAt(first, true);
    expect(await refusal(work(store), [folder, "<folder>"])).toMatch(/^SL70(14|16) .*FATAL/);
    expect(ends()).toBe(1);
    await log.append(scored(noon + 302, 302), meta);
    expect(scores(await store.readLog("fraud", { limit: 302 }))).toEqual(
      Array.from({ length: 302 }, (_, i) => 302 - i),
    );
  });

  it("relaxed rows wait until it is opened again", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraud);
    const create = DuckDBInstance.create.bind(DuckDBInstance);
    vi.spyOn(DuckDBInstance, "create").mockImplementationOnce(async (...options) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return create(...options);
    });
    endAt(first, false);
    const refused = log.append(many(0), meta).catch((error: unknown) => (error as ShapelineError).code);
    await vi.waitFor(() => expect(log.whenRoom()).not.toBeNull(), { interval: 1 });
    await log.whenRoom();
    expect(log.whenRoom()).toBeNull();
    expect(await refused).toBe("SL7009");
    log.appendRelaxed(scored(noon + 300, 300), meta);
    expect(scores(await store.readLog("fraud"))).toEqual([300]);
  });

  it("again and again under load, every acknowledged row is there once and no refused one is", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraud);
    const { ends } = endAt((commit) => commit % 5 === 2, false);
    const told = new Map<bigint, number>();
    const refused = new Set<unknown>();
    const refuse = async (error: unknown) => {
      refused.add((error as ShapelineError).code);
      await new Promise((resolve) => setTimeout(resolve, 10));
    };
    const writer = async (k: number) => {
      for (let i = 0; ends() < 5; i++) {
        const rows = i % 8 === k ? 300 : 1 + (i % 3);
        await log
          .append(many(1000 * (100 * k + i), rows), meta)
          .then(({ firstRow }) => told.set(firstRow, rows), refuse);
      }
    };
    const reader = async () => {
      while (ends() < 5) await store.readLog("fraud", { limit: 10 }).catch(refuse);
    };
    await Promise.all([...Array.from({ length: 8 }, (_, k) => writer(k)), reader()]);
    vi.restoreAllMocks();
    expect([...refused].filter((code) => !["SL7009", "SL7018", "SL7019"].includes(String(code)))).toEqual([]);
    await vi.waitFor(() => store.versions("fraud"), { timeout: 5000, interval: 50 });
    const wanted = [...told].flatMap(([first, rows]) => Array.from({ length: rows }, (_, i) => first + BigInt(i)));
    const found = await idsOf(store);
    expect(new Set(found).size).toBe(found.length);
    expect(found.toSorted((a, b) => Number(a - b))).toEqual(wanted.toSorted((a, b) => Number(a - b)));
    await store.close();
    expect((await idsOf(await storeIn(folder))).length).toBe(found.length);
  }, 60_000);
});

describe("while the log cannot be opened again", () => {
  it("rows and reads are refused with the reason; as soon as it can, all go on, with what the journal holds", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraud);
    await log.append(many(0), meta);
    const create = vi
      .spyOn(DuckDBInstance, "create")
      .mockRejectedValue(new TypeError("IO Error: No space left on device"));
    endAt(first, false);
    await log.append(scored(noon + 300, 300), meta);
    expect(await refusal(store.readLog("fraud"), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7019 the log '<folder>/shapeline.duckdb' was closed after an error and cannot be reopened: IO Error: No space left on device; no acknowledged row is lost, and Shapeline retries every second; make sure the disk has free space"`,
    );
    expect(await refusal(log.append(many(400), meta), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7009 the rows could not be logged: IO Error: No space left on device; none of them is in the log; make sure the disk has free space, then log them again"`,
    );
    expect(await refusal(log.append(scored(noon, 400), meta), [folder, "<folder>"])).toContain("SL7009");
    expect(await refusal(store.versions("fraud"), [folder, "<folder>"])).toContain("SL7019");
    expect(create.mock.calls.length).toBe(1);
    create.mockRestore();
    await vi.waitFor(async () => expect(scores(await store.readLog("fraud", { limit: 1 }))).toEqual([300]), {
      timeout: 5000,
      interval: 50,
    });
    await log.append(scored(noon + 301, 301), meta);
    expect(scores(await store.readLog("fraud", { limit: 1000 }))).toEqual(
      Array.from({ length: 302 }, (_, i) => 301 - i),
    );
  });

  it("it can be closed, and nothing acknowledged is lost", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraud);
    vi.spyOn(DuckDBInstance, "create").mockRejectedValue(new TypeError("IO Error: No space left on device"));
    endAt(first, false);
    await log.append(scored(noon, 1, 2), meta);
    expect(await refusal(log.flush(), [folder, "<folder>"])).toContain("SL7019");
    expect(await refusal(store.close(), [folder, "<folder>"])).toContain("SL7019");
    vi.restoreAllMocks();
    expect(scores(await (await storeIn(folder)).readLog("fraud"))).toEqual([2, 1]);
  });

  it("because another process has taken the folder, its rows and ours are there once when it is gone", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraudLayout);
    const create = DuckDBInstance.create.bind(DuckDBInstance);
    endAt(first, false);
    await log.append(oneRow(7), rowMeta);
    const opened = vi.spyOn(DuckDBInstance, "create").mockImplementationOnce(async (...options) => {
      expect(await startChild("idle", folder).ended()).toMatchObject({ code: 0, stderr: "" });
      return create(...options);
    });
    expect(scores(await store.readLog("fraud"))).toEqual([7, 1]);
    expect(opened).toHaveBeenCalledOnce();
    expect(await log.append(oneRow(9), rowMeta)).toEqual({ firstRow: 2n });
    expect(await idsOf(store)).toEqual([2n, 0n, 1n]);
  });
});
