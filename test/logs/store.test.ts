import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { ShapelineError } from "../../dsl/errors.js";
import { openStore } from "../../src/logs/open-store.js";
import { refusal } from "../refusal.js";
import { startChild, startConfinedChild } from "./child.js";
import { fraud, meta, newFolder, port, scored, scores, storeIn } from "./batches.js";

const at = new Date("2026-01-31T12:00:00.123Z");
const version = (pipeline: string, config: unknown = { name: pipeline }) => ({
  pipeline,
  config,
  models: [{ sha256: "ab".repeat(32), path: "models/ccfraud.onnx" }],
  deployedAt: at,
});

describe("control state", () => {
  it("numbers the versions of each pipeline and keeps them over a restart", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const config = { name: "fraud", steps: [{ kind: "validation", text: "żółć '\" \\ \0" }], big: 1e21, nothing: null };
    expect((await store.saveVersion(version("fraud", config))).version).toBe(1);
    expect((await store.saveVersion(version("fraud"))).version).toBe(2);
    expect((await store.saveVersion(version("house"))).version).toBe(1);
    await store.close();
    const again = await storeIn(folder);
    expect(await again.versions("fraud")).toEqual([
      { ...version("fraud", config), version: 1 },
      { ...version("fraud"), version: 2 },
    ]);
    expect(await again.current("fraud")).toEqual({
      name: "fraud",
      state: "deployed",
      current: { ...version("fraud"), version: 2 },
    });
    expect((await again.pipelines()).map(({ name, current }) => [name, current.version])).toEqual([
      ["fraud", 2],
      ["house", 1],
    ]);
  });

  it("knows nothing of a pipeline that was never deployed", async () => {
    const store = await storeIn(newFolder());
    expect(await store.versions("who")).toEqual([]);
    expect(await store.current("who")).toBeNull();
    expect(await store.setState("who", "undeployed")).toBe(false);
    expect(await store.readLog("who")).toEqual([]);
  });

  it("marks a pipeline undeployed, and deployed again by its next version", async () => {
    const store = await storeIn(newFolder());
    await store.saveVersion(version("fraud"));
    expect(await store.setState("fraud", "undeployed")).toBe(true);
    expect((await store.current("fraud"))?.state).toBe("undeployed");
    await store.saveVersion(version("fraud"));
    expect((await store.current("fraud"))?.state).toBe("deployed");
  });

  it("gives versions saved at the same time different numbers", async () => {
    const folder = newFolder();
    const [one, two] = [await storeIn(folder), await storeIn(folder)];
    const saved = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? one : two).saveVersion(version("fraud"))),
    );
    expect(saved.map((each) => each.version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("saves a version whole or not at all", async () => {
    const store = await storeIn(newFolder());
    const { DuckDBConnection } = await import("@duckdb/node-api");
    const original = DuckDBConnection.prototype.run;
    const run = vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(function (
      this: InstanceType<typeof DuckDBConnection>,
      sql,
      ...rest
    ) {
      return sql.startsWith("INSERT INTO shapeline_pipelines")
        ? Promise.reject(new TypeError("IO Error: disk"))
        : original.call(this, sql, ...rest);
    });
    expect(await refusal(store.saveVersion(version("fraud")))).toMatchInlineSnapshot(
      `"SL7014 the control state cannot be written: IO Error: disk"`,
    );
    run.mockRestore();
    expect(await store.versions("fraud")).toEqual([]);
    expect((await store.saveVersion(version("fraud"))).version).toBe(1);
  });
});

describe("opening", () => {
  it("makes the folder and its parents, and one file in it", async () => {
    const folder = join(newFolder(), "a", ".shapeline");
    const store = await storeIn(folder);
    expect(store.file).toBe(join(folder, "shapeline.duckdb"));
    await store.close();
    expect(readdirSync(folder)).toEqual(["shapeline.duckdb"]);
  });

  it("shares one database between openings, by whatever path, until the last closes", async () => {
    const folder = newFolder();
    const link = join(newFolder(), "link");
    symlinkSync(folder, link);
    const [one, two] = await Promise.all([storeIn(folder), storeIn(link)]);
    const log = await one.openLog(fraud);
    log.appendRelaxed(scored(at.getTime(), 0.5), meta);
    await one.close();
    expect(scores(await two.readLog("fraud"))).toEqual([0.5]);
    await Promise.all([two.close(), two.close()]);
    expect(scores(await (await storeIn(link)).readLog("fraud"))).toEqual([0.5]);
  });

  it("goes on with row ids and refuses other columns for a known version", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    await (await store.openLog(fraud)).append(scored(at.getTime(), 0.5, 0.6), meta);
    await store.close();
    const again = await storeIn(folder);
    expect(await (await again.openLog(fraud)).append(scored(at.getTime() + 5, 0.7), meta)).toEqual({ firstRow: 2n });
    expect(
      await refusal(again.openLog({ ...fraud, inputs: [port("dense_input", "float64", "N", 3)] })),
    ).toMatchInlineSnapshot(
      `"SL7011 the log of version 1 of pipeline 'fraud' has other columns than its config; save the changed config as a new version"`,
    );
    expect((await again.readLog("fraud"))[0]?.rowIds).toEqual([2n, 1n, 0n]);
  });

  it("names the process that holds the folder, and opens once that is gone", async () => {
    const folder = newFolder();
    const child = startChild("hold", folder);
    expect(await child.line()).toBe("open");
    const error = await openStore(folder).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "SL7003", details: { pid: child.pid } });
    expect(await refusal(openStore(folder), [folder, "<folder>"], [String(child.pid), "<pid>"])).toMatchInlineSnapshot(
      `"SL7003 the log '<folder>/shapeline.duckdb' is held by process <pid>; use that process, stop it, or choose another data folder"`,
    );
    expect(
      await refusal(openStore(folder, { readOnly: true }), [folder, "<folder>"], [String(child.pid), "<pid>"]),
    ).toContain("SL7003");
    child.process.kill("SIGKILL");
    await child.ended();
    await storeIn(folder);
  });

  it("refuses a folder that cannot be made", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "file"), "");
    expect(await refusal(openStore(join(folder, "file")), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7001 the data folder '<folder>/file' cannot be created: a part of the path is a file, not a folder; choose another folder"`,
    );
    expect(await refusal(openStore(join(folder, "file", "data")), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7001 the data folder '<folder>/file/data' cannot be created: a part of the path is a file, not a folder; choose another folder"`,
    );
  });

  it("refuses a file that is not a log, and leaves it as it is", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "shapeline.duckdb"), "this is a text file, not a database. ".repeat(500));
    expect(await refusal(openStore(folder), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7004 '<folder>/shapeline.duckdb' is not a DuckDB database; it was not changed; restore it from a copy, move it away together with the files beside it, or choose another data folder"`,
    );

    const other = newFolder();
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const instance = await DuckDBInstance.create(join(other, "shapeline.duckdb"));
    const connection = await instance.connect();
    await connection.run("CREATE TABLE sales (amount INTEGER)");
    connection.closeSync();
    instance.closeSync();
    expect(await refusal(openStore(other), [other, "<folder>"])).toMatchInlineSnapshot(
      `"SL7004 '<folder>/shapeline.duckdb' is a DuckDB database of another application; choose another data folder"`,
    );
  });

  it("refuses a folder in the database's place", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "shapeline.duckdb"));
    expect(await refusal(openStore(folder), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7006 the log '<folder>/shapeline.duckdb' cannot be opened: IO Error: Could not read from file "<folder>/shapeline.duckdb": Is a directory; it was not changed; restore it from a copy, or choose another data folder"`,
    );
  });

  it("refuses a log of a newer format", async () => {
    const folder = newFolder();
    await (await storeIn(folder)).close();
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const instance = await DuckDBInstance.create(join(folder, "shapeline.duckdb"));
    const connection = await instance.connect();
    await connection.run("UPDATE shapeline_format SET format = 99");
    connection.closeSync();
    instance.closeSync();
    expect(await refusal(openStore(folder), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7005 the log '<folder>/shapeline.duckdb' has format 99, this version of Shapeline reads formats up to 4; use a newer version of Shapeline, or another data folder"`,
    );
  });

  it("says what to install where DuckDB is missing", async () => {
    vi.resetModules();
    vi.doMock("@duckdb/node-api", () => {
      throw Object.assign(new TypeError("Cannot find package '@duckdb/node-api'"), { code: "ERR_MODULE_NOT_FOUND" });
    });
    const { loadDuckDB } = await import("../../src/logs/duckdb.js");
    const error = (await loadDuckDB().catch((reason: unknown) => reason)) as ShapelineError;
    vi.doUnmock("@duckdb/node-api");
    expect(error.code).toBe("SL6020");
    expect(error.message).toContain("npm install @duckdb/node-api");
  });
});

describe("reading only", () => {
  it("reads what is there and refuses to write", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    await store.saveVersion(version("fraud"));
    await (await store.openLog(fraud)).append(scored(at.getTime(), 0.5), meta);
    await store.close();
    const reader = await storeIn(folder, { readOnly: true });
    expect(scores(await reader.readLog("fraud"))).toEqual([0.5]);
    expect((await reader.current("fraud"))?.current.version).toBe(1);
    expect(await refusal(reader.saveVersion(version("fraud")), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7008 the store '<folder>/shapeline.duckdb' is open for reading only; open it without readOnly to write"`,
    );
    expect(await refusal(reader.openLog(fraud))).toContain("SL7008");
    expect(await refusal(openStore(folder), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7008 this process has '<folder>/shapeline.duckdb' open for reading only; close that store first"`,
    );
  });

  it("shares the database of a writer in the same process", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const reader = await storeIn(folder, { readOnly: true });
    (await store.openLog(fraud)).appendRelaxed(scored(at.getTime(), 0.5), meta);
    expect(scores(await reader.readLog("fraud"))).toEqual([0.5]);
    expect(await refusal(reader.setState("fraud", "undeployed"))).toContain("SL7008");
  });

  it("says where nothing is, and makes nothing", async () => {
    const folder = newFolder();
    expect(await refusal(openStore(folder, { readOnly: true }), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7002 there is no log in '<folder>'; deploy a pipeline there first, or name the folder it was deployed to"`,
    );
    expect(await refusal(openStore(join(folder, "none"), { readOnly: true }))).toContain("SL7002");
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("a disk that fills up", () => {
  it("fails the append that no longer fits, and keeps every row acknowledged before", async () => {
    const folder = newFolder();
    const child = startConfinedChild(3000, "fill", folder, "1000");
    const rows = Number(await child.line());
    expect((await child.line()).replaceAll(folder, "<folder>")).toMatchInlineSnapshot(
      `"SL7009 the rows could not be logged: TransactionContext Error: Failed to commit: Could not write file "<folder>/shapeline.duckdb.wal": File too large; none of them is in the log; make sure the disk has free space, then log them again"`,
    );
    expect(await child.ended()).toMatchObject({ code: 0, stderr: "" });
    expect(rows).toBeGreaterThanOrEqual(1000);
    const found = (await (await storeIn(folder)).readLog("fraud", { limit: 1_000_000 })).flatMap(
      (batch) => batch.rowIds,
    );
    expect(found).toHaveLength(rows);
  });
});

describe("a process that ends", () => {
  it("is not kept alive by an open store", async () => {
    const child = startChild("idle", newFolder());
    expect(await child.line()).toBe("idle");
    expect(await child.ended()).toEqual({ code: 0, signal: null, stderr: "" });
  }, 10_000);

  it("by kill -9 in the middle of writing loses no acknowledged row", async () => {
    const folder = newFolder();
    const child = startChild("write", folder);
    const acknowledged = new Set<bigint>();
    while (acknowledged.size < 300) acknowledged.add(BigInt(await child.line()));
    child.process.kill("SIGKILL");
    for (let line = await child.line(); line !== ""; line = await child.line()) acknowledged.add(BigInt(line));
    expect((await child.ended()).signal).toBe("SIGKILL");
    const reader = await storeIn(folder, { readOnly: true });
    const batches = await reader.readLog("fraud", { limit: 1_000_000 });
    await reader.close();
    expect(
      (await (await storeIn(folder)).readLog("fraud", { limit: 1_000_000 })).flatMap((batch) => batch.rowIds),
    ).toEqual(batches.flatMap((batch) => batch.rowIds));
    const found = batches.flatMap((batch) => batch.rowIds);
    expect(new Set(found).size).toBe(found.length);
    expect([...acknowledged].filter((row) => !found.includes(row))).toEqual([]);
    expect(
      batches.every((batch) => (batch.inputs.get("dense_input")?.data as Float32Array).every((value) => value === 0.5)),
    ).toBe(true);
  });

  it.each(["by itself", "exit"])("%s still writes its relaxed rows", async (how) => {
    const folder = newFolder();
    expect(await startChild("relaxed", folder, how).ended()).toEqual({ code: 0, signal: null, stderr: "" });
    const [batch] = await (await storeIn(folder)).readLog("fraud");
    expect(batch?.rowIds).toEqual([9n, 8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n, 0n]);
  });

  it.each([0, 2])("in the middle of a commit, %i ms on, writes each row once", async (delay) => {
    const folder = newFolder();
    expect(await startChild("midway", folder, String(delay)).ended()).toMatchObject({ code: 0 });
    const batches = await (await storeIn(folder)).readLog("fraud");
    expect(batches.flatMap((batch) => batch.rowIds)).toEqual([2n, 1n, 0n]);
  });
});
