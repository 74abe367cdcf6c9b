import { cpSync, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DuckDBConnection } from "@duckdb/node-api";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { StorageError } from "../../../dsl/errors.js";
import { openStore } from "../../../src/logs/open-store.js";
import type { PipelineLog } from "../../../src/logs/pipeline-log.js";
import { rowMeta, wideLayout, wideRow, wideRows } from "../support/sample-rows.js";
import { newFolder, rowIdsOf, storeIn } from "../support/stores.js";

const open = async () => {
  const folder = join(newFolder(), "data");
  const errors: StorageError[] = [];
  const store = await openStore(folder, { onError: (error) => errors.push(error) });
  const log = await store.openLog(wideLayout);
  await log.append(wideRow(0), rowMeta);
  return { folder, store, log, errors };
};

const lose: readonly [string, (folder: string) => void][] = [
  ["the folder was deleted", (folder) => rmSync(folder, { recursive: true })],
  ["the folder was moved away", (folder) => renameSync(folder, `${folder}-moved`)],
  ["the folder was replaced by a copy", replaceByCopy],
  ["the database file was deleted", (folder) => rmSync(join(folder, "shapeline.duckdb"))],
  ["a journal file was deleted", (folder) => rmSync(join(folder, "shapeline.journal-a"))],
];

describe.skipIf(process.platform === "win32").each(lose)("if %s under an open log", (_, act) => {
  it("no row is acknowledged from then on", async () => {
    const { folder, store, log } = await open();
    act(folder);
    let acknowledged = 0;
    for (let i = 1; i <= 50; i++) {
      const code = await log.append(wideRow(i), rowMeta).then(
        () => ((acknowledged += 1), ""),
        (error: unknown) => (error as StorageError).code,
      );
      expect(code).toBe("SL7001");
    }
    expect(acknowledged).toBe(0);
    // Large batches do not go through the journal.
    await expect(log.append(wideRows(2000), rowMeta)).rejects.toMatchObject({ code: "SL7001" });
    expect(store.problem()?.message).toMatch(/of the data folder '.*' was (deleted|replaced) while the log was open/);
    await expect(store.close()).rejects.toMatchObject({ code: "SL7001" });
  });

  it("relaxed rows fail within a thousand of them, or within a second", async () => {
    const { folder, store, log, errors } = await open();
    act(folder);
    let accepted = 0;
    let code = "";
    for (const end = performance.now() + 1000; performance.now() < end && code === "";) {
      try {
        await log.whenRoom();
        log.appendRelaxed(wideRow(1), rowMeta);
        accepted += 1;
      } catch (error) {
        code = (error as StorageError).code;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(code).toBe("SL7009");
    expect(accepted).toBeLessThanOrEqual(1100);
    expect(errors[0]?.code).toBe("SL7009");
    await store.close().catch(() => undefined);
  });
});

/** Starts the statements of DuckDB late, as a machine does whose threads are busy. */
function startStatementsLate(milliseconds: number): void {
  const run = DuckDBConnection.prototype.run;
  const spy = vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(async function (
    this: DuckDBConnection,
    ...args
  ) {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return run.apply(this, args);
  });
  onTestFinished(() => void spy.mockRestore());
}

/** Puts a copy in the place of a folder. */
function replaceByCopy(folder: string): void {
  cpSync(folder, `${folder}-copy`, { recursive: true });
  renameSync(folder, `${folder}-moved`);
  renameSync(`${folder}-copy`, folder);
}

describe.skipIf(process.platform === "win32").each([
  [
    "that has noticed it",
    async (log: PipelineLog) => void (await log.append(wideRow(2), rowMeta).catch(() => undefined)),
  ],
  ["that has not noticed it yet", () => Promise.resolve()],
])("closing a log %s when its folder was replaced", (_, notice) => {
  it.each([0, 50])("changes nothing in the new folder if statements start %i ms late", async (late) => {
    const { folder, store, log } = await open();
    // The copy has a write-ahead log and a journal with rows.
    await log.flush();
    await log.append(wideRow(1), rowMeta);
    replaceByCopy(folder);
    startStatementsLate(late);
    const before = readdirSync(folder).sort();
    expect(before).toContain("shapeline.duckdb.wal");
    await notice(log);
    await store.close().catch(() => undefined);
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(await rowIdsOf(await storeIn(folder))).toEqual([1n, 0n]);
    expect(existsSync(`${folder}-moved`)).toBe(true);
  });
});
