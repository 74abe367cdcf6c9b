import { join } from "node:path";
import { Field, Float32, makeData, RecordBatch, Schema, Struct } from "apache-arrow";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { ParquetFileWriter } from "../../../src/logs/export/parquet-file-writer.js";
import { folder } from "../../engine/make-config.js";
import { refusal } from "../../refusal.js";

function batchOf(columns: readonly string[], metadata: ReadonlyMap<string, string>): RecordBatch {
  const fields = columns.map((column) => new Field(column, new Float32(), true));
  const children = columns.map(() => makeData({ type: new Float32(), length: 2, data: Float32Array.of(1, 2) }));
  const data = makeData({ type: new Struct(fields), length: 2, nullCount: 0, children });
  return new RecordBatch(new Schema(fields, new Map(metadata)), data);
}

test("a Parquet file says which columns the log leaves out, as an Arrow file does", async () => {
  const path = join(folder(), "rows.parquet");
  const excluded = JSON.stringify(["in.it's", "in.image"]);
  const writer = new ParquetFileWriter(path);
  await writer.write(batchOf(["out.y"], new Map([["shapeline.excluded", excluded]])));
  await writer.end();
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(
    `SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}') WHERE decode(key) LIKE 'shapeline%'`,
  );
  expect(result.getRows()).toEqual([["shapeline.excluded", excluded]]);
  connection.closeSync();
  instance.closeSync();
});

test("a name that Parquet cannot hold is refused with the name and the way out", async () => {
  const writer = new ParquetFileWriter(join(folder(), "rows.parquet"));
  expect(await refusal(writer.write(batchOf(["out.a\0b"], new Map())))).toMatch(
    /^SL7030 the column "out\.a\\u0000b" has the character NUL in its name, .*export as "arrow" or "json"/,
  );
  expect(await refusal(writer.write(batchOf(["time", "in.X", "in.x"], new Map())))).toBe(
    `SL7030 the columns 'in.X' and 'in.x' differ in case only, and DuckDB would write the second one to Parquet under another name; export as "arrow" or "json", leave one out with datasetExclude, or rename the port`,
  );
});
