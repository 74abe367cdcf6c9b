import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Table, tableFromIPC } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { pipeline, type AnyPipeline } from "shapeline";
import { local, type LocalDeployment } from "shapeline/local";
import { refusal } from "../../refusal.js";
import { folder } from "../../engine/make-config.js";
import { boosting, models, regression, rows } from "../breast-cancer.js";
import { openEngine } from "../local-engine.js";

const plain = pipeline("cancer")
  .model(boosting)
  .validate("sure", (x) => x.out.probabilities[0] > 0.99 || x.out.probabilities[1] > 0.99);
const shadowed = pipeline("cancer").shadow(boosting, [regression]);

const templates = new Map<string, Promise<string>>();

/** Creates a data folder with 20 logged rows per version. */
async function createTemplate(versions: readonly AnyPipeline[]): Promise<string> {
  const data = folder();
  const target = local({ models, data });
  for (const version of versions) await (await target.deploy(version)).infer(rows);
  await target.close();
  return data;
}

/** A handle on a pipeline with 20 logged rows per version, in its own copy of a data folder. */
async function deployed(...versions: readonly AnyPipeline[]): Promise<LocalDeployment> {
  const key = versions.map((version) => (version === plain ? "plain" : "shadowed")).join();
  const template = templates.get(key) ?? createTemplate(versions);
  templates.set(key, template);
  const data = folder();
  cpSync(await template, data, { recursive: true });
  return openEngine({ models, data }).pipeline("cancer");
}

const lines = (file: string | undefined) =>
  readFileSync(file ?? "", "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("exportLogs", () => {
  test("writes JSON lines with flat names, newest first", async () => {
    const live = await deployed(plain);
    const directory = join(folder(), "new", "exported");
    const { files, rows: count, bytes, cut } = await live.exportLogs({ directory });
    expect({ files, count, cut }).toEqual({ files: [join(directory, "cancer-1.json")], count: 20, cut: null });
    expect(readdirSync(directory)).toEqual(["cancer-1.json"]);
    expect(readFileSync(files[0] ?? "").byteLength).toBe(bytes);
    expect(lines(files[0])).toEqual(JSON.parse(JSON.stringify(await live.logs({ limit: 20, datasetSeparator: "." }))));
    expect(Object.keys(lines(files[0])[0] ?? {})).toEqual([
      "time",
      "in.features",
      "out.probabilities",
      "anomaly.count",
      "anomaly.sure",
      "check_failures",
    ]);
  });

  test("writes the same rows to Arrow files", async () => {
    const live = await deployed(plain);
    const { files } = await live.exportLogs({ directory: folder(), filePrefix: "rows", arrow: true });
    expect(files.map((file) => file.split("/").at(-1))).toEqual(["rows-1.arrow"]);
    const table = tableFromIPC(readFileSync(files[0] ?? ""));
    const expected = await live.logs({ limit: 20, arrow: true });
    expect(table.schema.fields.map((field) => field.name)).toEqual(expected.schema.fields.map((field) => field.name));
    expect(table.toArray().map(String)).toEqual(expected.toArray().map(String));
  });

  test.each([false, true])("starts a new file when the columns change (arrow: %s)", async (arrow) => {
    const live = await deployed(plain, shadowed, plain);
    const { files, rows: count } = await live.exportLogs({ directory: folder(), arrow });
    expect(files.map((file) => file.split("/").at(-1)?.split(".")[0])).toEqual(["cancer-1", "cancer-2", "cancer-3"]);
    expect(count).toBe(60);
    const perFile = files.map((file) => (arrow ? tableFromIPC(readFileSync(file)).numRows : lines(file).length));
    expect(perFile).toEqual([20, 20, 20]);
  });

  test("exports every row of a log that is longer than a page", async () => {
    const live = await deployed(plain);
    const many = { features: Array.from({ length: 2500 }, (_, i) => rows[i % 20]?.features ?? []) };
    await live.infer(many);
    const { files, rows: count } = await live.exportLogs({ directory: folder(), dataset: ["out"] });
    expect(count).toBe(2520);
    expect(lines(files[0])).toEqual(
      JSON.parse(JSON.stringify(await live.logs({ limit: 3000, dataset: ["out"], datasetSeparator: "." }))),
    );
  });

  test("reports whether the limit cut rows", async () => {
    const live = await deployed(plain);
    const directory = folder();
    expect(await live.exportLogs({ directory, limit: 7 })).toMatchObject({ rows: 7, cut: "limit" });
    expect(lines(join(directory, "cancer-1.json"))).toHaveLength(7);
    expect(await live.exportLogs({ directory, limit: 20 })).toMatchObject({ rows: 20, cut: null });
    expect(await live.exportLogs({ directory, limit: 0 })).toMatchObject({ files: [], rows: 0, cut: "limit" });
  });

  test.each([
    ["a number", false, 3000],
    ["a string", false, "3kB"],
    ["a string in powers of two", false, "2.93 KiB"],
    ["a number, in Arrow", true, 3500],
  ])("stops before dataSizeLimit, given as %s, and reports it", async (_, arrow, dataSizeLimit) => {
    const live = await deployed(plain);
    const { files, rows: count, bytes, cut } = await live.exportLogs({ directory: folder(), arrow, dataSizeLimit });
    expect(cut).toBe("size");
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(20);
    expect(bytes).toBeLessThanOrEqual(arrow ? 3500 : 3001);
    expect(readFileSync(files[0] ?? "").byteLength).toBe(bytes);
  });

  test("writes only the selected rows, and no file without rows", async () => {
    const live = await deployed(plain);
    const failed = (await live.logs({ valid: false })).length;
    expect(failed).toBe(2);
    const directory = folder();
    expect(await live.exportLogs({ directory, valid: false })).toMatchObject({ rows: failed });
    expect(await live.exportLogs({ directory: join(directory, "none"), end: new Date(0) })).toEqual({
      files: [],
      rows: 0,
      bytes: 0,
      cut: null,
      withheld: { excluded: [], redacted: [], digested: [] },
    });
    expect(readdirSync(directory)).toEqual(["cancer-1.json"]);
  });

  test("never writes outside its directory", async () => {
    const live = await deployed(plain);
    const directory = folder();
    for (const filePrefix of [
      "../up",
      "a/b",
      "/abs",
      "a\\b",
      "..",
      ".hidden",
      "",
      "a\0b",
      "c:x",
      "con.x",
      "Aux .log",
      "LPT1.",
      "\ud800",
      7,
    ]) {
      expect(
        await refusal(live.exportLogs({ directory, filePrefix: filePrefix as string })),
        String(filePrefix),
      ).toMatch(/^SL7031 exportLogs\(\): the option 'filePrefix' is /);
    }
    expect(readdirSync(directory)).toEqual([]);
    // A link with the file's name is replaced, not followed.
    const outside = join(folder(), "outside.txt");
    writeFileSync(outside, "mine");
    symlinkSync(outside, join(directory, "cancer-1.json"));
    await live.exportLogs({ directory });
    expect(readFileSync(outside, "utf8")).toBe("mine");
    expect(lines(join(directory, "cancer-1.json"))).toHaveLength(20);
  });

  test.each([
    [
      { dataSizeLimit: "0MiB" },
      `SL6011 exportLogs(): the option 'dataSizeLimit' is "0MiB"; give a number of bytes, or a string such as "100MB" or "1.5 GiB"`,
    ],
    [
      { dataSizeLimit: "5 parsecs" },
      `SL6011 exportLogs(): the option 'dataSizeLimit' is "5 parsecs"; give a number of bytes, or a string such as "100MB" or "1.5 GiB"`,
    ],
    [
      { dataSizeLimit: NaN },
      `SL6011 exportLogs(): the option 'dataSizeLimit' is NaN; give a number of bytes, or a string such as "100MB" or "1.5 GiB"`,
    ],
    [{ directory: 7 }, `SL6011 exportLogs(): the option 'directory' is 7; give the path of a folder`],
    [{ limit: -1 }, `SL6011 exportLogs(): the option 'limit' is -1; give a number of rows, 0 or more`],
    [
      { filePrefx: "x" },
      /^SL6011 exportLogs\(\) has no option 'filePrefx' \(did you mean 'filePrefix'\?\); leave it out, or give one of its options: 'limit', /,
    ],
    [{ dataset: ["outs"] }, /^SL5031 the dataset names 'outs'/],
  ])("refuses %o and writes nothing", async (options, expected) => {
    const live = await deployed(plain);
    const directory = folder();
    const message = await refusal(live.exportLogs({ directory, ...(options as object) }));
    if (typeof expected === "string") expect(message).toBe(expected);
    else expect(message).toMatch(expected);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each(["json", "arrow", "parquet"] as const)(
    "leaves no partial file and keeps the files of an earlier export if it fails (%s)",
    async (format) => {
      const live = await deployed(plain);
      await live.infer({ features: Array.from({ length: 2500 }, (_, i) => rows[i % 20]?.features ?? []) });
      const directory = folder();
      await live.exportLogs({ directory, format, limit: 5 });
      const before = readFileSync(join(directory, `cancer-1.${format}`));
      let calls = 0;
      const onProgress = () => {
        calls++;
        throw new RangeError("enough");
      };
      await expect(live.exportLogs({ directory, format, onProgress })).rejects.toThrow("enough");
      expect(calls).toBe(1);
      expect(readdirSync(directory)).toEqual([`cancer-1.${format}`]);
      expect(readFileSync(join(directory, `cancer-1.${format}`)).equals(before)).toBe(true);
    },
  );

  test("reports an unwritable directory with a code", async () => {
    const live = await deployed(plain);
    const dir = folder();
    writeFileSync(join(dir, "file"), "");
    expect(
      (await refusal(live.exportLogs({ directory: join(dir, "file", "logs") }))).replace(dir, "<dir>"),
    ).toMatchInlineSnapshot(
      `"SL7030 the logs cannot be written to '<dir>/file/logs': a part of the path is a file, not a folder; choose another directory"`,
    );
  });
});

describe("exportLogs to Parquet", () => {
  test("writes the same rows, as DuckDB reads them", async () => {
    const live = await deployed(shadowed);
    const directory = folder();
    const {
      files,
      rows: count,
      cut,
    } = await live.exportLogs({ directory, format: "parquet", datasetExclude: ["anomaly"] });
    expect({ files, count, cut }).toEqual({ files: [join(directory, "cancer-1.parquet")], count: 20, cut: null });
    expect(readdirSync(directory)).toEqual(["cancer-1.parquet"]);
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const read = await connection.run(`FROM '${files[0] ?? ""}'`);
    expect(read.columnNames()).toEqual([
      "time",
      "in.features",
      "out.probabilities",
      "out_logistic-regression.probabilities",
      "check_failures",
    ]);
    expect(read.columnTypes().map(String)).toEqual(["TIMESTAMP", "FLOAT[]", "FLOAT[]", "FLOAT[]", "INTEGER"]);
    const expected = await live.logs({ limit: 20 });
    const found = await read.getRowObjectsJS();
    expect(
      found.map((row) => [row["in.features"], row["out.probabilities"], row["out_logistic-regression.probabilities"]]),
    ).toEqual(
      expected.map((row) => [row.in.features, row.out.probabilities, row["out_logistic-regression"]?.probabilities]),
    );
  });

  test("stops before dataSizeLimit, and writes one file per set of columns", async () => {
    const live = await deployed(plain, shadowed);
    const directory = folder();
    const cut = await live.exportLogs({ directory, format: "parquet", dataSizeLimit: "6kB" });
    expect(cut.cut).toBe("size");
    expect(cut.rows).toBeGreaterThan(0);
    expect(cut.bytes).toBeLessThanOrEqual(6000);
    const { files } = await live.exportLogs({ directory, format: "parquet" });
    expect(files.map((file) => file.split("/").at(-1))).toEqual(["cancer-1.parquet", "cancer-2.parquet"]);
  });

  test("refuses an unknown format and contradicting options", async () => {
    const live = await deployed(plain);
    const format = "csv" as "json";
    expect(await refusal(live.exportLogs({ format }))).toMatchInlineSnapshot(
      `"SL6011 exportLogs(): the option 'format' is "csv"; use one of "json", "arrow", "parquet""`,
    );
    expect(await refusal(live.exportLogs({ format: "parquet", arrow: true }))).toMatchInlineSnapshot(
      `"SL6011 exportLogs(): the option 'format' is "parquet"; this contradicts arrow: true; give only one of them"`,
    );
  });
});

test("an export reports its progress", async () => {
  const live = await deployed(plain);
  await live.infer({ features: Array.from({ length: 5000 }, (_, i) => rows[i % 20]?.features ?? []) });
  const progress: number[] = [];
  const { rows: count } = await live.exportLogs({
    directory: folder(),
    dataset: ["out"],
    onProgress: ({ rows: written }) => progress.push(written),
  });
  expect(count).toBe(5020);
  expect(progress).toEqual([2048, 4096, 5020]);
  progress.length = 0;
  await live.exportLogs({ directory: folder(), limit: 7, onProgress: ({ rows: written }) => progress.push(written) });
  expect(progress).toEqual([7]);
});

describe("logBatches", () => {
  test("yields all versions' rows in tables of one schema", async () => {
    const live = await deployed(plain, shadowed, plain);
    const tables = [];
    for await (const table of live.logBatches({ batchRows: 25 })) tables.push(table);
    expect(tables.map((table) => table.numRows)).toEqual([25, 25, 10]);
    expect(
      new Set(
        tables.map((table) =>
          table.schema.fields.map((field) => `${field.name} ${String(field.type)} ${field.nullable}`).join(),
        ),
      ).size,
    ).toBe(1);
    const all = new Table(
      tables[0]!.schema,
      tables.flatMap((table) => table.batches),
    );
    const expected = await live.logs({ limit: 60, arrow: true });
    expect(all.schema.fields.map((field) => field.name).sort()).toEqual(
      expected.schema.fields.map((field) => field.name).sort(),
    );
    for (const { name } of expected.schema.fields)
      expect(Array.from(all.getChild(name) ?? [], String)).toEqual(Array.from(expected.getChild(name) ?? [], String));
    // Columns that a version lacks are null in its rows.
    expect([
      all.getChild("anomaly.sure")?.nullCount,
      all.getChild("out_logistic-regression.probabilities")?.nullCount,
    ]).toEqual([20, 40]);
  });

  test("takes the options of logs, and yields an empty table without rows", async () => {
    const live = await deployed(plain);
    const read = async (options: Parameters<typeof live.logBatches>[0]) => {
      const tables = [];
      for await (const table of live.logBatches(options)) tables.push(table);
      return tables;
    };
    expect((await read({ limit: 7 })).map((table) => table.numRows)).toEqual([7]);
    expect(
      (await read({ valid: false, dataset: ["out"] })).map((table) => [table.numRows, table.schema.names.join()]),
    ).toEqual([[(await live.logs({ valid: false })).length, "out.probabilities"]]);
    expect((await read({ limit: 0 })).map((table) => [table.numRows, table.numCols])).toEqual([[0, 6]]);
    expect(await read({ end: 0 })).toEqual([]);
    expect(await refusal(read({ dataset: ["outt"] }))).toContain("SL5031");
    expect(await refusal(read({ batchRows: 0 }))).toMatchInlineSnapshot(
      `"SL6011 logBatches(): the option 'batchRows' is 0; give a number of rows, 1 or more"`,
    );
    expect(await refusal(read({ arrow: true } as object))).toMatchInlineSnapshot(
      `"SL6011 logBatches() has no option 'arrow'; leave it out, or give one of its options: 'limit', 'start', 'end', 'valid', 'dataset', 'datasetExclude', 'datasetSeparator', 'batchRows' and 'signal'"`,
    );
  });
});
