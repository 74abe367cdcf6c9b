import { cpSync, existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Journal } from "../../../src/logs/write/journal.js";
import { readRecords } from "../../../src/logs/write/journal-record.js";
import { startChild } from "../support/child-process.js";
import { noon, fraudLayout, rowMeta, scoredRows, scoresOf } from "../support/sample-rows.js";
import { newFolder, rowIdsOf, storeIn, warningsOf } from "../support/stores.js";

const journals = ["shapeline.journal-a", "shapeline.journal-b"];

// Fake timers stop the writer from moving rows into the database by itself: only `flush` does.
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A copy of the folder, as it would be after a crash. */
function copyAfterCrash(folder: string, only: (name: string) => boolean = () => true): string {
  const copy = newFolder();
  for (const name of readdirSync(folder))
    if (!name.endsWith(".sock") && only(name)) cpSync(join(folder, name), join(copy, name));
  return copy;
}

const scoresIn = async (folder: string) => scoresOf(await (await storeIn(folder)).readLog("fraud", { limit: 10_000 }));

describe("the journal", () => {
  it("stores acknowledged rows until they are in the database, and is deleted on close", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const log = await store.openLog(fraudLayout);
    await log.append(scoredRows(noon, 1, 2), rowMeta);
    await log.append(scoredRows(noon + 2, 3), rowMeta);
    expect(await scoresIn(copyAfterCrash(folder))).toEqual([3, 2, 1]);
    expect(await scoresIn(copyAfterCrash(folder, (name) => !journals.includes(name)))).toEqual([]);
    await log.flush();
    expect(await scoresIn(copyAfterCrash(folder, (name) => !journals.includes(name)))).toEqual([3, 2, 1]);
    await store.close();
    expect(journals.filter((name) => existsSync(join(folder, name)))).toEqual([]);
    expect(await scoresIn(folder)).toEqual([3, 2, 1]);
  });

  it("replays no row twice: recognizes by id the rows that are in the database already", async () => {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    await log.append(scoredRows(noon, 1), rowMeta);
    await log.flush();
    await log.append(scoredRows(noon + 1, 2), rowMeta);
    const copy = copyAfterCrash(folder);
    expect(await scoresIn(copy)).toEqual([2, 1]);
    expect(await scoresIn(copyAfterCrash(folder))).toEqual([2, 1]);
  });

  it("alternates between its files; a crash in any round loses no row", async () => {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    let next = 0;
    for (const rows of [1, 40, 3, 17, 1, 1, 90]) {
      await Promise.all(Array.from({ length: rows }, () => log.append(scoredRows(noon + next, next++), rowMeta)));
      expect((await scoresIn(copyAfterCrash(folder))).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: next }, (_, i) => i),
      );
      await log.flush();
    }
  });

  it.each([
    ["cut", (file: string) => truncateSync(file, statSync(file).size - 5)],
    ["overwritten", (file: string) => writeFileSync(file, readFileSync(file).fill(0x5a, statSync(file).size - 40))],
  ])("loses only the incomplete record if its end is %s", async (_, damage) => {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    for (const i of [0, 1, 2]) await log.append(scoredRows(noon + i, i), rowMeta);
    const copy = copyAfterCrash(folder);
    const [file] = journals.map((name) => join(copy, name)).filter((path) => statSync(path).size > 0);
    damage(file ?? "");
    expect(await scoresIn(copy)).toEqual([1, 0]);
  });

  /** A journal of three records with the scores 0, 1 and 2, and the offset of each. */
  async function threeRecords(): Promise<{ folder: string; file: string; starts: readonly number[] }> {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    for (const i of [0, 1, 2]) await log.append(scoredRows(noon + i, i), rowMeta);
    const copy = copyAfterCrash(folder);
    const file = journals.map((name) => join(copy, name)).find((path) => statSync(path).size > 0) ?? "";
    const length = statSync(file).size / 3;
    return { folder: copy, file, starts: [0, length, 2 * length] };
  }

  const overwrite = (file: string, from: number, bytes: number) =>
    writeFileSync(file, readFileSync(file).fill(0x5a, from, from + bytes));

  describe("a damaged journal with an undamaged database", () => {
    it.each([
      ["body of the first record", 0, 100, [2, 1]],
      ["header of the first record", 0, 0, [2, 1]],
      ["body of a middle record", 1, 100, [2, 0]],
      ["header of a middle record", 1, 0, [2, 0]],
    ])("%s: replays all other rows, keeps the file and warns", async (_, record, at, left) => {
      const { folder, file, starts } = await threeRecords();
      overwrite(file, (starts[record] ?? 0) + at, 8);
      const before = readFileSync(file);
      const warnings = await warningsOf(folder, async () => expect(await scoresIn(folder)).toEqual(left));
      expect(warnings.map((text) => text.replace(/journal-./g, "journal"))).toEqual([
        "the journal '<folder>/shapeline.journal' is damaged: acknowledged rows in its broken records may be missing from the log; all other rows were recovered; the file is kept as '<folder>/shapeline.journal.damaged-<time>': restore the log from a copy, or delete that file to continue without those rows",
      ]);
      const kept = readdirSync(folder).filter((name) => name.includes("damaged"));
      expect(kept.map((name) => readFileSync(join(folder, name)))).toEqual([before]);
    });

    it.each([
      ["body", 100],
      ["header", 0],
    ])("%s of its only record: keeps the file and warns", async (_, at) => {
      const { folder, file, starts } = await threeRecords();
      truncateSync(file, starts[1]);
      overwrite(file, at, 8);
      expect(await warningsOf(folder, async () => expect(await scoresIn(folder)).toEqual([]))).toEqual([
        expect.stringContaining("is damaged"),
      ]);
      expect(readdirSync(folder).filter((name) => name.includes("damaged"))).toHaveLength(1);
    });
  });

  it.each([
    [
      "the only record is cut",
      (file: string, starts: readonly number[]) => truncateSync(file, (starts[1] ?? 0) - 5),
      [],
    ],
    ["the last record is cut", (file: string) => truncateSync(file, statSync(file).size - 5), [1, 0]],
    [
      "only a header was written",
      (file: string, starts: readonly number[]) => truncateSync(file, (starts[2] ?? 0) + 20),
      [1, 0],
    ],
    ["the file was extended but never written", (file: string) => writeFileSync(file, new Uint8Array(5000)), []],
  ])("does not warn after a crash in which %s: those rows were never acknowledged", async (_, cut, left) => {
    const { folder, file, starts } = await threeRecords();
    cut(file, starts);
    expect(await warningsOf(folder, async () => expect(await scoresIn(folder)).toEqual(left))).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.includes("damaged"))).toEqual([]);
  });

  it("does not warn about records left over from earlier rounds, even if the last record was cut while overwriting them", async () => {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    let next = 0;
    for (const rows of [9, 8, 7, 6, 2]) {
      for (let i = 0; i < rows; i++) await log.append(scoredRows(noon + next, next++), rowMeta);
      const copy = copyAfterCrash(folder);
      expect((await scoresIn(copy)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, i) => i));
      await log.flush();
    }
    // The file of the last round: two records, followed by records of earlier rounds.
    const round = copyAfterCrash(folder);
    const file =
      journals.map((name) => join(round, name)).find((path) => readRecords(readFileSync(path)).records.length === 2) ??
      "";
    const length = readFileSync(file).readUInt32LE(4);
    expect(statSync(file).size).toBe(9 * length);
    overwrite(file, length + 200, length - 200);
    expect((await scoresIn(round)).length).toBe(next);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it("cannot be written: rows go directly into the database", async () => {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    const write = vi.spyOn(Journal.prototype, "write").mockRejectedValue(new TypeError("ENOSPC"));
    await Promise.all([1, 2, 3].map((i) => log.append(scoredRows(noon + i, i), rowMeta)));
    write.mockRestore();
    expect(await scoresIn(copyAfterCrash(folder, (name) => !journals.includes(name)))).toEqual([3, 2, 1]);
  });

  it("is replayed when the log is opened for reading only", async () => {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    await log.append(scoredRows(noon, 1), rowMeta);
    expect(scoresOf(await (await storeIn(copyAfterCrash(folder), { readOnly: true })).readLog("fraud"))).toEqual([1]);
  });

  it("warns about rows of unknown tables", async () => {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    await log.append(scoredRows(noon, 1), rowMeta);
    const copy = copyAfterCrash(folder, (name) => journals.includes(name));
    expect(await warningsOf(copy, async () => (await storeIn(copy)).close())).toMatchInlineSnapshot(`
    [
      "1 rows of the journal in '<folder>' belong to no pipeline version in the log and were skipped",
    ]
  `);
  });

  it("is replayed after kill -9, with every acknowledged row once", async () => {
    const folder = newFolder();
    const child = startChild("write", folder);
    const acknowledged: bigint[] = [];
    while (acknowledged.length < 400) acknowledged.push(BigInt(await child.line()));
    acknowledged.push(...(await child.killAndReadLines()).map(BigInt));
    expect(journals.some((name) => statSync(join(folder, name)).size > 0)).toBe(true);
    const found = await rowIdsOf(await storeIn(folder));
    expect(new Set(found).size).toBe(found.length);
    expect(acknowledged.filter((row) => !found.includes(row))).toEqual([]);
  });
});
