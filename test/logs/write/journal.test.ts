import { cpSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Journal, readJournal } from "../../../src/logs/write/journal.js";
import { readMarks } from "../../../src/logs/write/journal-marker.js";
import { JournalRecordWriter, readRecords } from "../../../src/logs/write/journal-record.js";
import { slow } from "../../slow.js";
import { startChild } from "../support/child-process.js";
import { noon, fraudLayout, rowMeta, scoredRows, scoresOf } from "../support/sample-rows.js";
import { newFolder, rowIdsOf, storeIn, warningsOf } from "../support/stores.js";

const journals = ["shapeline.journal-a", "shapeline.journal-b"];

// Fake timers stop the writer from moving rows into the database by itself: only `flush` does.
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const marker = "shapeline.journal-acked";
const withoutJournal = (name: string) => !name.startsWith("shapeline.journal");

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
    expect(await scoresIn(copyAfterCrash(folder, withoutJournal))).toEqual([]);
    await log.flush();
    expect(await scoresIn(copyAfterCrash(folder, withoutJournal))).toEqual([3, 2, 1]);
    await store.close();
    expect(readdirSync(folder)).toEqual(["shapeline.duckdb"]);
    expect(await scoresIn(folder)).toEqual([3, 2, 1]);
  });

  it("replays no row twice: recognizes by id the rows that are in the database already", async () => {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    await log.append(scoredRows(noon, 1), rowMeta);
    // The process ends after the commit, before the marker says so.
    const before = copyAfterCrash(folder, (name) => name === marker);
    await log.flush();
    const copy = copyAfterCrash(folder);
    cpSync(join(before, marker), join(copy, marker));
    expect(await scoresIn(copy)).toEqual([1]);
    await log.append(scoredRows(noon + 1, 2), rowMeta);
    expect(await scoresIn(copyAfterCrash(folder))).toEqual([2, 1]);
    expect(await scoresIn(copyAfterCrash(folder, (name) => name !== marker))).toEqual([2, 1]);
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

  /**
   * A journal of three records with the scores 0, 1 and 2, and the offset of each.
   *
   * @param acknowledged records that the marker knows; null: there is no marker, as in folders of older versions
   */
  async function threeRecords(
    acknowledged: number | null = 3,
  ): Promise<{ folder: string; file: string; starts: readonly number[] }> {
    const folder = newFolder();
    const log = await (await storeIn(folder)).openLog(fraudLayout);
    const markers = [copyAfterCrash(folder, (name) => name === marker)];
    for (const i of [0, 1, 2]) {
      await log.append(scoredRows(noon + i, i), rowMeta);
      markers.push(copyAfterCrash(folder, (name) => name === marker));
    }
    const copy = copyAfterCrash(folder, (name) => name !== marker);
    if (acknowledged !== null) cpSync(join(markers[acknowledged] ?? "", marker), join(copy, marker));
    const file = journals.map((name) => join(copy, name)).find((path) => statSync(path).size > 0) ?? "";
    const length = statSync(file).size / 3;
    return { folder: copy, file, starts: [0, length, 2 * length] };
  }

  const overwrite = (file: string, from: number, bytes: number) =>
    writeFileSync(file, readFileSync(file).fill(0x5a, from, from + bytes));

  const keptFiles = (folder: string) => readdirSync(folder).filter((name) => name.includes("damaged"));

  describe("a damaged journal with an undamaged database", () => {
    const places: [string, number, number, readonly number[]][] = [
      ["body of the first record", 0, 100, [2, 1]],
      ["header of the first record", 0, 0, [2, 1]],
      ["body of a middle record", 1, 100, [2, 0]],
      ["header of a middle record", 1, 0, [2, 0]],
    ];
    const warningsAbout = async (folder: string, left: readonly number[]) =>
      (await warningsOf(folder, async () => expect(await scoresIn(folder)).toEqual(left))).map((text) =>
        text.replace(/journal-./g, "journal").replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>"),
      );

    it.each([
      ...places.map((place) => [...place, place[1] + 1] as const),
      ["body of the newest record", 2, 100, [1, 0], 3] as const,
      ["header of the newest record", 2, 0, [1, 0], 3] as const,
    ])("%s: replays all other rows, keeps the file and says what is missing", async (_, record, at, left, sequence) => {
      const { folder, file, starts } = await threeRecords();
      overwrite(file, (starts[record] ?? 0) + at, 8);
      const before = readFileSync(file);
      expect(await warningsAbout(folder, left)).toEqual([
        `the journal '<folder>/shapeline.journal' is damaged: 1 acknowledged rows, logged between <time> and <time> (records ${sequence} to ${sequence}), may be missing from the log; all other rows were recovered; the file is kept as '<folder>/shapeline.journal.damaged-<time>': restore the log from a copy, or delete that file to continue without those rows`,
      ]);
      expect(keptFiles(folder).map((name) => readFileSync(join(folder, name)))).toEqual([before]);
    });

    it.each(places)("%s, without a marker: replays all other rows, keeps the file and warns", async (...place) => {
      const [, record, at, left] = place;
      const { folder, file, starts } = await threeRecords(null);
      overwrite(file, (starts[record] ?? 0) + at, 8);
      const before = readFileSync(file);
      expect(await warningsAbout(folder, left)).toEqual([
        "the journal '<folder>/shapeline.journal' is damaged: acknowledged rows in its broken records may be missing from the log; all other rows were recovered; the file is kept as '<folder>/shapeline.journal.damaged-<time>': restore the log from a copy, or delete that file to continue without those rows",
      ]);
      expect(keptFiles(folder).map((name) => readFileSync(join(folder, name)))).toEqual([before]);
    });

    it.each([
      ["body", 100],
      ["header", 0],
    ])("%s of its only record, without a marker: keeps the file and warns", async (_, at) => {
      const { folder, file, starts } = await threeRecords(null);
      truncateSync(file, starts[1]);
      overwrite(file, at, 8);
      expect(await warningsAbout(folder, [])).toEqual([expect.stringContaining("is damaged")]);
      expect(keptFiles(folder)).toHaveLength(1);
    });

    it("cuts and flips in the newest record are noticed, with the number of its rows", { tags: ["slow"] }, async () => {
      const step = slow ? 1 : 13;
      const folder = newFolder();
      const log = await (await storeIn(folder)).openLog(fraudLayout);
      await log.append(scoredRows(noon, 0), rowMeta);
      await Promise.all(Array.from({ length: 4 }, (_, i) => log.append(scoredRows(noon + i, i, i, i), rowMeta)));
      const crashed = copyAfterCrash(folder, (name) => journals.includes(name) || name === marker);
      const [file] = journals.map((name) => join(crashed, name)).filter((path) => statSync(path).size > 0);
      const bytes = readFileSync(file ?? "");
      expect(readJournal(crashed)).toMatchObject({ missing: null, damaged: [] });
      const first = bytes.readUInt32LE(4);
      const lost = { damaged: [file], missing: { rows: 12, first: 2, last: 2 } };
      for (let cut = first; cut < bytes.length; cut += step) {
        writeFileSync(file ?? "", bytes.subarray(0, cut));
        expect(readJournal(crashed)).toMatchObject(lost);
      }
      for (let at = first; at < bytes.length; at += step) {
        // Bytes 12 to 16 of a record have no meaning.
        if (at - first >= 12 && at - first < 16) continue;
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
        writeFileSync(file ?? "", flipped);
        expect(readJournal(crashed)).toMatchObject(lost);
      }
    });

    it.each([true, false])(
      "that lost both files: says how many rows were in them (opened for reading: %s)",
      async (readOnly) => {
        const { folder } = await threeRecords();
        for (const name of journals) rmSync(join(folder, name));
        const warnings = await warningsOf(folder, async () => {
          expect(scoresOf(await (await storeIn(folder, { readOnly })).readLog("fraud"))).toEqual([]);
        });
        expect(warnings).toEqual([
          expect.stringMatching(
            / 3 acknowledged rows, .* \(records 1 to 3\), may be missing .*; its files are gone: restore/,
          ),
        ]);
      },
    );

    it("records of the file that is being moved are missing too: both files are kept", async () => {
      const folder = newFolder();
      const journal = await Journal.open(folder, 7);
      const writer = new JournalRecordWriter();
      for (const rows of [2, 3]) {
        writer.add({ table: "log", digest: 0, rows, cells: [] });
        await journal.write(writer.finish(journal.nextSequence, journal.movedSequence), rows);
        journal.switchFiles();
      }
      await journal.close(false);
      const files = journals.map((name) => join(folder, name));
      expect(readJournal(folder)).toMatchObject({ missing: null, damaged: [], rows: [{ rows: 2 }, { rows: 3 }] });
      truncateSync(files[0] ?? "", 20);
      expect(readJournal(folder)).toMatchObject({ missing: { rows: 2, first: 8, last: 8 }, damaged: [files[0]] });
      truncateSync(files[1] ?? "", 20);
      expect(readJournal(folder)).toMatchObject({ missing: { rows: 5, first: 8, last: 9 }, damaged: files });
    });

    it("a damaged slot of the marker leaves the other one", async () => {
      const { folder } = await threeRecords();
      const path = join(folder, marker);
      const marks = readMarks(folder);
      for (const at of [40, 4096 + 40]) {
        const bytes = readFileSync(path);
        overwrite(path, at, 8);
        expect(readMarks(folder)?.acknowledged.sequence).toBeGreaterThanOrEqual(2);
        writeFileSync(path, bytes);
      }
      expect(marks?.acknowledged).toMatchObject({ sequence: 3, rows: 3 });
      overwrite(path, 0, statSync(path).size);
      expect(readMarks(folder)).toBeNull();
      expect(await warningsAbout(folder, [2, 1, 0])).toEqual([]);
    });
  });

  it.each<[string, number, (file: string, starts: readonly number[]) => void, readonly number[]]>([
    ["the only record is cut", 0, (file, starts) => truncateSync(file, (starts[1] ?? 0) - 5), []],
    ["the last record is cut", 2, (file) => truncateSync(file, statSync(file).size - 5), [1, 0]],
    [
      "the end of the last record was never written",
      2,
      (file) => overwrite(file, statSync(file).size - 40, 40),
      [1, 0],
    ],
    ["only a header was written", 2, (file, starts) => truncateSync(file, (starts[2] ?? 0) + 20), [1, 0]],
    ["the file was extended but never written", 0, (file) => writeFileSync(file, new Uint8Array(5000)), []],
  ])("does not warn after a crash in which %s: those rows were never acknowledged", async (...crash) => {
    const [, acknowledged, cut, left] = crash;
    for (const marks of [acknowledged, null]) {
      const { folder, file, starts } = await threeRecords(marks);
      cut(file, starts);
      expect(await warningsOf(folder, async () => expect(await scoresIn(folder)).toEqual(left))).toEqual([]);
      expect(keptFiles(folder)).toEqual([]);
    }
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
    expect(await scoresIn(copyAfterCrash(folder, withoutJournal))).toEqual([3, 2, 1]);
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
      "1 row of the journal in '<folder>' belongs to no pipeline version in the log and was skipped",
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
