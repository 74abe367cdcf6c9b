import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Port } from "../../dsl/tensor.js";
import { inputReader } from "../../src/engine/input/read-input.js";
import { ReadingPace } from "../../src/files/reading-pace.js";
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
  const wanted = { pipeline: "p", inputs, ignoreUnknown, maxBytes: defaultMaxBytes, pace: new ReadingPace() };
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

describe("numbers of every type", () => {
  const ports: readonly Port[] = [
    { name: "f16", dtype: "float16", shape: ["batch"] },
    ...(["int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64", "float64"] as const).map((dtype): Port => ({
      name: dtype,
      dtype,
      shape: ["batch"],
    })),
    { name: "matrix", dtype: "int64", shape: ["batch", 2, 2] },
  ];

  test.each(["numbers.arrow", "numbers.parquet", "numbers.csv"])("%s", async (file) => {
    expect((await elements(file, ports)).values).toEqual({
      // The bits of 0.5, -2 and 65504.
      f16: [0x3800, 0xc000, 0x7bff],
      ...Object.fromEntries(ports.slice(1, 7).map(({ name }) => [name, [1, 2, 3]])),
      float64: [1, 2, 3],
      uint64: [0n, 1n, 2n ** 64n - 1n],
      matrix: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n, 11n, 12n],
    });
  });
});

describe("nulls are refused with their row", () => {
  const x: Port = { name: "x", dtype: "float32", shape: ["batch"] };
  test.each([
    ["nulls.arrow", x],
    ["nulls.parquet", x],
    ["nulls.csv", x],
    ["nested-null.arrow", features],
    ["nested-null.parquet", features],
  ] as const)("%s", async (file, port) => {
    expect(await refusal(elements(file, [port], true))).toMatch(/^SL5005 .*row 1\b/);
  });
});

describe("other files", () => {
  test.each([
    "version-1.feather",
    "array.npy",
    "arrays.npz",
    "frame.pkl",
    "frame.orc",
    "pandas.csv.bz2",
    "utf16.csv",
    "latin1.csv",
    "numpy-text.csv",
    "dates.parquet",
    "dates.arrow",
  ])("%s", async (file) => {
    expect(
      await refusal(
        elements(
          file,
          [features, count, flag, name].slice(file.startsWith("dates") ? 1 : 0, file.startsWith("dates") ? 2 : 4),
        ),
      ),
    ).toMatchSnapshot();
  });
});
