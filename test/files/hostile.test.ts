import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import type { Port } from "../../dsl/tensor.js";
import { InputError } from "../../dsl/errors.js";
import { inputReader } from "../../src/engine/input/read-input.js";
import { ReadingPace } from "../../src/files/reading-pace.js";
import { readRows } from "../../src/files/read-rows.js";
import { refusal } from "../refusal.js";
import { slow } from "../slow.js";

const fixtures = fileURLToPath(new URL("../fixtures/rows", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "shapeline-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inputs: readonly Port[] = [
  { name: "features", dtype: "float32", shape: ["batch", 3] },
  { name: "count", dtype: "int64", shape: ["batch"] },
  { name: "flag", dtype: "bool", shape: ["batch"] },
  { name: "name", dtype: "string", shape: ["batch"] },
];
const maxBytes = 2 ** 20;

async function read(name: string, ports = inputs, ignoreUnknown = false): Promise<unknown> {
  const wanted = { pipeline: "p", inputs: ports, ignoreUnknown, maxBytes, pace: new ReadingPace() };
  const { request } = await readRows({ name, path: join(folder, name) }, wanted);
  return inputReader("p", ports)(request);
}

const fixture = (name: string): Buffer => readFileSync(join(fixtures, name));
/** The bytes of a fixture, changed at a place. */
const changed = (name: string, change: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.from(fixture(name));
  change(bytes);
  return bytes;
};
const cut = (name: string, keep: number): Buffer => fixture(name).subarray(0, Math.floor(fixture(name).length * keep));
const csv = (...lines: string[]): string => ["features,count,flag,name", ...lines, ""].join("\n");

const line = '{"features":[1,2,3],"count":1,"flag":true,"name":"a"}';
const row = `[${line}]`;

/** A file whose first packed buffer states another size. The size stands before the mark of an LZ4 frame. */
const lying = (size: bigint): Buffer =>
  changed("lz4.arrow", (b) => b.writeBigInt64LE(size, b.indexOf(Buffer.from([0x04, 0x22, 0x4d, 0x18])) - 8));

/** Each file's name, its content, and how its refusal begins. */
const files: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
  // Nothing, or nothing that is known.
  ["empty.arrow", "", /^SL5030 the rows file 'empty.arrow' is empty; /],
  ["empty.parquet", "", /^SL5030 .* is empty; /],
  ["empty.csv", "", /^SL5030 .* is empty; /],
  ["empty.csv.gz", gzipSync(""), /^SL5030 .* unpacks to nothing; /],
  [
    "zeros.arrow",
    new Uint8Array(100),
    /^SL5017 'zeros.arrow' is not an Arrow file, as its name says: .* the bytes 00 00 00 00; taken are /,
  ],
  ["zeros.bin", new Uint8Array(100), /^SL5017 'zeros.bin' has an unknown format: /],
  ["text.parquet", "hello", /^SL5017 'text.parquet' is not a Parquet file, as its name says: .*"hello"/],
  ["words", "some words\n", /^SL5017 'words' has an unknown format: /],
  ["control.csv", "a,b\n\u0001,2\n", /^SL5017 .*unknown format/],
  // Other formats under a name that is taken.
  ["model.arrow", Buffer.from("PK\u0003\u0004 rest"), /^SL5017 'model.arrow' is a ZIP archive, which is not taken/],
  ["sheet.xlsx", Buffer.from("PK\u0003\u0004 rest"), /is an Excel workbook.*read_excel/],
  ["old.feather", Buffer.from("FEA1 rest of it FEA1"), /is Feather version 1.*write_feather/],
  ["image.parquet", Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), /is a PNG image/],
  ["data.db", Buffer.from("SQLite format 3\u0000"), /is a SQLite database.*duckdb/],
  ["rows.h5", Buffer.from([0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10]), /is an HDF5 file/],
  ["rows.avro", Buffer.from("Obj\u0001"), /is an Avro file.*read_avro/],
  ["page.json", "<!doctype html><p>Not found</p>", /is an XML or HTML file/],
  [
    "pointer.parquet",
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    /is a pointer of Git LFS.*git lfs pull/,
  ],
  ["secret.parquet", Buffer.from("PARE rest PARE"), /is an encrypted Parquet file/],
  ["it's $(x).npy", Buffer.from([0x93, ...Buffer.from("NUMPY")]), /'it'\\''s \$\(x\)\.npy' features$/],
  // Arrow.
  ["magic.arrow", "ARROW1", /^SL5030 .*its end is missing/],
  ["cut-half.arrow", cut("plain.arrow", 0.5), /^SL5030 .*its end is missing/],
  ["cut-end.arrow", fixture("plain.arrow").subarray(0, -1), /^SL5030 .*its end is missing/],
  ["cut.arrows", cut("plain.arrows", 0.5), /^SL5030 .*its end is missing/],
  ["no-end-mark.arrows", fixture("plain.arrows").subarray(0, -8), /^SL5030 .*its end is missing/],
  ["footer-size.arrow", changed("plain.arrow", (b) => b.writeInt32LE(2 ** 30, b.length - 10)), /^SL5030 .*footer/],
  ["negative-footer.arrow", changed("plain.arrow", (b) => b.writeInt32LE(-5, b.length - 10)), /^SL5030 .*footer/],
  ["no-footer.arrow", changed("plain.arrow", (b) => b.fill(0, b.length - 400, b.length - 10)), /^SL5030 /],
  ["ones-footer.arrow", changed("plain.arrow", (b) => b.fill(0xff, b.length - 400, b.length - 10)), /^SL5030 /],
  [
    "metadata-size.arrows",
    changed("plain.arrows", (b) => b.writeInt32LE(2 ** 31 - 1, 4)),
    /^SL5030 .*its end is missing/,
  ],
  ["negative-size.arrows", changed("plain.arrows", (b) => b.writeInt32LE(-2, 4)), /^SL5030 .*its end is missing/],
  ["only-mark.arrows", Buffer.from([255, 255, 255, 255]), /^SL5030 /],
  ["end-only.arrows", Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]), /^SL5030 /],
  ["zero-lz4.arrow", changed("lz4.arrow", (b) => b.fill(0, 600, 900)), /^SL5030 /],
  ["two.arrows", Buffer.concat([cut("plain.arrows", 0.9), fixture("plain.arrows")]), /^SL50/],
  // Parquet.
  ["magic.parquet", "PAR1", /^SL5030 .*is not a complete Parquet file/],
  ["cut.parquet", cut("snappy.parquet", 0.5), /^SL5030 .*is not a complete Parquet file/],
  ["cut-start.parquet", Buffer.concat([Buffer.from("PAR1"), fixture("snappy.parquet").subarray(300)]), /^SL50/],
  ["footer.parquet", changed("snappy.parquet", (b) => b.writeUInt32LE(2 ** 31, b.length - 8)), /^SL5030 /],
  ["pages.parquet", changed("snappy.parquet", (b) => b.fill(0xff, 4, 200)), /^SL5030 /],
  ["metadata.parquet", changed("snappy.parquet", (b) => b.fill(0xff, b.length - 300, b.length - 8)), /^SL5030 /],
  ["unpacked-size.arrow", lying(2n ** 40n), /^SL5033 .*its values take more, the limit is 1\.05 MB/],
  ["unpacked-ratio.arrow", lying(2n ** 19n), /^SL5030 .*cannot unpack to the 524288 that are stated/],
  ["unpacked-short.arrow", lying(1n), /^SL5030 .*a packed buffer holds more than its size says/],
  ["unpacked-long.arrow", lying(100n), /^SL5030 .* where 100 are stated/],
  ["unpacked-negative.arrow", lying(-7n), /^SL5030 .*a packed buffer states a size of -7/],
  // Packed.
  ["cut.csv.gz", cut("pandas.csv.gz", 0.5), /^SL5030 .*is not complete gzip data: unexpected end of file/],
  [
    "checksum.csv.gz",
    changed("pandas.csv.gz", (b) => b.writeUInt32LE(1, b.length - 8)),
    /^SL5030 .*is not complete gzip data/,
  ],
  ["cut.csv.zst", cut("pandas.csv.zst", 0.5), /^SL5030 .*is not complete zstd data/],
  [
    "noise.csv.zst",
    Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(50, 0xff)]),
    /^SL5030 .*is not complete zstd data/,
  ],
  [
    "window.csv.zst",
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0, 0]),
    /^SL5030 .*is not complete zstd data/,
  ],
  ["bomb.csv.gz", gzipSync(Buffer.alloc(2 ** 26)), /^SL5033 .*unpack to more, the limit is 1\.05 MB; .*--max-size/],
  ["twice.csv.gz", gzipSync(fixture("pandas.csv.gz")), /^SL5017 .*is packed twice/],
  ["image.csv.gz", gzipSync(Buffer.from([0x89, 0x50, 0x4e, 0x47])), /is a PNG image/],
  ["large.json", "[".padEnd(maxBytes + 1), /^SL5033 .*it has 1\.05 MB, the limit is 1\.05 MB/],
  // CSV.
  ["header.csv", "features,count,flag,name\n", /^SL5030 .*line 1: there is a header but no row/],
  ["blank-header.csv", "\n1,2\n", /^SL5030 .*line 1: the header is empty/],
  ["short-row.csv", csv('"[1,2,3]",1,true'), /^SL5030 .*line 2: 3 cells where the header has 4/],
  [
    "long-row.csv",
    csv("[1,2,3],1,true,a"),
    /^SL5030 .*line 2: 6 cells where the header has 4; quote cells that hold ','/,
  ],
  ["empty-line.csv", csv('"[1,2,3]",1,true,a', "", '"[1,2,3]",1,true,a'), /^SL5030 .*line 3: the line is empty/],
  ["open-quote.csv", csv('"[1,2,3]",1,true,"a'), /^SL5030 .*line 2: a cell opens with a quote that never closes/],
  ["after-quote.csv", csv('"[1,2,3]",1,true,"a"b'), /^SL5030 .*line 2: text follows a closing quote/],
  ["cr.csv", "features,count,flag,name\r[1],2,true,a\r", /^SL5030 .*line 1: a line ends with CR only/],
  ["list.csv", csv('"[1,2",1,true,a'), /^SL5006 .*row 0 \(line 2\), column 'features': expected a list as JSON text/],
  ["short-list.csv", csv('"[1,2]",1,true,a'), /^SL5007 row 0, input 'features': expected a list of 3/],
  ["deep-list.csv", csv(`"${"[".repeat(90_000)}",1,true,a`), /^SL5006 /],
  ["number.csv", csv("1,1,true,a"), /^SL5008 .*expected a list as JSON text/],
  [
    "fraction.csv",
    csv('"[1,2,3]",1.5,true,a'),
    /^SL5006 .*column 'count': expected a whole number \(int64\), got the string "1.5"/,
  ],
  ["wide.csv", csv('"[1,2,3]",9223372036854775808,true,a'), /^SL5010 /],
  ["comma.csv", "features;count;flag;name\n[1,2,3];1,5;true;a\n", /^SL5006 .*write decimals with a point/],
  [
    "overflow.csv",
    "features_0,features_1,features_2,count,flag,name\n1e999,2,3,1,true,a\n",
    /^SL5006 .*column 'features_0'/,
  ],
  ["long-number.csv", csv(`"[1,2,3]",1,true,a`, `${"1".repeat(500_000)}x,1,true,a`), /^SL50/],
  [
    "long-element.csv",
    `features_0,features_1,features_2,count,flag,name\n${"1".repeat(500_000)}x,2,3,1,true,a\n`,
    /^SL5006 /,
  ],
  ["long-integer.csv", csv(`"[1,2,3]",${"9".repeat(500_000)},true,a`), /^SL5006 /],
  ["long-header.csv", `${"a".repeat(900_000)}\n1\n`, /^SL5003 /],
  [
    "many-columns.csv",
    `${"a,".repeat(150_000)}a\n${"1,".repeat(150_000)}1\n`,
    /^SL5033 .* at most 100,000 columns, .* 150,001;/,
  ],
  ["truth.csv", csv('"[1,2,3]",1,yes,a'), /^SL5006 .*expected true, false, 1 or 0 \(bool\), got the string "yes"/],
  ["null.csv", csv('"[1,2,3]",,true,a'), /^SL5005 row 0, input 'count'/],
  ["separator.csv", "features;a,b,count;c\n1;2,3\n", /^SL5034 .*may be separated by commas or semicolons/],
  ["same-names.csv", "features,count,flag,name,count\n[],1,true,a,2\n", /^SL5034 .*has two columns 'count'/],
  [
    "unknown.csv",
    "features,count,flag,name,id\n[],1,true,a,2\n",
    /^SL5004 .*has no input 'id'.*ignoreUnknown: true \(--ignore-unknown\)/,
  ],
  [
    "missing.csv",
    "features,Count,flag,name\n[],1,true,a\n",
    /^SL5003 .*input 'count' of pipeline 'p' is missing; found 'Count'; rename 'Count' to 'count' if it is meant$/,
  ],
  [
    "elements.csv",
    "features_0,features_1,count,flag,name\n1,2,1,true,a\n",
    /^SL5007 .*'features_0' to 'features_1' hold 2 elements a row, the input 'features' takes float32\[batch, 3\]/,
  ],
  ["two-ways.csv", "features_0,features.0,count,flag,name\n1,2,1,true,a\n", /^SL5034 .*'features_0' and 'features.0'/],
  // JSON.
  ["cut.json", '[{"features": [1, 2', /^SL5030 'cut.json' is not complete JSON: /],
  ["nan.json", '[{"features": [NaN, 2, 3]}]', /^SL5030 .*JSON has no NaN: write "NaN" or null/],
  ["number.json", "7", /^SL5000 /],
  ["numbers.json", "[1, 2]", /^SL5002 /],
  ["none.json", "[]", /^SL5001 /],
  ["uneven.json", '{"features": [[1,2,3]], "count": [1, 2], "flag": [true], "name": ["a"]}', /^SL5013 /],
  ["deep.json", "[".repeat(500_000), /^SL5030 /],
  ["deep-value.json", row.replace("[1,2,3]", "[".repeat(200_000) + "]".repeat(200_000)), /^SL50/],
  ["deep-wrapper.json", '{"instances":'.repeat(200_000) + "1" + "}".repeat(200_000), /^SL50/],
  [
    "overflow.json",
    row.replace("[1,2,3]", "[1,2,-1e400]"),
    /^SL5010 'overflow.json', row 0, input 'features': a number is larger than any float64 .*"Infinity"/,
  ],
  ["overflow.jsonl", `${line}\n${line.replace("[1,2,3]", `[1,2,${"9".repeat(310)}]`)}\n`, /^SL5010 .*row 1, input/],
  ["overflow-columns.json", '{"features": [[1e999,2,3]], "count": [1], "flag": [true], "name": ["a"]}', /^SL5010 /],
  ["overflow-list.csv", csv('"[1,2,1e400]",1,true,a'), /^SL5006 .*column 'features'/],
  [
    "cut.jsonl",
    '{"features":[1,2,3],"count":1,"flag":true,"name":"a"}\n{"feat',
    /^SL5030 'cut.jsonl', line 2: this is not a complete JSON object/,
  ],
  [
    "later-row.jsonl",
    '{"features":[1,2,3],"count":1,"flag":true,"name":"a"}\n{"features":[1,2,3]}\n',
    /^SL5003 row 1: input 'count'/,
  ],
  [
    "extra.jsonl",
    '{"features":[1,2,3],"count":1,"flag":true,"name":"a"}\n{"features":[1,2,3],"count":1,"flag":true,"name":"a","id":1}\n',
    /^SL5004 row 1: /,
  ],
  ["nul.jsonl", '{"features":[1,2,3],"count":1,"flag":true,"name":"a\\u0000b"}\n', /^SL5020 /],
];

describe("a file that is no rows is refused with a reason", () => {
  test.each(files)("%s", async (name, content, expected) => {
    writeFileSync(join(folder, name), content);
    expect(await refusal(read(name))).toMatch(expected);
  });

  test("a folder, a pipe, a device, a broken link, and nothing", async () => {
    mkdirSync(join(folder, "folder.csv"));
    execFileSync("mkfifo", [join(folder, "pipe.csv")]);
    symlinkSync("/dev/zero", join(folder, "device.csv"));
    symlinkSync("nowhere", join(folder, "link.csv"));
    expect(await Promise.all(["folder", "pipe", "device", "link", "none"].map((name) => refusal(read(`${name}.csv`)))))
      .toMatchInlineSnapshot(`
      [
        "SL5030 the rows file 'folder.csv' is a folder; give one of the files in it",
        "SL5030 the rows file 'pipe.csv' is a pipe or a device, not a file; write the rows to a file, or give '-' to \`shapeline infer\` and the rows on standard input",
        "SL5030 the rows file 'device.csv' is a pipe or a device, not a file; write the rows to a file, or give '-' to \`shapeline infer\` and the rows on standard input",
        "SL5030 the rows file 'link.csv' cannot be read: there is no such file or folder",
        "SL5030 the rows file 'none.csv' cannot be read: there is no such file or folder",
      ]
    `);
  });
});

describe("a small file of much data is refused at the limit", () => {
  const x: Port = { name: "x", dtype: "float32", shape: ["batch"] };
  const list: Port = { name: "features", dtype: "float32", shape: ["batch", "n"] };
  const text: Port = { name: "name", dtype: "string", shape: ["batch"] };
  test.each([
    ["bomb-zeros.arrow", x],
    ["bomb-zeros.arrows", x],
    ["bomb-list-view.arrow", list],
    ["bomb-text-view.arrow", text],
    ["bomb-dictionary.arrow", text],
    ["bomb-zeros.parquet", x],
    ["bomb-list.parquet", list],
    ["bomb-text.parquet", text],
  ])("%s", async (name, port) => {
    writeFileSync(join(folder, name), fixture(name));
    expect(fixture(name).length).toBeLessThan(30_000);
    expect(await refusal(read(name, [port]))).toMatch(/^SL5033 .*its values take more, the limit is 1\.05 MB/);
  });
});

/** A generator of numbers from 0 to 1: the same ones in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const damaged = ["plain.arrow", "plain.arrows", "lz4.arrow", "zstd.arrows", "string-view.arrow", "dictionary.arrow"];
const views = ["list-view.arrow", "large-list-view.arrow", "large.arrow", "polars.arrow", "batches.arrow"];
const others = [
  "snappy.parquet",
  "zstd.parquet",
  "v2-pages.parquet",
  "delta.parquet",
  "pandas.csv.gz",
  "pandas.csv.zst",
];

describe("a file with changed bytes is read or refused, and nothing else happens", () => {
  test.each([...damaged, ...views, ...others])("%s", { timeout: 120_000, tags: ["slow"] }, async (name) => {
    const next = random(7);
    const rounds = Number(
      process.env.SHAPELINE_DAMAGED_FILES ?? (name.endsWith(".parquet") ? 20 : 200) / (slow ? 1 : 4),
    );
    for (let round = 0; round < rounds; round++) {
      const bytes = changed(name, (b) => {
        const changes = 1 + Math.floor(next() * 4);
        for (let i = 0; i < changes; i++) {
          const at = Math.floor(next() * b.length);
          const kinds = [
            () => b.writeUInt8(Math.floor(next() * 256), at),
            () => b.fill(0xff, at, Math.min(at + 4, b.length)),
            () => b.fill(0, at, Math.min(at + 8, b.length)),
          ];
          kinds[Math.floor(next() * kinds.length)]?.();
        }
      });
      writeFileSync(join(folder, name), bytes);
      const outcome: unknown = await read(name).catch((error: unknown) => error);
      if (outcome instanceof Error)
        expect(outcome, `round ${round}: ${String(outcome.stack)}`).toBeInstanceOf(InputError);
    }
  });
});
