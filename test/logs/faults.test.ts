import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { ShapelineError } from "../../dsl/errors.js";
import { compact } from "../../src/logs/compact.js";
import { openStore } from "../../src/logs/open-store.js";
import { fraud, meta, newFolder, scored, scores, storeIn } from "./batches.js";
import { startChild, startChildAs, type Child } from "./child.js";
import { fraudLayout, manyRows, rowMeta } from "./one-row.js";

const noon = Date.UTC(2026, 0, 31, 12);
/** How often a process is killed while it makes the file smaller. */
const kills = Number(process.env.SHAPELINE_KILLS ?? 4);
const root = process.getuid?.() === 0;
const nobody = 65_534;

async function refusal(work: Promise<unknown>, folder: string): Promise<string> {
  const error = await work.then(
    () => new TypeError("no error"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ShapelineError)) throw error;
  return `${error.code} ${error.message.replaceAll(folder, "<folder>")}`;
}

async function lines(child: Child): Promise<string[]> {
  const all: string[] = [];
  for (let line = await child.line(); line !== ""; line = await child.line()) all.push(line);
  return all;
}

/** A log of some rows, checkpointed. */
async function written(rows: number): Promise<string> {
  const folder = newFolder();
  const store = await storeIn(folder);
  await (await store.openLog(fraud)).append(scored(noon, ...new Array<number>(rows).fill(0.5)), meta);
  await store.close();
  return folder;
}

const digest = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** The digests of a folder's files. */
const contents = (folder: string) => Object.fromEntries(readdirSync(folder).map((name) => [name, digest(join(folder, name))]));

/** A log whose process was killed, with rows in the write-ahead log. */
async function killed(): Promise<string> {
  const folder = newFolder();
  const child = startChild("batches", folder);
  for (let i = 0; i < 30; i++) await child.line();
  child.process.kill("SIGKILL");
  await child.ended();
  rmSync(join(folder, "shapeline.sock"), { force: true });
  return folder;
}

describe("a damaged store file", () => {
  it.each([
    ["its head is overwritten", (bytes: Buffer) => bytes.fill(0xff, 0, 4096)],
    ["its database headers are overwritten", (bytes: Buffer) => bytes.fill(0xa5, 4096, 12_288)],
    ["a block of it is overwritten", (bytes: Buffer) => bytes.fill(0xa5, 12_288, 12_288 + 262_144)],
    ["it is cut", (bytes: Buffer) => bytes.subarray(0, 20_000)],
  ])("is refused where %s, and stays as it is", async (_, damage) => {
    const folder = await written(20_000);
    const file = join(folder, "shapeline.duckdb");
    writeFileSync(file, damage(readFileSync(file)));
    for (const name of ["shapeline.duckdb.wal", "shapeline.journal-a"]) writeFileSync(join(folder, name), "what else was there");
    const before = contents(folder);
    const error = await openStore(folder).then(
      // Some damage shows when rows are read.
      async (store) => store.readLog("fraud", { limit: 20_000 }).then(() => "no error", (reason: unknown) => reason).finally(() => store.close()),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ShapelineError);
    expect((error as ShapelineError).code).toMatch(/^SL70(04|06|10)$/);
    expect((error as ShapelineError).message).toMatch(/restore it from a copy/);
    expect(contents(folder)).toEqual(before);
  });

  it("is named with what to do", async () => {
    const folder = await written(20_000);
    const file = join(folder, "shapeline.duckdb");
    writeFileSync(file, readFileSync(file).fill(0xa5, 12_288, 12_288 + 262_144));
    expect((await refusal(openStore(folder).then((store) => store.readLog("fraud").finally(() => store.close())), folder)).replace(/\d{6,}/g, "<number>")).toMatchInlineSnapshot(`"SL7006 the log '<folder>/shapeline.duckdb' cannot be opened: IO Error: Corrupt database file: computed checksum <number> does not match stored checksum <number> in block at location 12288; it stays as it is: restore it from a copy, or choose another data folder"`);
  });

  it("with an end of the write-ahead log missing, as after a crash, loses only what was in that end", async () => {
    const folder = newFolder();
    const child = startChild("batches", folder);
    for (let i = 0; i < 30; i++) await child.line();
    child.process.kill("SIGKILL");
    await child.ended();
    const wal = join(folder, "shapeline.duckdb.wal");
    const { length } = readFileSync(wal);
    truncateSync(wal, length - 100);
    const found = (await (await storeIn(folder)).readLog("fraud", { limit: 100_000 })).flatMap(({ rowIds }) => rowIds);
    expect(found.length).toBeGreaterThan(20 * 500);
    expect(found).toEqual(Array.from({ length: found.length }, (_, i) => BigInt(found.length - 1 - i)));
  });

  it("with much of the end missing keeps a copy of what was there, and says so", async () => {
    const folder = await killed();
    const wal = join(folder, "shapeline.duckdb.wal");
    truncateSync(wal, Math.floor(readFileSync(wal).length / 2) + 1);
    const before = digest(wal);
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    await (await openStore(folder)).close();
    await (await openStore(folder)).close();
    const told = warned.mock.calls.map(([text]) => String(text).replaceAll(folder, "<folder>").replace(/damaged-[^']*/, "damaged-<time>"));
    warned.mockRestore();
    expect(told).toMatchInlineSnapshot(`
      [
        "the end of the write-ahead log '<folder>/shapeline.duckdb.wal' cannot be read, and is left out; the whole is kept as '<folder>/shapeline.duckdb.wal.damaged-<time>': after a crash nobody was told that the rows in that end are logged, and the copy may be deleted; otherwise restore the log from a copy",
      ]
    `);
    const copies = readdirSync(folder).filter((name) => name.includes("damaged"));
    expect(copies.map((name) => digest(join(folder, name)))).toEqual([before]);
  });

  it.each(["for writing", "for reading"])("with the head of the write-ahead log overwritten is refused %s: DuckDB would go on without it", async (how) => {
    const folder = await killed();
    const wal = join(folder, "shapeline.duckdb.wal");
    writeFileSync(wal, readFileSync(wal).fill(0xff, 0, 8));
    const before = contents(folder);
    const told = await refusal(openStore(folder, { readOnly: how === "for reading" }), folder);
    expect(told.replace(/\d{5,} bytes/, "<size>")).toBe("SL7006 the write-ahead log '<folder>/shapeline.duckdb.wal' is damaged at its head: its <size> would be left out, and overwritten; it stays as it is: restore it from a copy, or move it away to go on without the rows in it");
    expect(contents(folder)).toEqual(before);
  });

  it("with a hole in the write-ahead log is refused or read up to the hole, never read wrong", async () => {
    const folder = newFolder();
    const child = startChild("batches", folder);
    for (let i = 0; i < 30; i++) await child.line();
    child.process.kill("SIGKILL");
    await child.ended();
    const wal = join(folder, "shapeline.duckdb.wal");
    const bytes = readFileSync(wal);
    copyFileSync(wal, join(folder, "copy"));
    writeFileSync(wal, bytes.fill(0x5a, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 64));
    const outcome = await openStore(folder).then(
      async (store) => (await store.readLog("fraud", { limit: 100_000 }).finally(() => store.close())).flatMap(({ rowIds }) => rowIds),
      (error: unknown) => error,
    );
    expect(outcome).toBeInstanceOf(ShapelineError);
    expect(outcome).toMatchObject({ code: "SL7006" });
    expect(digest(wal)).toBe(createHash("sha256").update(bytes).digest("hex"));
  });
});

describe.skipIf(process.platform === "win32")("a folder that cannot be written", () => {
  it("says so, for the folder and for the file in it", async () => {
    const folder = await written(10);
    chmodSync(folder, 0o555);
    chmodSync(join(folder, "shapeline.duckdb"), 0o444);
    try {
      // The superuser may write anywhere; another user is told.
      const child = root ? startChildAs(nobody, "try", folder) : startChild("try", folder);
      const told = (await lines(child)).map((line) => line.replaceAll(folder, "<folder>"));
      expect(await child.ended()).toMatchObject({ code: 0, stderr: "" });
      expect(told).toMatchInlineSnapshot(`
      [
        "SL7001 the log '<folder>/shapeline.duckdb' cannot be opened for writing: IO Error: Cannot open file "<folder>/shapeline.duckdb": Permission denied; choose another data folder",
        "SL7001 the data folder '<folder>/new' cannot be made: no permission; choose another folder",
        "open",
      ]
    `);
    } finally {
      chmodSync(folder, 0o755);
    }
    expect(scores(await (await storeIn(folder, { readOnly: true })).readLog("fraud"))).toHaveLength(10);
  });
});

const tmpfs = newTmpfs();
if (tmpfs === null) process.stderr.write("left out: a small tmpfs cannot be mounted here, so no disk is filled up; the quota test stands for it\n");

describe.skipIf(tmpfs === null)("a full disk", () => {
  it("refuses the rows that no longer fit, and keeps every row acknowledged before", async () => {
    const folder = join(tmpfs ?? "", "data");
    mkdirSync(folder);
    const child = startChild("fill", folder, "5000");
    const [acknowledged, told] = await lines(child);
    expect((told ?? "").replaceAll(folder, "<folder>").replace(/\d+ bytes|\(\d+[^)]*\)/g, "<size>")).toMatchInlineSnapshot(`"SL7009 the rows could not be logged: FATAL Error: Failed to create checkpoint because of error: Could not write file "<folder>/shapeline.duckdb": No space left on device; none of them is in the log; see that the disk has room, then close the target, or start the process again"`);
    expect(await child.ended()).toMatchObject({ code: 0 });
    const rows = Number(acknowledged);
    expect(rows).toBeGreaterThan(1000);
    const other = newFolder();
    for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(other, name));
    const found = (await (await storeIn(other)).readLog("fraud", { limit: 1_000_000 })).flatMap(({ rowIds }) => rowIds);
    expect(found).toHaveLength(rows);
  });
});

/** A file system of 24 MiB, where one can be had. */
function newTmpfs(): string | null {
  if (!root || process.platform !== "linux") return null;
  const folder = mkdtempSync(join(tmpdir(), "shapeline-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]).status === 0;
  afterAll(() => {
    if (mounted) spawnSync("umount", [folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return mounted ? folder : null;
}

describe("a process killed", () => {
  it("while rows are deleted leaves every row within the bound, once", async () => {
    const folder = newFolder();
    for (let round = 0; round < 8; round++) {
      const child = startChild("sweep", folder);
      const told: number[] = [];
      while (told.length < 40 + 25 * round) told.push(Number(await child.line()));
      child.process.kill("SIGKILL");
      for (const line of await lines(child)) told.push(Number(line));
      await child.ended();
      const killed = Math.max(...told);
      const store = await openStore(folder);
      const batches = await store.readLog("fraud", { limit: 1_000_000 });
      await store.close();
      const ids = batches.flatMap(({ rowIds }) => rowIds);
      expect(new Set(ids).size).toBe(ids.length);
      const counts = new Map<number, number>();
      for (const { time } of batches) for (const ms of time) counts.set(ms, (counts.get(ms) ?? 0) + 1);
      const wanted = new Map<number, number>();
      for (const ms of told) if (ms > killed - 1000) wanted.set(ms, (wanted.get(ms) ?? 0) + 1);
      for (const [ms, times] of wanted) expect(counts.get(ms) ?? 0).toBeGreaterThanOrEqual(times);
    }
  }, 60_000);

  it("while the space of deleted rows is given back leaves a log with every row in it, once, that is made smaller the next time", async () => {
    const full = newFolder();
    const store = await storeIn(full, { retention: { age: 86_400_000 } });
    const log = await store.openLog(fraudLayout);
    for (const age of [2, 2, 2, 2, 2, 2, 2, 2, 0]) {
      const rows = manyRows(5000);
      await log.append({ ...rows, time: rows.time.map((_, i) => Date.now() - age * 86_400_000 + i) }, rowMeta);
    }
    await store.sweep();
    await store.close();
    const file = join(full, "shapeline.duckdb");
    const size = statSync(file).size;
    let whole = 0;
    const ends = new Set<string>();
    for (let kill = 0; kill <= kills; kill++) {
      const folder = newFolder();
      copyFileSync(file, join(folder, "shapeline.duckdb"));
      const child = startChild("compact", folder);
      expect(await child.line()).toBe("begin");
      const begun = performance.now();
      if (kill === 0) await child.line();
      else await new Promise((resolve) => setTimeout(resolve, (whole * kill) / kills));
      child.process.kill("SIGKILL");
      await child.ended();
      if (kill === 0) whole = performance.now() - begun;
      ends.add(readdirSync(folder).includes("shapeline.duckdb.compacted") ? "amid" : statSync(join(folder, "shapeline.duckdb")).size < size / 2 ? "after" : "before");
      await compact(await import("@duckdb/node-api"), join(folder, "shapeline.duckdb"), 1);
      expect(readdirSync(folder)).toEqual(["shapeline.duckdb"]);
      expect(statSync(join(folder, "shapeline.duckdb")).size).toBeLessThan(size / 2);
      const again = await openStore(folder);
      const ids = (await again.readLog("fraud", { limit: 1_000_000 })).flatMap(({ rowIds }) => rowIds);
      await again.close();
      expect(ids).toEqual(Array.from({ length: 5000 }, (_, i) => BigInt(44_999 - i)));
    }
    expect([...ends]).toContain("amid");
  }, 60_000 + 1500 * kills);

  it("with relaxed rows loses at most those of its last moments", async () => {
    const round = async () => {
      const folder = newFolder();
      const child = startChild("trickle", folder);
      const told: [row: bigint, ms: number][] = [];
      const read = (line: string): void => {
        const [row = "0", ms] = line.split(" ");
        told.push([BigInt(row), Number(ms)]);
      };
      while (told.length < 200) read(await child.line());
      child.process.kill("SIGKILL");
      for (const line of await lines(child)) read(line);
      await child.ended();
      const found = new Set((await (await storeIn(folder)).readLog("fraud", { limit: 100_000 })).flatMap(({ rowIds }) => rowIds));
      const lost = told.filter(([row]) => !found.has(row));
      const last = told.at(-1)?.[1] ?? 0;
      // What is lost is an end: nothing before it is missing.
      expect(lost.map(([row]) => row)).toEqual(told.slice(told.length - lost.length).map(([row]) => row));
      return last - (lost[0]?.[1] ?? last);
    };
    const losses = await Promise.all([round(), round(), round(), round()]);
    // 50 ms of waiting and a commit; the rest is the machine's.
    expect(Math.min(...losses)).toBeLessThan(500);
  }, 60_000);
});
