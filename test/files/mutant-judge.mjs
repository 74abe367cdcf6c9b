// Reads mutants of files of rows as requests: files of every format with changed bytes, changed JSON values, and valid
// Arrow files in which one integer is another.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { inputReader } from "../../dist/src/engine/input/read-input.js";
import { ReadingPace } from "../../dist/src/files/reading-pace.js";
import { readRows } from "../../dist/src/files/read-rows.js";
import { mutateBytes, mutateJson } from "../support/mutants/random.mjs";

/** @type {import("../../dist/dsl/tensor.js").Port[]} */
const inputs = [
  { name: "features", dtype: "float32", shape: ["batch", 3] },
  { name: "count", dtype: "int64", shape: ["batch"] },
  { name: "flag", dtype: "bool", shape: ["batch"] },
  { name: "name", dtype: "string", shape: ["batch"] },
];
const read = inputReader("p", inputs);
const maxBytes = 2 ** 28;

const arrow = [
  "plain",
  "batches",
  "dictionary",
  "list-view",
  "string-view",
  "large",
  "fixed",
  "lz4",
  "zstd",
  "polars",
].map((name) => `${name}.arrow`);
const files = [
  ...arrow,
  ...["plain.arrows", "zstd.arrows", "plain.arrow.gz", "plain.arrow.zst", "pandas.csv", "wide.csv", "tabs.tsv"],
  ...["pandas.csv.gz", "pandas.csv.zst", "pandas.df.json", "pandas-split.json", "pandas-table.json", "pandas.jsonl"],
  "polars.ndjson",
];
const parquet = ["snappy.parquet", "zstd.parquet", "delta.parquet", "v2-pages.parquet"];
const integers = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 24, 8, 65_536];

const load = (/** @type {string} */ name) => readFileSync(new URL(`../fixtures/rows/${name}`, import.meta.url));

export const prepare = () => new Map([...files, ...parquet].map((name) => [name, load(name)]));

/**
 * @param {import("../support/mutants/random.mjs").Random} random
 * @param {ReadonlyMap<string, Buffer>} contents
 * @param {number} seed
 */
export async function judge(random, contents, seed) {
  const [name, bytes] = seed % 2 === 0 ? oneInteger(seed / 2, contents) : anyMutant(random, contents);
  const wanted = { pipeline: "p", inputs, ignoreUnknown: random.below(4) === 0, maxBytes, pace: new ReadingPace() };
  const { request } = await readRows({ name, bytes }, wanted);
  for (const { data, dims } of /** @type {any[]} */ (read(request).tensors)) {
    const count = dims?.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1) ?? data.length;
    if (count !== data.length) throw new Error(`${data.length} elements of ${dims.join("x")}`);
  }
}

/** Walks through all aligned integers of the Arrow files, one after another. */
function oneInteger(/** @type {number} */ index, /** @type {ReadonlyMap<string, Buffer>} */ contents) {
  const name = arrow[index % arrow.length] ?? "";
  const bytes = Buffer.from(contents.get(name) ?? []);
  const place = Math.floor(index / arrow.length);
  const at = (Math.floor(place / (integers.length + 1)) * 4) % (bytes.length - 8);
  const value = integers[place % (integers.length + 1)];
  if (value === undefined) bytes.writeBigInt64LE(2n ** 53n - 1n, at);
  else bytes.writeInt32LE(value, at);
  return /** @type {const} */ ([name, bytes]);
}

/**
 * @param {import("../support/mutants/random.mjs").Random} random
 * @param {ReadonlyMap<string, Buffer>} contents
 * @returns {readonly [string, Buffer]}
 */
function anyMutant(random, contents) {
  const name = random.pick(random.below(20) === 0 ? parquet : files);
  const bytes = contents.get(name) ?? Buffer.alloc(0);
  if (name.endsWith(".json") && random.below(3) > 0)
    return [name, Buffer.from(JSON.stringify(mutateJson(random, JSON.parse(bytes.toString()))))];
  const mutant = mutateBytes(random, bytes);
  return random.below(16) === 0 ? [`${name}.gz`, gzipSync(mutant)] : [name, mutant];
}
