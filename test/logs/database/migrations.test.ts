import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { refusalError } from "../../refusal.js";
import { fraudLayout, rowMeta, floats, scoredRows, scoresOf } from "../support/sample-rows.js";
import { newFolder, storeIn, withDatabase } from "../support/stores.js";

/** The statements that downgrade each format to the one before it. */
const undo: readonly (readonly string[])[] = [
  [`ALTER TABLE log_1 DROP COLUMN "metadata.request"`],
  [`ALTER TABLE log_1_challenger_0 DROP COLUMN "metadata.elapsed"`],
  ["DROP TABLE shapeline_alerts"],
  ["ALTER TABLE shapeline_versions DROP COLUMN log"],
];
const newest = undo.length + 1;

/** A log written by the first release: two rows, the second failing a validation, and one challenger output. */
function fixtureOfFormatOne(): string {
  const folder = newFolder();
  writeFileSync(
    join(folder, "shapeline.duckdb"),
    gunzipSync(readFileSync(new URL("../../fixtures/logs/format-1.duckdb.gz", import.meta.url))),
  );
  return folder;
}

/** The same rows in an older format, downgraded from the newest. */
async function inFormat(format: number): Promise<string> {
  const folder = newFolder();
  const store = await storeIn(folder);
  await store.saveVersion({ pipeline: "fraud", config: { hash: "abc" }, models: [], deployedAt: new Date(0) });
  const log = await store.openLog(fraudLayout);
  await log.append(scoredRows(Date.UTC(2026, 0, 31, 12), 0.5, 1.5), rowMeta);
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
  it("of format 1 as written by its release has the same tables as a downgraded log", async () => {
    expect(await tables(await inFormat(1))).toEqual(await tables(fixtureOfFormatOne()));
  });

  const logs: readonly (readonly [name: string, create: () => Promise<string>])[] = [
    ["1, as written by its release", async () => fixtureOfFormatOne()],
    ...older.map((format) => [String(format), () => inFormat(format)] as const),
  ];
  it.each(logs)("of format %s is migrated when it is opened, and accepts new rows", async (_, create) => {
    const folder = await create();
    const store = await storeIn(folder);
    const [old] = await store.readLog("fraud");
    expect(old).toMatchObject({
      rows: 2,
      rowIds: [1n, 0n],
      requests: [null, null],
      lastModel: ["ccfraud", "ccfraud"],
      elapsed: [rowMeta.elapsed, rowMeta.elapsed],
    });
    expect(scoresOf([old!])).toEqual([1.5, 0.5]);
    const answered = [...(old?.challengers.get("rf")?.answered ?? [])];
    expect(old?.notes.get("rf")?.map((note) => note === null)).toEqual(answered.map((each) => each === 1));
    expect(answered.toSorted()).toEqual([0, 1]);
    expect(await store.versions("fraud")).toMatchObject([{ version: 1, config: { hash: "abc" } }]);
    expect(await store.compare("fraud")).toMatchObject({ rows: 2, challengers: [{ answered: 1, elapsed: null }] });

    const log = await store.openLog(fraudLayout);
    const { firstRow } = await log.append(scoredRows(Date.UTC(2026, 1, 1), 0.75), {
      ...rowMeta,
      metadata: { session_id: "a1", tries: 2, gold: true },
    });
    await log.appendChallenger("rf", firstRow, 1, new Map([["variable", floats([1, 1], 0.5)]]), 7e6);
    await store.saveAlerts("fraud", [{ alert: "drift", state: "firing", time: new Date(5) }]);
    await store.close();
    const again = await storeIn(folder, { readOnly: true });
    const read = await again.readLog("fraud");
    expect(scoresOf(read)).toEqual([0.75, 1.5, 0.5]);
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

  it.each(older)("of format %i is refused for reading only, because it would have to be migrated", async (format) => {
    const error = await refusalError(storeIn(await inFormat(format), { readOnly: true }));
    expect(error).toMatchObject({ code: "SL7005", details: { format } });
  });
});
