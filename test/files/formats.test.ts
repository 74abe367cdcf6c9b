import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Port } from "../../dsl/tensor.js";
import { inputReader } from "../../src/engine/input/read-input.js";
import { readRows } from "../../src/files/read-rows.js";
import { defaultMaxBytes } from "../../src/files/wanted-rows.js";
import { refusal } from "../refusal.js";

// The files were written by pandas, pyarrow and polars: see test/fixtures/rows/make_rows.py.
const folder = fileURLToPath(new URL("../fixtures/rows", import.meta.url));

const features: Port = { name: "features", dtype: "float32", shape: ["batch", 3] };
const count: Port = { name: "count", dtype: "int64", shape: ["batch"] };
const flag: Port = { name: "flag", dtype: "bool", shape: ["batch"] };
const name: Port = { name: "name", dtype: "string", shape: ["batch"] };

/** Reads a file as the engine does: the elements of each input, and what the user is told. */
async function elements(file: string, inputs: readonly Port[], ignoreUnknown = false) {
  const wanted = { pipeline: "p", inputs, ignoreUnknown, maxBytes: defaultMaxBytes };
  const { request, notes } = await readRows({ name: file, path: `${folder}/${file}` }, wanted);
  const { tensors } = inputReader("p", inputs)(request);
  return {
    values: Object.fromEntries(
      inputs.map((port, i) => [port.name, Array.from<unknown>((tensors[i]?.data ?? []) as ArrayLike<unknown>)]),
    ),
    notes,
  };
}

const rows = {
  features: [0.5, -1.25, 3, Math.fround(0.001), 2.5, -0.25, 100, Math.fround(0.1), 7, 4, 5, 6],
  count: [9007199254740993n, -5n, 0n, 9223372036854775807n],
  flag: [1, 0, 1, 0],
  name: ['naïve, "quoted"\nline', "a,b;c\td|e", "a name longer than twelve bytes, for views", "日本"],
};

const sameRows = [
  ...["plain.arrow", "plain.arrows", "lz4.arrow", "zstd.arrow", "zstd.arrows", "batches.arrow", "sliced.arrow"],
  ...[
    "large.arrow",
    "fixed.arrow",
    "string-view.arrow",
    "dictionary.arrow",
    "list-view.arrow",
    "large-list-view.arrow",
  ],
  ...["default.feather", "zstd.feather", "pandas.feather", "polars.arrow", "polars-array.arrow", "polars.arrows"],
  ...["snappy.parquet", "gzip.parquet", "zstd.parquet", "lz4.parquet", "brotli.parquet", "none.parquet"],
  ...["v2-pages.parquet", "delta.parquet", "groups.parquet", "fixed.parquet", "pandas.parquet", "polars.parquet"],
  ...["pandas.csv", "semicolons.csv", "tabs.tsv", "bom-crlf.csv", "upper-bool.csv", "polars.csv", "wide.csv"],
  ...["wide-dots.csv", "pandas-index.csv", "wide.parquet", "wide.feather"],
  ...["pandas-records.json", "pandas-columns.json", "pandas-split.json", "pandas-index.json", "pandas-table.json"],
  ...["pandas.df.json", "pandas.jsonl", "polars.ndjson"],
  ...["pandas.csv.gz", "pandas.csv.zst", "pandas.jsonl.gz", "pandas.jsonl.zst", "pandas.df.json.gz"],
  ...["pandas.df.json.zst", "plain.arrow.gz", "plain.arrow.zst", "snappy.parquet.gz", "snappy.parquet.zst"],
];

describe("the same rows are read from", () => {
  test.each(sameRows)("%s", async (file) => {
    expect((await elements(file, [features, count, flag, name])).values).toEqual(rows);
  });
});
