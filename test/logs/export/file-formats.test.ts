import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Table, tableToIPC, type RecordBatch } from "apache-arrow";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
import { batchSize, emptyFileSize } from "../../../src/logs/export/arrow-size.js";
import { ParquetFileWriter } from "../../../src/logs/export/parquet-file-writer.js";
import { allColumns } from "../../../src/tensors/column-selection.js";
import { toJson } from "../../../src/tensors/json/to-json.js";
import { jsonRows } from "../../../src/tensors/json/json-lines.js";
import type { ResultBatch } from "../../../src/tensors/result.js";
import { toTable } from "../../../src/tensors/arrow/to-table.js";
import { toRecords } from "../../../src/tensors/format-result.js";
import { dtypes } from "../../../dsl/tensor.js";
import { sample } from "../../tensors/samples.js";
import { newFolder } from "../support/stores.js";

const shapes = [[], [3], [2, 3], [2, 1, 3]];

/** Every dtype at every depth; every third row without challenger outputs. */
function allTypes(rows: number): ResultBatch {
  const tensors = new Map(
    dtypes.flatMap((dtype) => shapes.map((shape, i) => [`${dtype} ${i}`, sample(dtype, [rows, ...shape])] as const)),
  );
  return {
    rows,
    time: Float64Array.from({ length: rows }, (_, i) => 1_700_000_000_000 + i),
    inputs: tensors,
    outputs: new Map(),
    challengers: new Map([
      ["other", { outputs: tensors, answered: Uint8Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 0 : 1)) }],
    ]),
    failures: new Map([["check", Uint8Array.from({ length: rows }, (_, i) => i % 2)]]),
  };
}

const batchOf = (batch: ResultBatch): RecordBatch => toTable(batch).batches[0] as RecordBatch;

describe("a Parquet file", () => {
  it("contains every dtype at every depth, and nulls, over several chunks and batches", async () => {
    const folder = newFolder();
    const path = join(folder, "it's quoted.parquet");
    const sink = new ParquetFileWriter(path);
    const batches = [allTypes(2500), allTypes(3)];
    for (const batch of batches) await sink.write(batchOf(batch));
    await sink.end();
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const read = await (await connection.run(`FROM '${path.replaceAll("'", "''")}'`)).getRowObjectsJson();
    const expected = batches.flatMap((batch) => toRecords(batch, { ...allColumns, separator: "." }));
    expect(read).toHaveLength(2503);
    for (const row of [0, 1, 2, 3, 2047, 2048, 2049, 2499, 2500, 2501, 2502]) {
      const { time, ...own } = expected[row] as unknown as Record<string, unknown>;
      const { time: found, ...others } = read[row] as Record<string, unknown>;
      // Compare numbers as strings: the client returns 64-bit integers as strings.
      const plain = (value: unknown): unknown =>
        Array.isArray(value)
          ? value.map(plain)
          : typeof value === "bigint" || typeof value === "number"
            ? String(value)
            : value;
      expect(plain(Object.values(others)), String(row)).toEqual(plain(Object.values(own)));
      expect(Date.parse(`${String(found).replace(" ", "T")}Z`)).toBe((time as Date).getTime());
    }
    connection.closeSync();
    instance.closeSync();
  });

  it("leaves no file if it is discarded", async () => {
    const folder = newFolder();
    const sink = new ParquetFileWriter(join(folder, "gone.parquet"));
    await sink.write(batchOf(allTypes(10)));
    await sink.discard();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("the size of an Arrow file", () => {
  it.each([1, 2, 63, 64, 65, 1000])("is at most its estimate, and not much less (%i rows)", (rows) => {
    const batch = batchOf(allTypes(rows));
    const empty = emptyFileSize(batch.schema);
    const estimate = batchSize(batch);
    for (const times of [1, 2, 5]) {
      const actual = tableToIPC(new Table(new Array<RecordBatch>(times).fill(batch)), "file").byteLength - empty;
      expect(actual).toBeLessThanOrEqual(estimate * times);
      if (rows === 1000) expect(actual).toBeGreaterThan(estimate * times * 0.9);
    }
  });
});

describe("JSON lines", () => {
  it("equal what toJson writes for the records, for all dtypes", () => {
    const all = allTypes(8);
    const plain = {
      ...all,
      inputs: new Map([
        [
          "x",
          { dtype: "float32", dims: [8, 2], data: Float32Array.from({ length: 16 }, (_, i) => i / 10 - 0.5) } as const,
        ],
        [
          "n",
          { dtype: "int64", dims: [8], data: BigInt64Array.from({ length: 8 }, (_, i) => BigInt(i) - 4n) } as const,
        ],
      ]),
      challengers: new Map(),
    };
    const withOutput = (dtype: (typeof dtypes)[number]): ResultBatch => ({
      ...plain,
      outputs: new Map([["y", sample(dtype, [8])]]),
    });
    for (const batch of [all, plain, ...dtypes.map(withOutput)]) {
      const { rows, columns } = jsonRows(batch, allColumns);
      const records = toRecords(batch, { ...allColumns, separator: "." });
      expect(rows).toEqual(records.map((record) => toJson(record, 0)));
      expect(columns).toEqual(Object.keys(records[0] ?? {}));
    }
  });
});
