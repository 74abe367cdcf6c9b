import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { ShapelineError } from "../../dsl/errors.js";
import { compact } from "../../src/logs/database/compact.js";
import { openStore } from "../../src/logs/open-store.js";
import { refusal } from "../refusal.js";
import { fraud, meta, newFolder, scored, scores, storeIn } from "./batches.js";
import { startChild, startChildAs, type Child } from "./child.js";
import { fraudLayout, manyRows, oneRow, rowMeta } from "./one-row.js";

const noon = Date.UTC(2026, 0, 31, 12);
/** How often a process is killed while it makes the file smaller. */
const kills = Number(process.env.SHAPELINE_KILLS ?? 4);
const root = process.getuid?.() === 0;
const nobody = 65_534;

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
const contents = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, digest(join(folder, name))]));

let killedOnce: Promise<string> | undefined;
const kept = mkdtempSync(join(tmpdir(), "shapeline-faults-"));
afterAll(() => rmSync(kept, { recursive: true, force: true }));

/** A log whose process was killed, with rows in the write-ahead log: each time a copy of the same. */
async function killed(): Promise<string> {
  const folder = newFolder();
  cpSync(await (killedOnce ??= kill()), folder, { recursive: true });
  return folder;
}

async function kill(): Promise<string> {
  const child = startChild("batches", kept);
  for (let i = 0; i < 30; i++) await child.line();
  child.process.kill("SIGKILL");
  await child.ended();
  rmSync(join(kept, "shapeline.sock"), { force: true });
  return kept;
}

/** Does some work so often, four at a time. */
async function sideBySide<T>(times: number, work: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < times; i = next++) results[i] = await work(i);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return results;
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
    for (const name of ["shapeline.duckdb.wal", "shapeline.journal-a"])
      writeFileSync(join(folder, name), "what else was there");
    const before = contents(folder);
    const error = await openStore(folder).then(
      // Some damage shows when rows are read.
      async (store) =>
        store
          .readLog("fraud", { limit: 20_000 })
          .then(
            () => "no error",
            (reason: unknown) => reason,
          )
          .finally(() => store.close()),
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
    expect(
      (
        await refusal(
          openStore(folder).then((store) => store.readLog("fraud").finally(() => store.close())),
          [folder, "<folder>"],
        )
      ).replace(/\d{6,}/g, "<number>"),
    ).toMatchInlineSnapshot(
      `"SL7006 the log '<folder>/shapeline.duckdb' cannot be opened: IO Error: Corrupt database file: computed checksum <number> does not match stored checksum <number> in block at location 12288; it was not changed; restore it from a copy, or choose another data folder"`,
    );
  });

  it("with an end of the write-ahead log missing, as after a crash, loses only what was in that end", async () => {
    const folder = await killed();
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
    const told = warned.mock.calls.map(([text]) =>
      String(text)
        .replaceAll(folder, "<folder>")
        .replace(/damaged-[^']*/, "damaged-<time>"),
    );
    warned.mockRestore();
    expect(told).toMatchInlineSnapshot(`
      [
        "the end of the write-ahead log '<folder>/shapeline.duckdb.wal' cannot be read and was skipped; the whole file is kept as '<folder>/shapeline.duckdb.wal.damaged-<time>': after a crash, the rows in that end were never acknowledged and the file may be deleted; otherwise restore the log from a copy",
      ]
    `);
    const copies = readdirSync(folder).filter((name) => name.includes("damaged"));
    expect(copies.map((name) => digest(join(folder, name)))).toEqual([before]);
  });

  it.each(["for writing", "for reading"])(
    "with the head of the write-ahead log overwritten is refused %s: DuckDB would go on without it",
    async (how) => {
      const folder = await killed();
      const wal = join(folder, "shapeline.duckdb.wal");
      writeFileSync(wal, readFileSync(wal).fill(0xff, 0, 8));
      const before = contents(folder);
      const told = await refusal(openStore(folder, { readOnly: how === "for reading" }), [folder, "<folder>"]);
      expect(told.replace(/\d{5,} bytes/, "<size>")).toBe(
        "SL7006 the write-ahead log '<folder>/shapeline.duckdb.wal' has a damaged header: DuckDB would ignore its <size> and overwrite them; it was not changed; restore it from a copy, or move it away to continue without its rows",
      );
      expect(contents(folder)).toEqual(before);
    },
  );

  it("with a hole in the write-ahead log is refused or read up to the hole, never read wrong", async () => {
    const folder = await killed();
    const wal = join(folder, "shapeline.duckdb.wal");
    const bytes = readFileSync(wal);
    copyFileSync(wal, join(folder, "copy"));
    writeFileSync(wal, bytes.fill(0x5a, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 64));
    const outcome = await openStore(folder).then(
      async (store) =>
        (await store.readLog("fraud", { limit: 100_000 }).finally(() => store.close())).flatMap(({ rowIds }) => rowIds),
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
        "SL7001 the data folder '<folder>/new' cannot be created: no permission; choose another folder",
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
if (tmpfs === null)
  process.stderr.write(
    "left out: a small tmpfs cannot be mounted here, so no disk is filled up; the quota test stands for it\n",
  );

describe.skipIf(tmpfs === null)("a full disk", () => {
  it("refuses the rows that no longer fit, keeps every row acknowledged before, and goes on by itself when there is room", async () => {
    const folder = join(tmpfs ?? "", "data");
    const store = await storeIn(folder);
    const log = await store.openLog(fraudLayout);
    const acknowledged: bigint[] = [];
    const told: string[] = [];
    const append = (rows: number) =>
      log.append(manyRows(rows), rowMeta).then(
        ({ firstRow }) => acknowledged.push(...Array.from({ length: rows }, (_, i) => firstRow + BigInt(i))),
        (error: ShapelineError) =>
          told.push(
            `${error.code} ${error.message}`
              .replaceAll(folder, "<folder>")
              .replace(/\d+ bytes|\(\d+[^)]*\)/g, "<size>"),
          ),
      );
    while (told.length === 0) await Promise.all([append(5000), append(1)]);
    expect(told[0]).toMatchInlineSnapshot(
      `"SL7009 the rows could not be logged: FATAL Error: Failed to create checkpoint because of error: Could not write file "<folder>/shapeline.duckdb": No space left on device; none of them is in the log; make sure the disk has free space, then log them again"`,
    );
    expect(acknowledged.length).toBeGreaterThan(1000);
    for (let i = 0; i < 3; i++) await Promise.all([append(5000), append(1)]);
    expect(told.every((text) => text.startsWith("SL7009") && text.includes("No space left on device"))).toBe(true);
    expect(spawnSync("mount", ["-o", "remount,size=96m", tmpfs ?? ""]).status).toBe(0);
    await vi.waitFor(() => store.readLog("fraud", { limit: 1 }), { timeout: 10_000, interval: 50 });
    const refused = told.length;
    await Promise.all([append(5000), append(1)]);
    expect(told.length).toBe(refused);
    const found = new Set((await store.readLog("fraud", { limit: 1_000_000 })).flatMap(({ rowIds }) => rowIds));
    expect(acknowledged.filter((row) => !found.has(row))).toEqual([]);
    expect(found.size).toBe(acknowledged.length);
    expect((await store.compare("fraud")).rows).toBe(acknowledged.length);
    await store.close();
    expect(readdirSync(folder)).toEqual(["shapeline.duckdb"]);
  }, 60_000);
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
    const round = async (folder: string, times: number) => {
      const child = startChild("sweep", folder);
      const told: number[] = [];
      while (told.length < times) told.push(Number(await child.line()));
      child.process.kill("SIGKILL");
      for (const line of await lines(child)) told.push(Number(line));
      await child.ended();
      const last = Math.max(...told);
      const store = await openStore(folder);
      const batches = await store.readLog("fraud", { limit: 1_000_000 });
      await store.close();
      const ids = batches.flatMap(({ rowIds }) => rowIds);
      expect(new Set(ids).size).toBe(ids.length);
      const counts = new Map<number, number>();
      for (const { time } of batches) for (const ms of time) counts.set(ms, (counts.get(ms) ?? 0) + 1);
      const wanted = new Map<number, number>();
      for (const ms of told) if (ms > last - 1000) wanted.set(ms, (wanted.get(ms) ?? 0) + 1);
      for (const [ms, least] of wanted) expect(counts.get(ms) ?? 0).toBeGreaterThanOrEqual(least);
    };
    await sideBySide(4, async (lane) => {
      const folder = newFolder();
      for (const i of [lane, lane + 4]) await round(folder, 40 + 25 * i);
    });
  }, 60_000);

  it(
    "while the space of deleted rows is given back leaves a log with every row in it, once, that is made smaller the next time",
    async () => {
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
      const ends = new Set<string>();
      const round = async (at: string | number): Promise<number> => {
        const folder = newFolder();
        copyFileSync(file, join(folder, "shapeline.duckdb"));
        const child = startChild("compact", folder);
        expect(await child.line()).toBe("begin");
        const begun = performance.now();
        if (typeof at === "number") await new Promise((resolve) => setTimeout(resolve, at));
        else while ((await child.line()) !== at) continue;
        const passed = performance.now() - begun;
        child.process.kill("SIGKILL");
        await child.ended();
        ends.add(
          readdirSync(folder).includes("shapeline.duckdb.compacted")
            ? "amid"
            : statSync(join(folder, "shapeline.duckdb")).size < size / 2
              ? "after"
              : "before",
        );
        await compact(await import("@duckdb/node-api"), join(folder, "shapeline.duckdb"), 1);
        expect(readdirSync(folder)).toEqual(["shapeline.duckdb"]);
        expect(statSync(join(folder, "shapeline.duckdb")).size).toBeLessThan(size / 2);
        const again = await openStore(folder);
        const ids = (await again.readLog("fraud", { limit: 1_000_000 })).flatMap(({ rowIds }) => rowIds);
        await again.close();
        expect(ids).toEqual(Array.from({ length: 5000 }, (_, i) => BigInt(44_999 - i)));
        return passed;
      };
      const whole = await round("done");
      await sideBySide(kills, (kill) => round(["COPY", "DETACH"][kill] ?? (whole * kill) / kills));
      expect([...ends]).toContain("amid");
    },
    60_000 + 1500 * kills,
  );

  it("while tables are written anew for the size's sake leaves the newest rows, and all that were logged meanwhile, once", async () => {
    const full = newFolder();
    const store = await storeIn(full);
    const log = await store.openLog(fraudLayout);
    for (let i = 0; i < 5; i++)
      await log.append({ ...manyRows(5000), time: new Float64Array(5000).map((_, at) => 5000 * i + at) }, rowMeta);
    await store.close();
    const size = Math.floor(statSync(join(full, "shapeline.duckdb")).size / 2);
    const steps = ["ALTER", "CREATE", "DROP", "COMMIT", "CHECKPOINT"];
    const ends = await sideBySide(steps.length, async (i) => {
      const folder = newFolder();
      copyFileSync(join(full, "shapeline.duckdb"), join(folder, "shapeline.duckdb"));
      const child = startChild("rewrite", folder, String(size));
      const told: string[] = [];
      while (told.at(-1) !== steps[i]) told.push(await child.line());
      child.process.kill("SIGKILL");
      told.push(...(await lines(child)));
      expect(await child.ended()).toMatchObject({ signal: "SIGKILL", stderr: "" });
      const again = await openStore(folder, { retention: { size } });
      const ids = async () => (await again.readLog("fraud", { limit: 1_000_000 })).flatMap(({ rowIds }) => rowIds);
      const found = await ids();
      const oldest = found.at(-1) ?? 0n;
      expect(found).toEqual(Array.from({ length: found.length }, (_, at) => (found[0] ?? 0n) - BigInt(at)));
      expect(told.filter((line) => /^\d+$/.test(line) && !found.includes(BigInt(line)))).toEqual([]);
      expect(oldest).toBeGreaterThan(0n);
      expect(oldest).toBeLessThan(20_000n);
      expect((await again.sweep())?.used).toBeLessThanOrEqual(size);
      await (await again.openLog(fraudLayout)).append(oneRow(0), rowMeta);
      await again.close();
      return told.filter((line) => steps.includes(line)).at(-1);
    });
    // Some were killed in the step itself.
    expect(ends).toContain("CREATE");
  }, 60_000);

  it("with relaxed rows loses at most those of its last moments", async () => {
    const folders = [newFolder(), newFolder(), newFolder(), newFolder()];
    const child = startChild("trickle", ...folders);
    const told: [row: bigint, ms: number][][] = folders.map(() => []);
    const read = (line: string): void => {
      const [folder, row = "0", ms] = line.split(" ");
      told[Number(folder)]?.push([BigInt(row), Number(ms)]);
    };
    while ((told[3]?.length ?? 0) < 200) read(await child.line());
    child.process.kill("SIGKILL");
    for (const line of await lines(child)) read(line);
    await child.ended();
    const losses = await Promise.all(
      told.map(async (own, i) => {
        const found = new Set(
          (await (await storeIn(folders[i] ?? "")).readLog("fraud", { limit: 100_000 })).flatMap(
            ({ rowIds }) => rowIds,
          ),
        );
        const lost = own.filter(([row]) => !found.has(row));
        const last = own.at(-1)?.[1] ?? 0;
        // What is lost is an end: nothing before it is missing.
        expect(lost.map(([row]) => row)).toEqual(own.slice(own.length - lost.length).map(([row]) => row));
        return last - (lost[0]?.[1] ?? last);
      }),
    );
    // 50 ms of waiting and a commit; the rest is the machine's.
    expect(Math.min(...losses)).toBeLessThan(500);
  }, 60_000);
});
