import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { floats, fraud, meta, newFolder, scored, scores, storeIn } from "./batches.js";

/** What each format lacks of the one after it. */
const undo: readonly (readonly string[])[] = [
  [`ALTER TABLE log_1 DROP COLUMN "metadata.request"`],
  [`ALTER TABLE log_1_challenger_0 DROP COLUMN "metadata.elapsed"`],
  ["DROP TABLE shapeline_alerts"],
];
const newest = undo.length + 1;

async function withDatabase<T>(folder: string, use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(join(folder, "shapeline.duckdb"));
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A log as the first format had it: two rows, the second failing, with a challenger that answered once. */
function formatOne(): string {
  const folder = newFolder();
  writeFileSync(
    join(folder, "shapeline.duckdb"),
    gunzipSync(readFileSync(new URL("../fixtures/logs/format-1.duckdb.gz", import.meta.url))),
  );
  return folder;
}

/** The same rows in an older format, made from the newest. */
async function inFormat(format: number): Promise<string> {
  const folder = newFolder();
  const store = await storeIn(folder);
  await store.saveVersion({ pipeline: "fraud", config: { hash: "abc" }, models: [], deployedAt: new Date(0) });
  const log = await store.openLog(fraud);
  await log.append(scored(Date.UTC(2026, 0, 31, 12), 0.5, 1.5), meta);
  await log.appendChallenger("rf", 0n, 1, { note: "no answer within 50 ms" });
  await log.appendChallenger("rf", 1n, 1, new Map([["variable", floats([1, 1], 0.25)]]));
  await store.close();
  await withDatabase(folder, async (connection) => {
    for (const statements of undo.slice(format - 1))
      for (const statement of statements) await connection.run(statement);
    await connection.run(`UPDATE shapeline_format SET format = ${format}`);
  });
  return folder;
}

const tables = (folder: string) =>
  withDatabase(folder, async (connection) =>
    (await (await connection.run("SELECT sql FROM duckdb_tables() ORDER BY table_name")).getRows()).map(String),
  );

async function formatOf(folder: string): Promise<number> {
  return withDatabase(folder, async (connection) =>
    Number((await (await connection.run("SELECT format FROM shapeline_format")).getRows())[0]?.[0]),
  );
}

const older = Array.from({ length: newest - 1 }, (_, i) => i + 1);

describe("an older log", () => {
  it("of the first format, as it was written then, is what these tests make of the newest", async () => {
    expect(await tables(await inFormat(1))).toEqual(await tables(formatOne()));
  });

  const logs: readonly (readonly [name: string, made: () => Promise<string>])[] = [
    ["1, as it was written then", async () => formatOne()],
    ...older.map((format) => [String(format), () => inFormat(format)] as const),
  ];
  it.each(logs)("of format %s is brought to the newest when it is opened, and goes on", async (_, made) => {
    const folder = await made();
    const store = await storeIn(folder);
    const [old] = await store.readLog("fraud");
    expect(old).toMatchObject({
      rows: 2,
      rowIds: [1n, 0n],
      requests: [null, null],
      lastModel: ["ccfraud", "ccfraud"],
      elapsed: [meta.elapsed, meta.elapsed],
    });
    expect(scores([old!])).toEqual([1.5, 0.5]);
    const answered = [...(old?.challengers.get("rf")?.answered ?? [])];
    expect(old?.notes.get("rf")?.map((note) => note === null)).toEqual(answered.map((each) => each === 1));
    expect(answered.toSorted()).toEqual([0, 1]);
    expect(await store.versions("fraud")).toMatchObject([{ version: 1, config: { hash: "abc" } }]);
    expect(await store.compare("fraud")).toMatchObject({ rows: 2, challengers: [{ answered: 1, elapsed: null }] });

    const log = await store.openLog(fraud);
    const { firstRow } = await log.append(scored(Date.UTC(2026, 1, 1), 0.75), {
      ...meta,
      metadata: { session_id: "a1", tries: 2, gold: true },
    });
    await log.appendChallenger("rf", firstRow, 1, new Map([["variable", floats([1, 1], 0.5)]]), 7e6);
    await store.saveAlerts("fraud", [{ alert: "drift", state: "firing", time: new Date(5) }]);
    await store.close();
    const again = await storeIn(folder, { readOnly: true });
    const read = await again.readLog("fraud");
    expect(scores(read)).toEqual([0.75, 1.5, 0.5]);
    expect(read.flatMap((batch) => batch.requests)).toEqual([{ session_id: "a1", tries: 2, gold: true }, null, null]);
    expect(await again.compare("fraud")).toMatchObject({
      rows: 3,
      challengers: [{ answered: 2, elapsed: { p50: 7e6 } }],
    });
    expect(await again.alertChanges("fraud")).toEqual([{ alert: "drift", state: "firing", time: new Date(5) }]);
    await again.close();
    expect(await formatOf(folder)).toBe(newest);
    expect(await tables(folder)).toEqual(await tables(await inFormat(newest)));
  });

  it.each(older)("of format %i is not opened for reading only, which would have to change it", async (format) => {
    const error = await storeIn(await inFormat(format), { readOnly: true }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "SL7005", details: { format } });
  });
});
