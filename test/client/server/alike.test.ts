import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Table, tableFromIPC, tableToIPC } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { build, defineModel, pipeline, tensor } from "shapeline";
import { folder, writeModel } from "../../engine/make-config.js";
import { refusal, refusalError } from "../../refusal.js";
import { targets } from "./targets.js";

const models = folder();
const ports = [
  { name: "x", dtype: "float32", shape: ["batch", 2] },
  { name: "n", dtype: "int64", shape: ["batch", 1] },
  { name: "s", dtype: "string", shape: ["batch", 1] },
] as const;
const outputs = [
  { name: "y", dtype: "float32", shape: ["batch", 2] },
  { name: "m", dtype: "int64", shape: ["batch", 1] },
  { name: "t", dtype: "string", shape: ["batch", 1] },
] as const;
const { sha256 } = writeModel(models, "all", {
  inputs: [...ports],
  outputs: [...outputs],
  nodes: ports.map(({ name }, i) => ({ op: "Identity", inputs: [name], outputs: [outputs[i]?.name ?? ""] })),
});
const all = defineModel({
  name: "all",
  sha256,
  inputs: { x: tensor("float32", ["batch", 2]), n: tensor("int64", ["batch", 1]), s: tensor("string", ["batch", 1]) },
  outputs: { y: tensor("float32", ["batch", 2]), m: tensor("int64", ["batch", 1]), t: tensor("string", ["batch", 1]) },
});
const kinds = pipeline("kinds")
  .model(all)
  .validate("low", (x) => x.out.y[0] < 5);
const rows = [
  { x: [1.5, NaN], n: [9007199254740993n], s: ["NaN"] },
  { x: [Infinity, -0], n: [-5n], s: ["1e400 \n😀"] },
  { x: [-Infinity, 0.1], n: [2n ** 63n - 1n], s: ["9007199254740993"] },
];
const exact = { time: expect.any(Date) as Date, check_failures: 0 };

describe.each(targets)("%s", (_, open) => {
  test("answers records, columns, typed values and tables, without loss", async () => {
    const live = await kinds.deploy(await open({ models }));
    const records = await live.infer(rows);
    expect(records.map(({ out }) => out)).toEqual([
      { y: [1.5, NaN], m: [9007199254740993n], t: ["NaN"] },
      { y: [Infinity, -0], m: [-5n], t: ["1e400 \n😀"] },
      { y: [-Infinity, Math.fround(0.1)], m: [2n ** 63n - 1n], t: ["9007199254740993"] },
    ]);
    expect(records[0]).toMatchObject({ ...exact, in: { x: [1.5, NaN] }, anomaly: { count: 0, low: false } });
    expect(records[1]).toMatchObject({ anomaly: { count: 1, low: true }, check_failures: 1 });

    const columns = await live.infer({
      x: Float32Array.of(1, 2, 3, NaN),
      n: BigInt64Array.of(1n, 2n ** 62n),
      s: ["a", "b"],
    });
    expect(columns.out).toEqual({
      y: [
        [1, 2],
        [3, NaN],
      ],
      m: [[1n], [2n ** 62n]],
      t: [["a"], ["b"]],
    });
    expect(columns.time).toEqual([expect.any(Date), expect.any(Date)]);

    const row = { x: { data: Float32Array.of(1, 2), shape: [2] }, n: 3, s: "c" };
    const [typed] = await live.infer([row], { values: "typed", dataset: ["out", "time"], datasetSeparator: "/" });
    expect(typed).toEqual({
      time: expect.any(Date) as Date,
      "out/y": { data: Float32Array.of(1, 2), shape: [2] },
      "out/m": { data: BigInt64Array.of(3n), shape: [1] },
      "out/t": { data: ["c"], shape: [1] },
    });

    const logged = await live.logs({ limit: 2, arrow: true, dataset: ["in"] });
    const table = new Table(Object.fromEntries(["x", "n", "s"].map((name) => [name, logged.getChild(`in.${name}`)!])));
    const answer: Table = await live.infer(table);
    expect(answer.schema.fields.map(({ name }) => name)).toEqual([
      ...["time", "in.x", "in.n", "in.s", "out.y", "out.m", "out.t"],
      ...["anomaly.count", "anomaly.low", "check_failures"],
    ]);
    expect([...(answer.getChild("out.m") ?? [])].map((list: Iterable<bigint>) => [...list])).toEqual([
      [3n],
      [2n ** 62n],
    ]);
  });

  test("reads the log as records, tables and files", async () => {
    const target = await open({ models, log: { redact: ["in.s"] } });
    const live = await kinds.deploy(target);
    await live.infer(rows);
    const logged = await live.logs({ limit: 2 });
    expect(logged.map(({ in: values }) => values)).toEqual([
      { x: [-Infinity, Math.fround(0.1)], n: [2n ** 63n - 1n], s: ["[redacted]"] },
      { x: [Infinity, -0], n: [-5n], s: ["[redacted]"] },
    ]);
    expect(logged.withheld).toEqual({ excluded: [], redacted: ["in.s"], digested: [] });
    expect(await live.logs({ valid: false, dataset: ["out.m"] })).toEqual([{ out: { m: [-5n] } }]);
    expect(await live.logs({ end: 0 })).toEqual([]);
    const sizes: number[] = [];
    for await (const table of live.logBatches({ batchRows: 2 })) sizes.push(table.numRows);
    expect(sizes).toEqual([2, 1]);
    const [directory, progress] = [folder(), [] as number[]];
    const exported = await live.exportLogs({
      ...{ directory, filePrefix: "rows", arrow: true, limit: 2 },
      onProgress: (done) => progress.push(done.rows),
    });
    expect(exported).toMatchObject({ files: [join(directory, "rows-1.arrow")], rows: 2, cut: "limit" });
    expect(progress.at(-1)).toBe(2);
    expect(tableFromIPC(readFileSync(join(directory, "rows-1.arrow"))).numRows).toBe(2);
    await live.exportLogs({ directory, dataset: ["out.m"] });
    expect(readFileSync(join(directory, "kinds-1.json"), "utf8")).toBe(
      '{"out.m":["9223372036854775807"]}\n{"out.m":[-5]}\n{"out.m":["9007199254740993"]}\n',
    );
    expect((await live.compare({ start: 0 })).rows).toBe(3);
  });

  test("fills the columns that rows of another version lack", async () => {
    const target = await open({ models });
    await (await pipeline("kinds").model(all).deploy(target)).infer(rows.slice(0, 1));
    const live = await kinds.deploy(target);
    await live.infer(rows.slice(0, 1));
    expect((await live.logs()).map(({ anomaly }) => anomaly)).toEqual([
      { count: 0, low: false },
      { count: 0, low: null },
    ]);
    expect((await live.versions()).map(({ version }) => version)).toEqual(["2", "1"]);
    expect((await live.configuration("1")).steps).toHaveLength(1);
  });

  test("reads the rows of files", async () => {
    const target = await open({ models });
    const live = await kinds.deploy(target);
    const dir = folder();
    writeFileSync(join(dir, "rows.csv"), "x_0,x_1,n,s,more\n1,2,9007199254740993,a,0\n");
    const [record] = (await live.inferFromFile(join(dir, "rows.csv"), { ignoreUnknown: true })) as { out: object }[];
    expect(record?.out).toEqual({ y: [1, 2], m: [9007199254740993n], t: ["a"] });
    const logged = await live.logs({ arrow: true, dataset: ["in"] });
    writeFileSync(join(dir, "rows.arrow"), tableToIPC(logged));
    expect(((await live.inferFromFile(join(dir, "rows.arrow"))) as Table).numRows).toBe(1);
    const path = join(dir, "rows.csv");
    expect(await refusal(live.inferFromFile(path))).toContain(
      `SL5004 '${path}': pipeline 'kinds' has no input 'more'; its inputs are 'x', 'n' and 's'; remove the column`,
    );
  });

  test("connects with the pipeline, lists, and undeploys", async () => {
    const target = await open({ models });
    await target.deploy(await build(kinds));
    const live = await kinds.connect(target);
    expect((await live.infer(rows.slice(0, 1)))[0]?.out.m).toEqual([9007199254740993n]);
    expect(await target.pipelines()).toMatchObject([
      { name: "kinds", state: "running", version: "1", models: ["all"], since: expect.any(Date) as Date },
    ]);
    expect(await target.models()).toMatchObject([{ name: "all", sha256, pipelines: ["kinds"] }]);
    expect(await live.status()).toMatchObject({
      pipeline: "kinds",
      target: target.kind,
      since: expect.any(Date) as Date,
    });
    await live.undeploy();
    expect(await refusal(live.infer(rows))).toBe(
      "SL6008 pipeline 'kinds' is undeployed; deploy it again to infer with it",
    );
    expect(await (await target.pipeline("kinds")).logs({ limit: 1, dataset: ["out.t"] })).toEqual([
      { out: { t: ["NaN"] } },
    ]);
    const other = pipeline("kinds").model(all);
    expect(await refusal(other.connect(target))).toBe(
      "SL4009 the deployed version 1 of 'kinds' is not of this pipeline 'kinds': step 1 is validate(\"low\", …) there, " +
        "and missing in the pipeline; deploy the pipeline, or connect with the source of that version",
    );
  });

  test("ends alerts with the deployment", async () => {
    const live = await kinds.deploy(await open({ models }));
    const changes: unknown[] = [];
    for await (const change of live.alerts()) changes.push(change);
    expect(changes).toEqual([]);
  });

  test("refuses with the same errors", async () => {
    const target = await open({ models, log: { exclude: ["in.z"] } });
    expect(await refusal(kinds.deploy(target))).toMatch(/^SL6011 local\(\): 'in\.z' in 'log\.exclude' is no column/);
    const plain = await open({ models });
    const missing = defineModel({ ...all, name: "gone", sha256: "0".repeat(64) });
    const error = await refusalError(pipeline("gone").model(missing).deploy(plain));
    expect([error.code, error.constructor.name]).toEqual(["SL3021", "ModelError"]);
    expect(await refusal(plain.pipeline("none"))).toMatch(/^SL6007 no pipeline 'none' is deployed in '/);
    const live = await kinds.deploy(plain);
    const wrong: readonly (readonly [unknown, object, string])[] = [
      [[], {}, "SL5001 the batch is empty: give at least one row"],
      [[{ x: [1], n: 1, s: "a" }], {}, "SL5007 row 0, input 'x': expected a list of 2 numbers (float32), got 1"],
      [[{ x: [1, 2], n: [1.5], s: "a" }], {}, "SL5011"],
      [[{ x: [1, 2], n: 1, s: null }], {}, "SL5005"],
      [rows, { dataset: ["outs"] }, "SL5031"],
      [rows, { dataset: [] }, "SL5032"],
      [rows, { metadata: { a: 1 } }, "SL5041"],
      [rows, { timeoutMs: -1 }, "SL6011 timeoutMs is -1: give a number of milliseconds above 0"],
      [rows, { signal: AbortSignal.abort() }, "SL6005"],
    ];
    for (const [input, options, text] of wrong)
      expect(await refusal(live.infer(input as never, options as never))).toContain(text);
  });
});
