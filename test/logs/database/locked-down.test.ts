import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { afterEach, describe, expect, it } from "vitest";
import { slow } from "../../slow.js";
import { openDatabase } from "../../../src/logs/database/open-database.js";
import { defaultDatabaseMemory, loadDuckDB } from "../../../src/logs/duckdb.js";
import { newFolder } from "../support/stores.js";

const close: (() => void)[] = [];
afterEach(() => close.splice(0).forEach((each) => each()));

/** A connection to the log's database of a new folder. */
async function openLog(folder: string): Promise<DuckDBConnection> {
  const instance = await openDatabase(loadDuckDB(), folder, { readOnly: false, memory: defaultDatabaseMemory });
  const connection = await instance.connect();
  close.push(() => {
    connection.closeSync();
    instance.closeSync();
  });
  return connection;
}

describe("SQL in the log's database", () => {
  it("reads no file, not even one beside the database", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "secret.env"), "TOKEN=1");
    const log = await openLog(folder);
    for (const read of ["read_text", "read_blob", "read_csv", "glob"])
      await expect(log.run(`SELECT * FROM ${read}('${folder}/secret.env')`)).rejects.toThrow(/Permission Error/);
  });

  it("writes no file", async () => {
    const folder = newFolder();
    const log = await openLog(folder);
    await expect(log.run(`COPY (SELECT 1) TO '${folder}/out.csv'`)).rejects.toThrow(/Permission Error/);
    await expect(log.run(`EXPORT DATABASE '${folder}/out'`)).rejects.toThrow(/Permission Error/);
    await expect(log.run(`ATTACH '${folder}/other.duckdb'`)).rejects.toThrow(/Permission Error/);
    expect(["out.csv", "out", "other.duckdb"].filter((name) => existsSync(join(folder, name)))).toEqual([]);
  });

  it("loads no extension and changes no setting", async () => {
    const log = await openLog(newFolder());
    await expect(log.run("LOAD httpfs")).rejects.toThrow(/Permission Error/);
    await expect(log.run("SET enable_external_access = true")).rejects.toThrow(/configuration has been locked/);
    await expect(log.run("SET memory_limit = '8GB'")).rejects.toThrow(/configuration has been locked/);
  });

  it.runIf(slow)(
    "still sorts more rows than memory holds, by spilling into the data folder",
    { tags: ["slow"] },
    async () => {
      const folder = newFolder();
      const log = await openLog(folder);
      const [[spill] = []] = await (await log.run("SELECT current_setting('temp_directory')")).getRows();
      expect(spill).toBe(join(folder, "shapeline.duckdb.tmp"));
      await log.run(
        "CREATE TABLE large AS SELECT range AS i, hash(range)::VARCHAR || repeat('x', 240) AS text FROM range(1200000)",
      );
      const sorted = await log.run("SELECT count(*) FROM (SELECT text FROM large ORDER BY text DESC, i OFFSET 1)");
      expect((await sorted.getRows())[0]).toEqual([1_199_999n]);
    },
  );
});
