import { cpSync, existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Journal } from "../../src/logs/journal.js";
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
  for (const name of readdirSync(folder)) if (!name.endsWith(".sock") && only(name)) cpSync(join(folder, name), join(copy, name));
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
    expect((await logged(crashed(folder))).toSorted((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, i) => i));
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
      "1 rows of the journal in '<folder>' are of no pipeline version that the log knows, and are left out",
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
