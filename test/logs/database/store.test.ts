import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadDuckDB } from "../../../src/logs/duckdb.js";
import { openStore } from "../../../src/logs/open-store.js";
import { refusal, refusalError } from "../../refusal.js";
import { startChild, startChildWithFileLimit, startOwner } from "../support/child-process.js";
import { port, fraudLayout, rowMeta, scoredRows, scoresOf } from "../support/sample-rows.js";
import { failStatements, newFolder, rowIdsOf, storeIn, withDatabase } from "../support/stores.js";

const at = new Date("2026-01-31T12:00:00.123Z");
const version = (pipeline: string, config: unknown = { name: pipeline }) => ({
  pipeline,
  config,
  models: [{ sha256: "ab".repeat(32), path: "models/ccfraud.onnx" }],
  deployedAt: at,
});

describe("control state", () => {
  it("numbers the versions of each pipeline and keeps them when the store is reopened", async () => {
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

  it("deploys an earlier version again", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    await store.saveVersion(version("fraud"));
    await store.saveVersion(version("fraud"));
    expect(await store.useVersion("fraud", 1, at)).toBe(true);
    expect(await store.useVersion("who", 1, at)).toBe(false);
    await store.close();
    const again = await storeIn(folder);
    expect((await again.current("fraud"))?.current.version).toBe(1);
    expect((await again.saveVersion(version("fraud"))).version).toBe(3);
    expect((await again.current("fraud"))?.current.version).toBe(3);
  });

  it("returns nothing for a pipeline that was never deployed", async () => {
    const store = await storeIn(newFolder());
    expect(await store.versions("who")).toEqual([]);
    expect(await store.current("who")).toBeNull();
    expect(await store.setState("who", "undeployed")).toBe(false);
    expect(await store.readLog("who")).toEqual([]);
  });

  it("marks a pipeline undeployed, and deployed again with its next version", async () => {
    const store = await storeIn(newFolder());
    await store.saveVersion(version("fraud"));
    expect(await store.setState("fraud", "undeployed")).toBe(true);
    expect((await store.current("fraud"))?.state).toBe("undeployed");
    await store.saveVersion(version("fraud"));
    expect((await store.current("fraud"))?.state).toBe("deployed");
  });

  it("assigns different numbers to versions saved concurrently", async () => {
    const folder = newFolder();
    const [one, two] = [await storeIn(folder), await storeIn(folder)];
    const saved = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? one : two).saveVersion(version("fraud"))),
    );
    expect(saved.map((each) => each.version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("saves a version completely or not at all", async () => {
    const store = await storeIn(newFolder());
    const restore = failStatements("INSERT INTO shapeline_pipelines", "IO Error: disk");
    expect(await refusal(store.saveVersion(version("fraud")))).toMatchInlineSnapshot(
      `"SL7014 the control state cannot be written: IO Error: disk"`,
    );
    restore();
    expect(await store.versions("fraud")).toEqual([]);
    expect((await store.saveVersion(version("fraud"))).version).toBe(1);
  });
});

describe("openStore", () => {
  it("creates the folder, its parents, one file, and what keeps it out of git", async () => {
    const folder = join(newFolder(), "a", ".shapeline");
    const store = await storeIn(folder);
    expect(store.file).toBe(join(folder, "shapeline.duckdb"));
    await store.close();
    expect(readdirSync(folder).sort()).toEqual([".gitignore", "shapeline.duckdb"]);
  });

  it("shares one database between stores of a folder, whatever their path, until the last one closes", async () => {
    const folder = newFolder();
    const link = join(newFolder(), "link");
    symlinkSync(folder, link);
    const [one, two] = await Promise.all([storeIn(folder), storeIn(link)]);
    const log = await one.openLog(fraudLayout);
    log.appendRelaxed(scoredRows(at.getTime(), 0.5), rowMeta);
    await one.close();
    expect(scoresOf(await two.readLog("fraud"))).toEqual([0.5]);
    await Promise.all([two.close(), two.close()]);
    expect(scoresOf(await (await storeIn(link)).readLog("fraud"))).toEqual([0.5]);
  });

  it("continues row ids, and rejects other columns for a known version", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    await (await store.openLog(fraudLayout)).append(scoredRows(at.getTime(), 0.5, 0.6), rowMeta);
    await store.close();
    const again = await storeIn(folder);
    expect(await (await again.openLog(fraudLayout)).append(scoredRows(at.getTime() + 5, 0.7), rowMeta)).toEqual({
      firstRow: 2n,
    });
    expect(
      await refusal(again.openLog({ ...fraudLayout, inputs: [port("dense_input", "float64", "N", 3)] })),
    ).toMatchInlineSnapshot(
      `"SL7011 the log of version 1 of pipeline 'fraud' has other columns than its config; save the changed config as a new version"`,
    );
    expect((await again.readLog("fraud"))[0]?.rowIds).toEqual([2n, 1n, 0n]);
  });

  it("names the process that owns the folder, and opens once that process has ended", async () => {
    const folder = newFolder();
    const child = await startOwner("own", folder);
    expect(await refusalError(openStore(folder))).toMatchObject({ code: "SL7003", details: { pid: child.pid } });
    expect(await refusal(openStore(folder), [folder, "<folder>"], [String(child.pid), "<pid>"])).toMatchInlineSnapshot(
      `"SL7003 the log '<folder>/shapeline.duckdb' is held by process <pid>; use that process, stop it, or choose another data folder"`,
    );
    expect(
      await refusal(openStore(folder, { readOnly: true }), [folder, "<folder>"], [String(child.pid), "<pid>"]),
    ).toContain("SL7003");
    await child.kill();
    await storeIn(folder);
  });

  it("rejects a folder that cannot be created", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "file"), "");
    expect(await refusal(openStore(join(folder, "file")), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7001 the data folder '<folder>/file' cannot be created: a part of the path is a file, not a folder; choose another folder"`,
    );
    expect(await refusal(openStore(join(folder, "file", "data")), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7001 the data folder '<folder>/file/data' cannot be created: a part of the path is a file, not a folder; choose another folder"`,
    );
  });

  it("rejects a file that is not a log", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "shapeline.duckdb"), "this is a text file, not a database. ".repeat(500));
    expect(await refusal(openStore(folder), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7004 '<folder>/shapeline.duckdb' is not a DuckDB database; it was not changed; restore it from a copy, move it away together with the files beside it, or choose another data folder"`,
    );

    const other = newFolder();
    await withDatabase(other, (connection) => connection.run("CREATE TABLE sales (amount INTEGER)"));
    expect(await refusal(openStore(other), [other, "<folder>"])).toMatchInlineSnapshot(
      `"SL7004 '<folder>/shapeline.duckdb' is a DuckDB database of another application; choose another data folder"`,
    );
  });

  it("rejects a folder at the path of the database file", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "shapeline.duckdb"));
    expect(await refusal(openStore(folder), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7006 the log '<folder>/shapeline.duckdb' cannot be opened: IO Error: Could not read from file "<folder>/shapeline.duckdb": Is a directory; it was not changed; restore it from a copy, or choose another data folder"`,
    );
  });

  it("rejects a log with a newer format", async () => {
    const folder = newFolder();
    await (await storeIn(folder)).close();
    await withDatabase(folder, (connection) => connection.run("UPDATE shapeline_format SET format = 99"));
    expect(await refusal(openStore(folder), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7005 the log '<folder>/shapeline.duckdb' has format 99, but this version of Shapeline reads formats up to 5; use a newer version of Shapeline, or another data folder"`,
    );
  });

  it("names the package to install if DuckDB is missing", async () => {
    const elsewhere = createRequire(join(newFolder(), "app.js"));
    expect(await refusal(() => loadDuckDB("the inference log", elsewhere))).toMatchInlineSnapshot(
      `"SL6020 the inference log needs @duckdb/node-api, which is not installed; run: npm install --ignore-scripts @duckdb/node-api onnxruntime-node"`,
    );
  });
});

describe("a read-only store", () => {
  it("reads an existing log and rejects writes", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    await store.saveVersion(version("fraud"));
    await (await store.openLog(fraudLayout)).append(scoredRows(at.getTime(), 0.5), rowMeta);
    await store.close();
    const reader = await storeIn(folder, { readOnly: true });
    expect(scoresOf(await reader.readLog("fraud"))).toEqual([0.5]);
    expect((await reader.current("fraud"))?.current.version).toBe(1);
    expect(await refusal(reader.saveVersion(version("fraud")), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7008 the store '<folder>/shapeline.duckdb' is open for reading only; open it without readOnly to write"`,
    );
    expect(await refusal(reader.openLog(fraudLayout))).toContain("SL7008");
    expect(await refusal(openStore(folder), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7008 this process has '<folder>/shapeline.duckdb' open for reading only; close that store first"`,
    );
  });

  it("shares the database of a writing store in the same process", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const reader = await storeIn(folder, { readOnly: true });
    (await store.openLog(fraudLayout)).appendRelaxed(scoredRows(at.getTime(), 0.5), rowMeta);
    expect(scoresOf(await reader.readLog("fraud"))).toEqual([0.5]);
    expect(await refusal(reader.setState("fraud", "undeployed"))).toContain("SL7008");
  });

  it("reports a missing log and creates nothing", async () => {
    const folder = newFolder();
    expect(await refusal(openStore(folder, { readOnly: true }), [folder, "<folder>"])).toMatchInlineSnapshot(
      `"SL7002 there is no log in '<folder>'; deploy a pipeline there first, or name the folder it was deployed to"`,
    );
    expect(await refusal(openStore(join(folder, "none"), { readOnly: true }))).toContain("SL7002");
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("a disk that fills up", () => {
  it("rejects the append that no longer fits, and keeps all rows acknowledged before", async () => {
    const folder = newFolder();
    const child = startChildWithFileLimit(3000, "fill", folder, "1000");
    const rows = Number(await child.line());
    expect((await child.line()).replaceAll(folder, "<folder>")).toMatchInlineSnapshot(
      `"SL7009 the rows could not be logged: TransactionContext Error: Failed to commit: Could not write file "<folder>/shapeline.duckdb.wal": File too large; none of them is in the log; make sure the disk has free space, then log them again"`,
    );
    expect(await child.exited()).toMatchObject({ code: 0, stderr: "" });
    expect(rows).toBeGreaterThanOrEqual(1000);
    expect(await rowIdsOf(await storeIn(folder))).toHaveLength(rows);
  });
});

describe("a process that ends", () => {
  it("is not kept running by an open store", async () => {
    const child = startChild("idle", newFolder());
    expect(await child.line()).toBe("idle");
    expect(await child.exited()).toEqual({ code: 0, signal: null, stderr: "" });
  });

  it("by kill -9 while writing loses no acknowledged row", async () => {
    const folder = newFolder();
    const child = startChild("write", folder);
    const acknowledged = new Set<bigint>();
    while (acknowledged.size < 300) acknowledged.add(BigInt(await child.line()));
    for (const line of await child.killAndReadLines()) acknowledged.add(BigInt(line));
    expect((await child.exited()).signal).toBe("SIGKILL");
    const reader = await storeIn(folder, { readOnly: true });
    const batches = await reader.readLog("fraud", { limit: 1_000_000 });
    await reader.close();
    const found = batches.flatMap((batch) => batch.rowIds);
    expect(await rowIdsOf(await storeIn(folder))).toEqual(found);
    expect(new Set(found).size).toBe(found.length);
    expect([...acknowledged].filter((row) => !found.includes(row))).toEqual([]);
    expect(
      batches.every((batch) => (batch.inputs.get("dense_input")?.data as Float32Array).every((value) => value === 0.5)),
    ).toBe(true);
  });

  it.each(["by itself", "exit"])("%s writes its relaxed rows", async (how) => {
    const folder = newFolder();
    expect(await startChild("relaxed", folder, how).exited()).toEqual({ code: 0, signal: null, stderr: "" });
    expect(await rowIdsOf(await storeIn(folder))).toEqual([9n, 8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n, 0n]);
  });

  it.each([0, 2])("during a commit, %i ms after its start, writes each row once", async (delay) => {
    const folder = newFolder();
    expect(await startChild("midway", folder, String(delay)).exited()).toMatchObject({ code: 0 });
    expect(await rowIdsOf(await storeIn(folder))).toEqual([2n, 1n, 0n]);
  });
});
