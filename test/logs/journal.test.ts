import { cpSync, existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Journal } from "../../src/logs/write/journal.js";
import { readRecords } from "../../src/logs/write/journal-record.js";
import { fraud, meta, newFolder, scored, scores, storeIn } from "./batches.js";
import { startChild } from "./child.js";

const noon = Date.UTC(2026, 0, 31, 12);
const journals = ["shapeline.journal-a", "shapeline.journal-b"];

// Rows leave the journal by themselves after a while: here only when they are told to.
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A folder as it would be after a crash. */
function crashed(folder: string, only: (name: string) => boolean = () => true): string {
  const copy = newFolder();
  for (const name of readdirSync(folder))
    if (!name.endsWith(".sock") && only(name)) cpSync(join(folder, name), join(copy, name));
  return copy;
}

const logged = async (folder: string) => scores(await (await storeIn(folder)).readLog("fraud", { limit: 10_000 }));

it("holds acknowledged rows until the database has them, and is gone after the end", async () => {
  const folder = newFolder();
  const store = await storeIn(folder);
  const log = await store.openLog(fraud);
  await log.append(scored(noon, 1, 2), meta);
  await log.append(scored(noon + 2, 3), meta);
  expect(await logged(crashed(folder))).toEqual([3, 2, 1]);
  expect(await logged(crashed(folder, (name) => !journals.includes(name)))).toEqual([]);
  await log.flush();
  expect(await logged(crashed(folder, (name) => !journals.includes(name)))).toEqual([3, 2, 1]);
  await store.close();
  expect(journals.filter((name) => existsSync(join(folder, name)))).toEqual([]);
  expect(await logged(folder)).toEqual([3, 2, 1]);
});

it("adds nothing twice: rows of the journal that the database has already are known by their ids", async () => {
  const folder = newFolder();
  const log = await (await storeIn(folder)).openLog(fraud);
  await log.append(scored(noon, 1), meta);
  await log.flush();
  await log.append(scored(noon + 1, 2), meta);
  const copy = crashed(folder);
  expect(await logged(copy)).toEqual([2, 1]);
  expect(await logged(crashed(folder))).toEqual([2, 1]);
});

it("goes on over many rounds of both files, and a crash in any of them loses nothing", async () => {
  const folder = newFolder();
  const log = await (await storeIn(folder)).openLog(fraud);
  let next = 0;
  for (const rows of [1, 40, 3, 17, 1, 1, 90]) {
    await Promise.all(Array.from({ length: rows }, () => log.append(scored(noon + next, next++), meta)));
    expect((await logged(crashed(folder))).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: next }, (_, i) => i),
    );
    await log.flush();
  }
});

it.each([
  ["cut", (file: string) => truncateSync(file, statSync(file).size - 5)],
  ["overwritten", (file: string) => writeFileSync(file, readFileSync(file).fill(0x5a, statSync(file).size - 40))],
])("with its end %s loses only the record that is not whole", async (_, damage) => {
  const folder = newFolder();
  const log = await (await storeIn(folder)).openLog(fraud);
  for (const i of [0, 1, 2]) await log.append(scored(noon + i, i), meta);
  const copy = crashed(folder);
  const [file] = journals.map((name) => join(copy, name)).filter((path) => statSync(path).size > 0);
  damage(file ?? "");
  expect(await logged(copy)).toEqual([1, 0]);
});

/** A journal of three records with the scores 0, 1 and 2, and where each begins. */
async function threeRecords(): Promise<{ folder: string; file: string; starts: readonly number[] }> {
  const folder = newFolder();
  const log = await (await storeIn(folder)).openLog(fraud);
  for (const i of [0, 1, 2]) await log.append(scored(noon + i, i), meta);
  const copy = crashed(folder);
  const file = journals.map((name) => join(copy, name)).find((path) => statSync(path).size > 0) ?? "";
  const length = statSync(file).size / 3;
  return { folder: copy, file, starts: [0, length, 2 * length] };
}

const spoil = (file: string, from: number, bytes: number) =>
  writeFileSync(file, readFileSync(file).fill(0x5a, from, from + bytes));

describe("a damaged journal beside a healthy log", () => {
  it.each([
    ["the body of its first record", 0, 100, [2, 1]],
    ["the head of its first record", 0, 0, [2, 1]],
    ["the body of a record in its middle", 1, 100, [2, 0]],
    ["the head of a record in its middle", 1, 0, [2, 0]],
  ])("%s: every other row comes in, and the file is kept, which is told", async (_, record, at, left) => {
    const { folder, file, starts } = await threeRecords();
    spoil(file, (starts[record] ?? 0) + at, 8);
    const before = readFileSync(file);
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    expect(await logged(folder)).toEqual(left);
    const told = warned.mock.calls.map(([text]) =>
      String(text)
        .replaceAll(folder, "<folder>")
        .replace(/journal-./g, "journal")
        .replace(/damaged-[^']*/, "damaged-<time>"),
    );
    warned.mockRestore();
    expect(told).toEqual([
      "the journal '<folder>/shapeline.journal' is damaged: acknowledged rows in its broken records may be missing from the log; all other rows were recovered; the file is kept as '<folder>/shapeline.journal.damaged-<time>': restore the log from a copy, or delete that file to continue without those rows",
    ]);
    const kept = readdirSync(folder).filter((name) => name.includes("damaged"));
    expect(kept.map((name) => readFileSync(join(folder, name)))).toEqual([before]);
  });

  it.each([
    ["its body", 100],
    ["its head", 0],
  ])("of one record, in %s: it is kept, not emptied", async (_, at) => {
    const { folder, file, starts } = await threeRecords();
    truncateSync(file, starts[1]);
    spoil(file, at, 8);
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    expect(await logged(folder)).toEqual([]);
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
    expect(readdirSync(folder).filter((name) => name.includes("damaged"))).toHaveLength(1);
  });
});

it.each([
  ["its only record is cut", (file: string, starts: readonly number[]) => truncateSync(file, (starts[1] ?? 0) - 5), []],
  ["its last record is cut", (file: string) => truncateSync(file, statSync(file).size - 5), [1, 0]],
  [
    "a head alone was written",
    (file: string, starts: readonly number[]) => truncateSync(file, (starts[2] ?? 0) + 20),
    [1, 0],
  ],
  ["it was made longer and never written", (file: string) => writeFileSync(file, new Uint8Array(5000)), []],
])("where a crash left it so that %s there is nothing to tell: nobody was told of those rows", async (_, cut, left) => {
  const { folder, file, starts } = await threeRecords();
  cut(file, starts);
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  expect(await logged(folder)).toEqual(left);
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
  expect(readdirSync(folder).filter((name) => name.includes("damaged"))).toEqual([]);
});

it("that is written over and over tells nothing of what is left of earlier rounds, also where its last record is cut off over them", async () => {
  const folder = newFolder();
  const log = await (await storeIn(folder)).openLog(fraud);
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  let next = 0;
  for (const rows of [9, 8, 7, 6, 2]) {
    for (let i = 0; i < rows; i++) await log.append(scored(noon + next, next++), meta);
    const copy = crashed(folder);
    expect((await logged(copy)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, i) => i));
    await log.flush();
  }
  // The file of the last round: two records, and behind them what is left of earlier ones.
  const round = crashed(folder);
  const file =
    journals.map((name) => join(round, name)).find((path) => readRecords(readFileSync(path)).records.length === 2) ??
    "";
  const length = readFileSync(file).readUInt32LE(4);
  expect(statSync(file).size).toBe(9 * length);
  spoil(file, length + 200, length - 200);
  expect((await logged(round)).length).toBe(next);
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

it("that cannot be written costs no row: the database takes them at once", async () => {
  const folder = newFolder();
  const log = await (await storeIn(folder)).openLog(fraud);
  const write = vi.spyOn(Journal.prototype, "write").mockRejectedValue(new TypeError("ENOSPC"));
  await Promise.all([1, 2, 3].map((i) => log.append(scored(noon + i, i), meta)));
  write.mockRestore();
  expect(await logged(crashed(folder, (name) => !journals.includes(name)))).toEqual([3, 2, 1]);
});

it("is read for those who open the log for reading only", async () => {
  const folder = newFolder();
  const log = await (await storeIn(folder)).openLog(fraud);
  await log.append(scored(noon, 1), meta);
  expect(scores(await (await storeIn(crashed(folder), { readOnly: true })).readLog("fraud"))).toEqual([1]);
});

it("whose rows are of no table that the log knows is told of", async () => {
  const folder = newFolder();
  const log = await (await storeIn(folder)).openLog(fraud);
  await log.append(scored(noon, 1), meta);
  const copy = crashed(folder, (name) => journals.includes(name));
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  await (await storeIn(copy)).close();
  expect(warned.mock.calls.map(([text]) => String(text).replace(copy, "<folder>"))).toMatchInlineSnapshot(`
    [
      "1 rows of the journal in '<folder>' belong to no pipeline version in the log and were skipped",
    ]
  `);
  warned.mockRestore();
});

it("is brought in after kill -9, with every acknowledged row once", async () => {
  const folder = newFolder();
  const child = startChild("write", folder);
  const told: bigint[] = [];
  while (told.length < 400) told.push(BigInt(await child.line()));
  child.process.kill("SIGKILL");
  for (let line = await child.line(); line !== ""; line = await child.line()) told.push(BigInt(line));
  await child.ended();
  expect(journals.some((name) => statSync(join(folder, name)).size > 0)).toBe(true);
  const found = (await (await storeIn(folder)).readLog("fraud", { limit: 1_000_000 })).flatMap(({ rowIds }) => rowIds);
  expect(new Set(found).size).toBe(found.length);
  expect(told.filter((row) => !found.includes(row))).toEqual([]);
});
