import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Table, tableToIPC } from "apache-arrow";
import { describe, expect, test, vi } from "vitest";
import { sealConfig } from "../../../src/config/config.js";
import type { Config } from "../../../src/config/schema.js";
import { local, type LocalOptions, type LocalTarget } from "../../../src/targets/local/index.js";
import { refusal } from "../../refusal.js";
import {
  config,
  folder,
  modelAt,
  run,
  shadow,
  validation,
  writeFixedModel,
  writeModel,
} from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { openEngine } from "../local-engine.js";

const models = fileURLToPath(new URL("../../../examples/fraud/models", import.meta.url));
const rows = (
  JSON.parse(readFileSync(new URL("../../../examples/fraud/rows.df.json", import.meta.url), "utf8")) as {
    pixels: number[];
  }[]
).slice(0, 20);

const a = modelAt("a", join(models, "a.onnx"), [float32("pixels", "batch", 64)], [float32("embedding", "batch", 16)]);
const champ = modelAt(
  "champ",
  join(models, "champ.onnx"),
  [float32("embedding", "batch", 16)],
  [float32("risk", "batch", 1)],
);
const c1 = modelAt(
  "c1",
  join(models, "c1.onnx"),
  [float32("float_input", "batch", 16)],
  [float32("variable", "batch", 1)],
);
const c2 = modelAt("c2", join(models, "c2.onnx"), [float32("x", "batch", 16)], [float32("score", "batch", 1)]);
const scope = { inputs: a.inputs, outputs: champ.outputs };
const fraud = config(
  "fraud",
  [a, champ, c1, c2],
  [run("a"), shadow("champ", "c1", "c2"), validation("amt", "(x) => x.out.risk[0] < 1", scope)],
);
const stricter = config(
  "fraud",
  [a, champ, c1, c2],
  [run("a"), shadow("champ", "c1", "c2"), validation("amt", "(x) => x.out.risk[0] < 0.5", scope)],
);

const engine = (options: LocalOptions = {}): LocalTarget => openEngine({ models, ...options });

describe("infer", () => {
  test("answers in the form of the request", async () => {
    const live = await engine().deploy(fraud);
    const records = await live.infer(rows);
    expect(Object.keys(records[0] ?? {})).toEqual(["time", "in", "out", "anomaly", "check_failures"]);
    const columns = await live.infer({ pixels: rows.map((row) => row.pixels) });
    expect(columns.out["risk"]).toEqual(records.map((record) => record.out["risk"]));
    const flat = await live.infer({ pixels: Float32Array.from(rows.flatMap((row) => row.pixels)) });
    expect(flat.out["risk"]).toEqual(columns.out["risk"]);
    expect(columns.anomaly.count).toEqual(records.map((record) => record.anomaly.count));
  });

  test("uses only the rows of a sliced table, for champion, challengers and log", async () => {
    const live = await engine({ challengers: "return" }).deploy(fraud);
    const records = await live.infer(rows);
    const logged = await live.logs({ arrow: true });
    const newestFirst = new Table({ pixels: logged.getChild("in.pixels")! });
    const table = await live.infer(newestFirst.slice(3, 7));
    const risks = [...(table.getChild("out.risk") ?? [])].map((list: Iterable<number>) => [...list]);
    expect(risks).toEqual([16, 15, 14, 13].map((i) => records[i]?.out["risk"]));
    const challenged = [...(table.getChild("out_c2.score") ?? [])].map((list: Iterable<number>) => [...list]);
    expect(challenged).toEqual([16, 15, 14, 13].map((i) => records[i]?.["out_c2"]?.["score"]));
    expect((await live.logs({ limit: 4 })).map((record) => record.in["pixels"])).toEqual(
      [13, 14, 15, 16].map((i) => rows[i]?.pixels),
    );
  });

  test("runs a model of batch size 1 on any number of rows", async () => {
    const dir = folder();
    const one = writeFixedModel(dir, "one", 1, {
      inputs: [float32("x", 1, 2)],
      outputs: [float32("y", 1, 2)],
      nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
    });
    const live = await engine({ models: dir }).deploy(config("one", [one], [run("one")]));
    expect((await live.infer([{ x: [1, 2] }, { x: [3, 4] }])).map((record) => record.out["y"])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect((await live.logs()).map((record) => record.out["y"])).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  test("with challengers: 'return', answer and log include the challengers", async () => {
    const live = await engine({ challengers: "return" }).deploy(fraud);
    const [answer] = await live.infer(rows.slice(0, 1));
    expect(Object.keys(answer ?? {})).toEqual(["time", "in", "out", "out_c1", "out_c2", "anomaly", "check_failures"]);
    const [logged] = await live.logs();
    expect(logged?.out_c1).toEqual(answer?.out_c1);
  });

  test("logs nothing of a refused batch", async () => {
    const live = await engine().deploy(fraud);
    const bad = [...rows.slice(0, 3), { pixels: [1] }];
    expect(await refusal(live.infer(bad))).toBe(
      "SL5007 row 3, input 'pixels': expected a list of 64 numbers (float32), got 1",
    );
    expect(await live.logs()).toEqual([]);
    const status = await live.status();
    expect(status.counts).toEqual({ requests: 1, rows: 0, failures: 1, challengerErrors: 0 });
  });

  test("logs nothing of an aborted request", async () => {
    const live = await engine().deploy(fraud);
    expect(await refusal(live.infer(rows, { signal: AbortSignal.abort() }))).toMatch(/^SL6005 /);
    expect(await live.logs()).toEqual([]);
  });

  test("refuses an unknown option", async () => {
    const live = await engine().deploy(fraud);
    expect(await refusal(live.infer(rows, { metdata: { session_id: "1" } } as object))).toMatchInlineSnapshot(
      `"SL6011 infer() has no option 'metdata' (did you mean 'metadata'?); leave it out, or give one of its options: 'timeoutMs', 'signal', 'metadata', 'values', 'dataset', 'datasetExclude' and 'datasetSeparator'"`,
    );
  });

  test("reads rows from JSON and Arrow files", async () => {
    const live = await engine().deploy(fraud);
    const dir = folder();
    writeFileSync(join(dir, "rows.df.json"), JSON.stringify(rows));
    expect(await live.inferFromFile(join(dir, "rows.df.json"))).toHaveLength(20);
    const logged = await live.logs({ arrow: true });
    const table = new Table({ pixels: logged.getChild("in.pixels")! });
    for (const kind of ["arrow", "arrows", "feather"]) {
      writeFileSync(join(dir, `rows.${kind}`), tableToIPC(table, kind === "arrows" ? "stream" : "file"));
      expect(await live.inferFromFile(join(dir, `rows.${kind}`))).toBeInstanceOf(Table);
    }
    writeFileSync(join(dir, "rows.csv"), "1,2");
    writeFileSync(join(dir, "broken.json"), "[{");
    writeFileSync(join(dir, "broken.arrow"), "ARROW");
    writeFileSync(join(dir, "cut.arrow"), readFileSync(join(dir, "rows.arrow")).subarray(0, 2000));
    const refusalOf = (file: string) =>
      refusal(live.inferFromFile(join(dir, file))).then((text) => text.replace(dir, "<dir>"));
    expect(await refusalOf("rows.csv")).toBe(
      "SL5030 '<dir>/rows.csv', line 1: there is a header but no row; give at least one row",
    );
    expect(await refusalOf("none.json")).toMatchInlineSnapshot(
      `"SL5030 the rows file '<dir>/none.json' cannot be read: there is no such file or folder"`,
    );
    expect(await refusalOf("broken.json")).toMatch(/^SL5030 '<dir>\/broken.json' is not complete JSON: /);
    expect(await refusalOf("broken.arrow")).toMatch(
      /^SL5017 '<dir>\/broken.arrow' is not an Arrow file, as its name says: /,
    );
    expect(await refusalOf("cut.arrow")).toMatchInlineSnapshot(
      `"SL5030 '<dir>/cut.arrow' is not a complete Arrow file: its end is missing"`,
    );
  });
});

describe("logs", () => {
  test("hold every answered row with its challengers, newest first", async () => {
    const live = await engine().deploy(fraud);
    for (const row of rows.slice(0, 5)) await live.infer([row]);
    const logged = await live.logs({ limit: 3 });
    expect(logged.map((record) => record.in["pixels"])).toEqual([4, 3, 2].map((i) => rows[i]?.pixels));
    expect(
      logged.every((record) => Array.isArray(record.out_c1?.["variable"]) && Array.isArray(record.out_c2?.["score"])),
    ).toBe(true);
  });

  test("a failed challenger leaves null columns and is counted; the answer is unaffected", async () => {
    const dir = folder();
    const champion = writeModel(dir, "champion", {
      inputs: [float32("x", "batch", null)],
      outputs: [float32("y", "batch", null)],
      nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
    });
    const picky = writeModel(dir, "picky", {
      inputs: [float32("x", "batch", null)],
      outputs: [float32("z", "batch", 1)],
      nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["z"] }],
      weights: [{ name: "w", dims: [2, 1], values: Float32Array.of(1, 1) }],
    });
    const live = await engine({ models: dir }).deploy(
      config("picky", [champion, picky], [shadow("champion", "picky")]),
    );
    expect((await live.infer([{ x: [1, 2, 3] }]))[0]?.out).toEqual({ y: [1, 2, 3] });
    expect((await live.infer([{ x: [1, 2] }]))[0]?.out).toEqual({ y: [1, 2] });
    expect((await live.logs()).map((record) => [record.out["y"], record["out_picky"]])).toEqual([
      [[1, 2], { z: [3] }],
      [[1, 2, 3], { z: null }],
    ]);
    expect((await live.status()).counts).toEqual({ requests: 2, rows: 2, failures: 0, challengerErrors: 1 });
  });

  test("'valid' selects the rows that passed or failed", async () => {
    const live = await engine().deploy(fraud);
    const answers = await live.infer(rows);
    const failed = answers.filter((record) => record.anomaly.count > 0).length;
    expect(failed).toBe(1);
    expect(await live.logs({ valid: false })).toHaveLength(failed);
    expect(await live.logs({ valid: true })).toHaveLength(20 - failed);
  });

  test("relaxed rows wait while the database falls behind; a request that times out is not logged", async () => {
    const live = await engine({ durability: "relaxed" }).deploy(config("fraud", [a, champ], [run("a"), run("champ")]));
    const many = { pixels: new Float32Array(64 * 20_000) };
    const { DuckDBConnection } = await import("@duckdb/node-api");
    const query = DuckDBConnection.prototype.run;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const queries = vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(async function (
      this: InstanceType<typeof DuckDBConnection>,
      ...args
    ) {
      if (args[0] === "COMMIT") await released;
      return query.apply(this, args);
    });
    try {
      await live.infer(many);
      // Once their commit has started, the next rows can be buffered.
      await vi.waitFor(() => expect(queries.mock.calls.some(([sql]) => sql === "COMMIT")).toBe(true));
      await live.infer(many);
      expect(await refusal(live.infer(rows, { timeoutMs: 200 }))).toBe(
        "SL6004 pipeline 'fraud': no answer within 200 ms; nothing was logged",
      );
      const waiting = live.infer(rows);
      release();
      expect(await waiting).toHaveLength(rows.length);
    } finally {
      release();
      queries.mockRestore();
    }
    expect((await live.logs({ limit: 100_000, dataset: ["anomaly"], arrow: true })).numRows).toBe(40_000 + rows.length);
  });

  test("include relaxed rows of the same handle", async () => {
    const live = await engine({ durability: "relaxed" }).deploy(fraud);
    await live.infer(rows);
    expect(await live.logs()).toHaveLength(20);
  });

  test("are refused with durability 'off'", async () => {
    const live = await engine({ durability: "off" }).deploy(fraud);
    expect(await live.infer(rows)).toHaveLength(20);
    expect(await refusal(live.logs())).toMatchInlineSnapshot(
      `"SL6010 pipeline 'fraud' is deployed with durability "off" and keeps no log; deploy it with local({ durability: "commit" })"`,
    );
  });

  test.each([
    [{ limit: -1 }, `SL6011 logs(): the option 'limit' is -1; give a number of rows, 0 or more`],
    [{ limit: 1.5 }, `SL6011 logs(): the option 'limit' is 1.5; give a number of rows, 0 or more`],
    [
      { start: "yesterday" },
      `SL6011 logs(): the option 'start' is "yesterday"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"`,
    ],
    [
      { limits: 3 },
      `SL6011 logs() has no option 'limits' (did you mean 'limit'?); leave it out, or give one of its options: 'limit', 'start', 'end', 'valid', 'arrow', 'dataset', 'datasetExclude' and 'datasetSeparator'`,
    ],
  ])("%o is refused", async (options, expected) => {
    const live = await engine().deploy(fraud);
    expect(await refusal(live.logs(options as { limit: number }))).toBe(expected);
  });

  test("start and end select rows by time", async () => {
    const live = await engine().deploy(fraud);
    await live.infer(rows);
    expect(await live.logs({ end: "2020-01-01T00:00:00Z" })).toEqual([]);
    expect(await live.logs({ start: new Date(0), end: Date.now() + 1000 })).toHaveLength(20);
  });
});

describe("deploy", () => {
  test("keeps the version for the same config, and increments it for another", async () => {
    const target = engine();
    expect((await (await target.deploy(fraud)).status()).version).toBe("1");
    expect((await (await target.deploy(fraud)).status()).version).toBe("1");
    const live = await target.deploy(stricter);
    expect((await live.status()).version).toBe("2");
    expect((await live.versions()).map(({ version, hash }) => [version, hash])).toEqual([
      ["2", stricter.hash],
      ["1", fraud.hash],
    ]);
    expect((await live.configuration("1")).hash).toBe(fraud.hash);
    expect((await live.configuration()).hash).toBe(stricter.hash);
    expect(await refusal(live.configuration("3"))).toBe(
      "SL6012 pipeline 'fraud' has no version '3'; its versions are '1' and '2'",
    );
  });

  test("says in its status which model runs one row at a time, also to handles that have not run it", async () => {
    const dir = folder();
    const mixing = writeModel(dir, "mixing", {
      inputs: [float32("x", "batch", 2)],
      outputs: [float32("y", "batch", 2)],
      nodes: [
        { op: "DynamicQuantizeLinear", inputs: ["x"], outputs: ["q", "scale", "zero"] },
        { op: "DequantizeLinear", inputs: ["q", "scale", "zero"], outputs: ["y"] },
      ],
    });
    const target = engine({ models: dir });
    const live = await target.deploy(config("quantized", [mixing], [run("mixing")]));
    const notice =
      "model 'mixing' runs one row at a time: its output 'y' of a row changes with the other rows of a run, as dynamic quantization makes it";
    expect((await live.status()).models).toMatchObject([{ name: "mixing", notice }]);
    expect((await (await target.pipeline("quantized")).status()).models).toMatchObject([{ notice }]);
    const [small, ...rest] = await live.infer([{ x: [0.5, 1] }, { x: [5000, 1] }]);
    expect([small, ...rest].map((record) => record?.out["y"])).toEqual([
      (await live.infer([{ x: [0.5, 1] }]))[0]?.out["y"],
      (await live.infer([{ x: [5000, 1] }]))[0]?.out["y"],
    ]);
  });

  test("a failed deploy keeps the previous version", async () => {
    const dir = folder();
    for (const file of ["a", "champ", "c1", "c2"])
      copyFileSync(join(models, `${file}.onnx`), join(dir, `${file}.onnx`));
    const target = engine({ models: dir });
    const live = await target.deploy(fraud);
    writeFileSync(join(dir, "champ.onnx"), "other bytes");
    expect(await refusal(target.deploy(stricter))).toMatch(/^SL3022 model 'champ': /);
    expect((await target.pipelines()).map(({ name, version, hash }) => [name, version, hash])).toEqual([
      ["fraud", "1", fraud.hash],
    ]);
    expect(await live.infer(rows)).toHaveLength(20);
  });

  test("a failed deploy creates no data folder", async () => {
    const data = join(folder(), "data");
    expect(await refusal(engine({ data, models: folder() }).deploy(fraud))).toMatch(/^SL3021 /);
    expect(existsSync(data)).toBe(false);
  });

  test("refuses a config that was edited by hand", async () => {
    const edited: Config = { ...fraud, name: "other" };
    expect(await refusal(engine().deploy(edited))).toMatch(/^SL4003 /);
  });

  test("refuses a signature that differs from the file", async () => {
    const wider = { ...c1, inputs: [{ name: "float_input", dtype: "float32" as const, shape: ["batch", 17] }] };
    const { hash: _, ...content } = config("c", [wider], [run("c1")]);
    expect(await refusal(engine().deploy(sealConfig(content)))).toMatchInlineSnapshot(
      `"SL3024 model 'c1': its input 'float_input' is float32[?, 16] in the file and float32[batch, 17] in the config; run 'shapeline generate' and build the pipeline again"`,
    );
  });

  test("refuses an output that the file answers with another shape", async () => {
    const wider = { ...c1, outputs: [{ name: "variable", dtype: "float32" as const, shape: ["batch", 2] }] };
    const { hash: _, ...content } = config("c", [wider], [run("c1")]);
    expect(await refusal(engine().deploy(sealConfig(content)), [models, "<models>"])).toMatchInlineSnapshot(
      `"SL3025 model 'c1': '<models>/c1.onnx' gives output 'variable' as float32[1, 1] for 1 row, but it is declared as float32[1, 2]; set overrides: { "c1": { shapes: { "variable": ["batch",1] } } } in shapeline.config, generate and build again"`,
    );
  });
});

describe("pipeline(name)", () => {
  test("connects to a pipeline in the same data folder", async () => {
    const data = folder();
    const first = engine({ data });
    await (await first.deploy(fraud)).infer(rows.slice(0, 1));
    await first.close();
    const second = engine({ data, models: join(data, "nowhere") });
    const live = await second.pipeline("fraud");
    expect(await live.infer(rows.slice(0, 2))).toHaveLength(2);
    expect(await live.logs()).toHaveLength(3);
    expect((await second.models()).map(({ name, pipelines }) => [name, pipelines])).toEqual([
      ["a", ["fraud"]],
      ["c1", ["fraud"]],
      ["c2", ["fraud"]],
      ["champ", ["fraud"]],
    ]);
  });

  test("lists the deployed pipelines if the name is unknown", async () => {
    const data = join(folder(), "data");
    const target = engine({ data });
    expect(await refusal(target.pipeline("fraud"))).toBe(
      `SL6007 no pipeline 'fraud' is deployed in '${data}'; nothing is deployed there yet`,
    );
    expect(existsSync(data)).toBe(false);
    await target.deploy(fraud);
    expect(await refusal(target.pipeline("frauds"))).toBe(
      `SL6007 no pipeline 'frauds' is deployed in '${data}'; deployed there: 'fraud' (did you mean 'fraud'?)`,
    );
  });

  test("reports a changed model file at the first infer", async () => {
    const dir = folder();
    const data = folder();
    for (const file of ["a", "champ", "c1", "c2"])
      copyFileSync(join(models, `${file}.onnx`), join(dir, `${file}.onnx`));
    const first = engine({ models: dir, data });
    await (await first.deploy(fraud)).infer(rows);
    await first.close();
    writeFileSync(join(dir, "champ.onnx"), "other bytes");
    const live = await engine({ data }).pipeline("fraud");
    expect(await live.logs()).toHaveLength(20);
    expect(await refusal(live.infer(rows))).toMatch(/^SL3022 model 'champ': /);
  });
});

describe("the end of a deployment", () => {
  test("undeploy stops every handle and keeps the log", async () => {
    const target = engine();
    const live = await target.deploy(fraud);
    const other = await target.pipeline("fraud");
    await live.infer(rows);
    await other.undeploy();
    expect(await refusal(live.infer(rows))).toBe(
      "SL6008 pipeline 'fraud' is undeployed; deploy it again to infer with it",
    );
    expect((await live.status()).state).toBe("stopped");
    expect((await target.pipelines())[0]?.state).toBe("stopped");
    expect(await live.logs()).toHaveLength(20);
    expect(await (await target.pipeline("fraud")).logs()).toHaveLength(20);
    expect((await (await target.deploy(fraud)).status()).state).toBe("running");
  });

  test("close waits for requests and challengers, then refuses requests", async () => {
    const data = folder();
    const target = engine({ data });
    const live = await target.deploy(fraud);
    const answers = Promise.all(rows.map((row) => live.infer([row])));
    await live.close();
    expect(await answers).toHaveLength(20);
    expect(await refusal(live.infer(rows))).toBe(
      `SL6009 this deployment of pipeline 'fraud' is closed; connect again with target.pipeline("fraud")`,
    );
    const logged = await (await target.pipeline("fraud")).logs();
    expect(logged.filter((record) => record.out_c1?.["variable"] !== null)).toHaveLength(20);
  });
});

test("status has the counts of requests, rows and failures, and latencies", async () => {
  const live = await engine().deploy(fraud);
  expect((await live.status()).latency).toEqual({ p50: null, p99: null });
  await live.infer(rows);
  await live.infer(rows.slice(0, 1));
  await refusal(live.infer([]));
  const status = await live.status();
  expect(status).toMatchObject({
    pipeline: "fraud",
    target: "local",
    version: "1",
    hash: fraud.hash,
    state: "running",
    counts: { requests: 3, rows: 21, failures: 1, challengerErrors: 0 },
  });
  expect(status.latency.p50).toBeGreaterThan(0);
  expect(status.latency.p99).toBeGreaterThanOrEqual(status.latency.p50 ?? Infinity);
});

describe("invalid options are refused", () => {
  test.each([
    [
      { durabilty: "off" },
      `SL6011 local() has no option 'durabilty' (did you mean 'durability'?); leave it out, or give one of its options: 'models', 'data', 'sharedFolder', 'durability', 'challengers', 'concurrency', 'retention', 'log', 'session', 'deployTimeoutMs', 'runModels', 'limits', 'seed' and 'databaseMemory'`,
    ],
    [
      { durability: "none" },
      `SL6011 local(): the option 'durability' is "none"; use one of "commit", "relaxed", "off"`,
    ],
    [{ models: "" }, `SL6011 local(): the option 'models' is ""; give the path of a folder`],
    [{ seed: 0.5 }, `SL6011 local(): the option 'seed' is 0.5; give a whole number`],
    [
      { retention: { age: "1 fortnight" } },
      `SL6011 local(): the option 'retention.age' is "1 fortnight"; give milliseconds, at least 1,000, or a string such as "30d", "12h" or "5m"`,
    ],
    [
      { retention: { age: 0 } },
      `SL6011 local(): the option 'retention.age' is 0; give milliseconds, at least 1,000, or a string such as "30d", "12h" or "5m"`,
    ],
    [
      { retention: { size: "1MB" } },
      `SL6011 local(): the option 'retention.size' is "1MB"; give bytes, at least 16 MiB, or a string such as "10GB" or "1.5 GiB"`,
    ],
    [
      { retention: { days: 3 } },
      `SL6011 local(): 'retention' has no option 'days'; leave it out, or give one of its options: 'age' and 'size'`,
    ],
    [
      { retention: "30d" },
      `SL6011 local(): the option 'retention' is "30d"; give { age: "30d" }, { size: "10GB" } or both`,
    ],
    [
      { databaseMemory: "16MB" },
      `SL6011 local(): the option 'databaseMemory' is "16MB"; give bytes, at least 64 MB, or a string such as "1GB" or "1.5 GiB"`,
    ],
    [{ concurrency: 0 }, `SL6011 local(): the option 'concurrency' is 0; give a whole number of requests, 1 or more`],
    [null, `SL6011 local() takes an object of options, such as { models: "./models" }, got null`],
    [{ data: 7 }, `SL6011 local(): the option 'data' is 7; give the path of a folder`],
  ])("%o", async (options, expected) => {
    expect(await refusal(Promise.resolve().then(() => local(options as LocalOptions)))).toBe(expected);
  });
});

test("a data folder that cannot be created is reported with a code", async () => {
  const dir = folder();
  writeFileSync(join(dir, "file"), "");
  expect(await refusal(engine({ data: join(dir, "file", "data") }).deploy(fraud))).toMatch(/^SL7001 /);
});
