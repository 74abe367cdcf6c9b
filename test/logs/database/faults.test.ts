import {
  chmodSync,
  chownSync,
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
import { ShapelineError } from "../../../dsl/errors.js";
import { compact } from "../../../src/logs/database/compact.js";
import { openStore } from "../../../src/logs/open-store.js";
import { refusal } from "../../refusal.js";
import { slow } from "../../slow.js";
import { startChild, startChildAs } from "../support/child-process.js";
import {
  noon,
  fraudLayout,
  wideLayout,
  rowMeta,
  scoredRows,
  scoresOf,
  wideRow,
  wideRows,
} from "../support/sample-rows.js";
import { newFolder, rowIdsOf, storeIn, warningsOf } from "../support/stores.js";
import { canMount, resizeTmpfs, tmpfsForSuite } from "../support/tmpfs.js";

/** How often a process is killed while it compacts the file. */
const kills = Number(process.env.SHAPELINE_KILLS ?? 4);
const root = process.getuid?.() === 0;
const nobody = 65_534;

/** A closed log with some rows, all checkpointed. */
async function closedLog(rows: number): Promise<string> {
  const folder = newFolder();
  const store = await storeIn(folder);
  await (await store.openLog(fraudLayout)).append(scoredRows(noon, ...new Array<number>(rows).fill(0.5)), rowMeta);
  await store.close();
  return folder;
}

const digest = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** The digests of a folder's files. */
const digests = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, digest(join(folder, name))]));

let walLog: Promise<string> | undefined;
const walFolder = mkdtempSync(join(tmpdir(), "shapeline-faults-"));
afterAll(() => rmSync(walFolder, { recursive: true, force: true }));

/** A log whose process was killed, with rows in the write-ahead log. Each call returns a copy of the same log. */
async function logWithWal(): Promise<string> {
  const folder = newFolder();
  cpSync(await (walLog ??= createLogWithWal()), folder, { recursive: true });
  return folder;
}

async function createLogWithWal(): Promise<string> {
  const child = startChild("batches", walFolder);
  for (let i = 0; i < 30; i++) await child.line();
  await child.kill();
  return walFolder;
}

/** Runs work several times, four at a time. */
async function inParallel<T>(times: number, work: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < times; i = next++) results[i] = await work(i);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return results;
}

describe("a damaged log", () => {
  it.each([
    ["the header of the file is overwritten", (bytes: Buffer) => bytes.fill(0xff, 0, 4096)],
    ["the database headers are overwritten", (bytes: Buffer) => bytes.fill(0xa5, 4096, 12_288)],
    ["a block is overwritten", (bytes: Buffer) => bytes.fill(0xa5, 12_288, 12_288 + 262_144)],
    ["the file is truncated", (bytes: Buffer) => bytes.subarray(0, 20_000)],
  ])("is rejected and not changed if %s", async (_, damage) => {
    const folder = await closedLog(20_000);
    const file = join(folder, "shapeline.duckdb");
    writeFileSync(file, damage(readFileSync(file)));
    for (const name of ["shapeline.duckdb.wal", "shapeline.journal-a"])
      writeFileSync(join(folder, name), "other content");
    const before = digests(folder);
    const error = await openStore(folder).then(
      // Some damage is detected only when rows are read.
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
    expect(digests(folder)).toEqual(before);
  });

  it("is reported with a remedy", async () => {
    const folder = await closedLog(20_000);
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

  it("with the end of the write-ahead log cut, as after a crash, loses only the rows in that end", async () => {
    const folder = await logWithWal();
    const wal = join(folder, "shapeline.duckdb.wal");
    const { length } = readFileSync(wal);
    truncateSync(wal, length - 100);
    const found = await rowIdsOf(await storeIn(folder));
    expect(found.length).toBeGreaterThan(20 * 500);
    expect(found).toEqual(Array.from({ length: found.length }, (_, i) => BigInt(found.length - 1 - i)));
  });

  it("keeps one copy of a damaged write-ahead log, however often opening is retried", async () => {
    const folder = await logWithWal();
    const wal = join(folder, "shapeline.duckdb.wal");
    truncateSync(wal, Math.floor(readFileSync(wal).length / 2) + 1);
    const before = newFolder();
    cpSync(folder, before, { recursive: true });
    for (let attempt = 0; attempt < 3; attempt++) {
      for (const name of readdirSync(before)) copyFileSync(join(before, name), join(folder, name));
      await warningsOf(folder, async () => (await openStore(folder)).close());
    }
    expect(readdirSync(folder).filter((name) => name.includes("damaged"))).toHaveLength(1);
  });

  it("with half of the write-ahead log cut keeps a copy and warns", async () => {
    const folder = await logWithWal();
    const wal = join(folder, "shapeline.duckdb.wal");
    truncateSync(wal, Math.floor(readFileSync(wal).length / 2) + 1);
    const before = digest(wal);
    const warnings = await warningsOf(folder, async () => {
      await (await openStore(folder)).close();
      await (await openStore(folder)).close();
    });
    expect(warnings).toMatchInlineSnapshot(`
      [
        "the end of the write-ahead log '<folder>/shapeline.duckdb.wal' cannot be read and was skipped; the whole file is kept as '<folder>/shapeline.duckdb.wal.damaged-<time>': after a crash, the rows in that end were never acknowledged and the file may be deleted; otherwise restore the log from a copy",
      ]
    `);
    const copies = readdirSync(folder).filter((name) => name.includes("damaged"));
    expect(copies.map((name) => digest(join(folder, name)))).toEqual([before]);
  });

  it.each(["for writing", "for reading"])(
    "with the header of the write-ahead log overwritten is rejected %s: DuckDB would ignore the log",
    async (how) => {
      const folder = await logWithWal();
      const wal = join(folder, "shapeline.duckdb.wal");
      writeFileSync(wal, readFileSync(wal).fill(0xff, 0, 8));
      const before = digests(folder);
      const message = await refusal(openStore(folder, { readOnly: how === "for reading" }), [folder, "<folder>"]);
      expect(message.replace(/\d{5,} bytes/, "<size>")).toBe(
        "SL7006 the write-ahead log '<folder>/shapeline.duckdb.wal' has a damaged header: DuckDB would ignore its <size> and overwrite them; it was not changed; restore it from a copy, or move it away to continue without its rows",
      );
      expect(digests(folder)).toEqual(before);
    },
  );

  it("with overwritten bytes in the write-ahead log is rejected and not changed", async () => {
    const folder = await logWithWal();
    const wal = join(folder, "shapeline.duckdb.wal");
    const bytes = readFileSync(wal);
    writeFileSync(wal, bytes.fill(0x5a, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 64));
    expect(await refusal(openStore(folder))).toMatch(/^SL7006 /);
    expect(digest(wal)).toBe(createHash("sha256").update(bytes).digest("hex"));
  });
});

describe.skipIf(process.platform === "win32")("a read-only folder", () => {
  it("is reported, for the folder and for the file in it", async () => {
    const folder = await closedLog(10);
    chmodSync(folder, 0o555);
    chmodSync(join(folder, "shapeline.duckdb"), 0o444);
    const own = (uid: number) =>
      [folder, join(folder, "shapeline.duckdb")].forEach((path) => chownSync(path, uid, uid));
    try {
      // The superuser may write anywhere, so the folder and the child are another user's.
      if (root) own(nobody);
      const child = root ? startChildAs(nobody, "try", folder) : startChild("try", folder);
      const printed = (await child.remainingLines()).map((line) => line.replaceAll(folder, "<folder>"));
      expect(await child.exited()).toMatchObject({ code: 0, stderr: "" });
      expect(printed).toMatchInlineSnapshot(`
      [
        "SL7001 the log '<folder>/shapeline.duckdb' cannot be opened for writing: IO Error: Cannot open file "<folder>/shapeline.duckdb": Permission denied; choose another data folder",
        "SL7001 the data folder '<folder>/new' cannot be created: no permission; choose another folder",
        "open",
      ]
    `);
    } finally {
      if (root) own(0);
      chmodSync(folder, 0o755);
    }
    expect(scoresOf(await (await storeIn(folder, { readOnly: true })).readLog("fraud"))).toHaveLength(10);
  });
});

describe.skipIf(process.platform === "win32")("a folder that became read-only while the log was open", () => {
  it("is closed without an error, and no row is in the log twice", async () => {
    const folder = newFolder();
    if (root) chownSync(folder, nobody, nobody);
    const child = root ? startChildAs(nobody, "lock", folder) : startChild("lock", folder);
    expect(await child.remainingLines()).toEqual(["closed"]);
    expect(await child.exited()).toMatchObject({ code: 0, stderr: "" });
    const store = await storeIn(folder, { sharedFolder: true });
    expect(await rowIdsOf(store)).toEqual([1n, 0n]);
  });
});

// Where nothing can be mounted, the test of a file size limit covers most of this.
describe.skipIf(!canMount)("a full disk", () => {
  const tmpfs = tmpfsForSuite(24);

  it("rejects the rows that no longer fit, keeps all rows acknowledged before, and recovers when space is free", async () => {
    const folder = join(tmpfs, "data");
    const store = await storeIn(folder);
    const log = await store.openLog(wideLayout);
    const acknowledged: bigint[] = [];
    const errors: string[] = [];
    const append = (rows: number) =>
      log.append(wideRows(rows), rowMeta).then(
        ({ firstRow }) => acknowledged.push(...Array.from({ length: rows }, (_, i) => firstRow + BigInt(i))),
        (error: ShapelineError) =>
          errors.push(
            `${error.code} ${error.message}`
              .replaceAll(folder, "<folder>")
              .replace(/\d+ bytes|\(\d+[^)]*\)/g, "<size>"),
          ),
      );
    while (errors.length === 0) await Promise.all([append(5000), append(1)]);
    expect(errors[0]).toMatchInlineSnapshot(
      `"SL7009 the rows could not be logged: FATAL Error: Failed to create checkpoint because of error: Could not write file "<folder>/shapeline.duckdb": No space left on device; none of them is in the log; make sure the disk has free space, then log them again"`,
    );
    expect(acknowledged.length).toBeGreaterThan(1000);
    for (let i = 0; i < 3; i++) await Promise.all([append(5000), append(1)]);
    expect(errors.every((text) => text.startsWith("SL7009") && text.includes("No space left on device"))).toBe(true);
    resizeTmpfs(tmpfs, 96);
    await vi.waitFor(() => store.readLog("fraud", { limit: 1 }), { timeout: 60_000, interval: 50 });
    const before = errors.length;
    await Promise.all([append(5000), append(1)]);
    expect(errors.length).toBe(before);
    const found = new Set(await rowIdsOf(store));
    expect(acknowledged.filter((row) => !found.has(row))).toEqual([]);
    expect(found.size).toBe(acknowledged.length);
    expect((await store.compare("fraud")).rows).toBe(acknowledged.length);
    await store.close();
    expect(readdirSync(folder)).toEqual(["shapeline.duckdb"]);
  });
});

describe("a killed process", () => {
  it.runIf(slow)("that was deleting rows leaves every row within the limit once", { tags: ["slow"] }, async () => {
    const round = async (folder: string, times: number) => {
      const child = startChild("sweep", folder);
      const acknowledged: number[] = [];
      while (acknowledged.length < times) acknowledged.push(Number(await child.line()));
      acknowledged.push(...(await child.killAndReadLines()).map(Number));
      const last = Math.max(...acknowledged);
      const store = await openStore(folder);
      const batches = await store.readLog("fraud", { limit: 1_000_000 });
      await store.close();
      const ids = batches.flatMap(({ rowIds }) => rowIds);
      expect(new Set(ids).size).toBe(ids.length);
      const counts = new Map<number, number>();
      for (const { time } of batches) for (const ms of time) counts.set(ms, (counts.get(ms) ?? 0) + 1);
      const expected = new Map<number, number>();
      for (const ms of acknowledged) if (ms > last - 1000) expected.set(ms, (expected.get(ms) ?? 0) + 1);
      for (const [ms, count] of expected) expect(counts.get(ms) ?? 0).toBeGreaterThanOrEqual(count);
    };
    await inParallel(4, async (lane) => {
      const folder = newFolder();
      for (const i of [lane, lane + 4]) await round(folder, 40 + 25 * i);
    });
  });

  it.runIf(slow)(
    "that was compacting the file leaves every row once, and the next compaction succeeds",
    { timeout: 180_000 + 1500 * kills, tags: ["slow"] },
    async () => {
      const full = newFolder();
      const store = await storeIn(full, { retention: { age: 86_400_000 } });
      const log = await store.openLog(wideLayout);
      for (const age of [2, 2, 2, 2, 2, 2, 2, 2, 0]) {
        const rows = wideRows(5000);
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
        await child.kill();
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
        const ids = await rowIdsOf(again);
        await again.close();
        expect(ids).toEqual(Array.from({ length: 5000 }, (_, i) => BigInt(44_999 - i)));
        return passed;
      };
      const whole = await round("done");
      await inParallel(kills, (kill) => round(["COPY", "DETACH"][kill] ?? (whole * kill) / kills));
      expect([...ends]).toContain("amid");
    },
  );

  it.runIf(slow)(
    "that was rewriting tables to limit their size leaves the newest rows, and those logged meanwhile, once",
    { tags: ["slow"] },
    async () => {
      const full = newFolder();
      const store = await storeIn(full);
      const log = await store.openLog(wideLayout);
      for (let i = 0; i < 5; i++)
        await log.append({ ...wideRows(5000), time: new Float64Array(5000).map((_, at) => 5000 * i + at) }, rowMeta);
      await store.close();
      const size = Math.floor(statSync(join(full, "shapeline.duckdb")).size / 2);
      const steps = ["ALTER", "CREATE", "DROP", "COMMIT", "CHECKPOINT"];
      const ends = await inParallel(steps.length, async (i) => {
        const folder = newFolder();
        copyFileSync(join(full, "shapeline.duckdb"), join(folder, "shapeline.duckdb"));
        const child = startChild("rewrite", folder, String(size));
        const printed: string[] = [];
        while (printed.at(-1) !== steps[i]) printed.push(await child.line());
        printed.push(...(await child.killAndReadLines()));
        expect(await child.exited()).toMatchObject({ signal: "SIGKILL", stderr: "" });
        const again = await openStore(folder, { retention: { size } });
        const found = await rowIdsOf(again);
        const oldest = found.at(-1) ?? 0n;
        expect(found).toEqual(Array.from({ length: found.length }, (_, at) => (found[0] ?? 0n) - BigInt(at)));
        expect(printed.filter((line) => /^\d+$/.test(line) && !found.includes(BigInt(line)))).toEqual([]);
        expect(oldest).toBeGreaterThan(0n);
        expect(oldest).toBeLessThan(20_000n);
        expect((await again.sweep())?.used).toBeLessThanOrEqual(size);
        await (await again.openLog(wideLayout)).append(wideRow(0), rowMeta);
        await again.close();
        return printed.filter((line) => steps.includes(line)).at(-1);
      });
      // At least one was killed in the step itself.
      expect(ends).toContain("CREATE");
    },
  );

  it("loses only the relaxed rows appended last", async () => {
    const folders = [newFolder(), newFolder(), newFolder(), newFolder()];
    const child = startChild("trickle", ...folders);
    const appended: bigint[][] = folders.map(() => []);
    let transactions = 0;
    const parse = (line: string): void => {
      const [folder, row = "0"] = line.split(" ");
      if (folder === "BEGIN") transactions++;
      else appended[Number(folder)]?.push(BigInt(row));
    };
    // A writer starts a transaction after its last one has ended: with 20 of them, at least one folder has rows on
    // disk.
    while ((appended[3]?.length ?? 0) < 200 || transactions < 20) parse(await child.line());
    for (const line of await child.killAndReadLines()) parse(line);
    const found = await Promise.all(
      appended.map(async (rows, i) => {
        const stored = new Set(await rowIdsOf(await storeIn(folders[i] ?? "")));
        const lost = rows.filter((row) => !stored.has(row));
        // Only rows at the end are missing.
        expect(lost).toEqual(rows.slice(rows.length - lost.length));
        return stored.size;
      }),
    );
    expect(Math.max(...found)).toBeGreaterThan(0);
  });
});
