import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Field, FixedSizeList, Float32, Table, tableFromIPC, vectorFromArray } from "apache-arrow";
import { afterAll, describe, expect, test } from "vitest";
import { defineModel, pipeline, tensor } from "../../../dsl/index.js";
import { local } from "../../../src/targets/local/index.js";
import { recordings } from "../../recordings.js";
import { folder } from "../../engine/make-config.js";
import {
  ccfraud,
  ccfraudRf,
  ccfraudXgb,
  embedder,
  houseGbr,
  houseRf,
  near,
  recordedModels,
  request,
  sentiment,
} from "../../engine/recorded-models.js";

const target = local({ models: recordedModels, data: folder() });
afterAll(() => target.close());

const sha = recordings === null ? () => "0".repeat(64) : (model: () => { sha256: string }) => model().sha256;

const champion = defineModel({
  name: "ccfraud-lstm",
  sha256: sha(ccfraud),
  inputs: { dense_input: { dtype: "float32", shape: ["batch", 29] } },
  outputs: { dense_1: { dtype: "float32", shape: ["batch", 1] } },
});
const xgb = defineModel({
  name: "ccfraud-xgb",
  sha256: sha(ccfraudXgb),
  inputs: { feature_input: { dtype: "float32", shape: ["batch", 29] } },
  outputs: { variable: { dtype: "float32", shape: ["batch", 1] } },
});
const rf = defineModel({
  name: "ccfraud-rf",
  sha256: sha(ccfraudRf),
  inputs: { float_input: { dtype: "float32", shape: ["batch", 29] } },
  outputs: { variable: { dtype: "float32", shape: ["batch", 1] } },
});
const house = defineModel({
  name: "house-price-rf",
  sha256: sha(houseRf),
  inputs: { float_input: { dtype: "float32", shape: ["batch", 18] } },
  outputs: { variable: { dtype: "float32", shape: ["batch", 1] } },
});
const gbr = defineModel({
  name: "gbr",
  sha256: sha(houseGbr),
  inputs: { float_input: { dtype: "float32", shape: ["batch", 18] } },
  outputs: { variable: { dtype: "float32", shape: ["batch", 1] } },
});
const embed = defineModel({
  name: "embedder",
  sha256: sha(embedder),
  inputs: { input: { dtype: "float32", shape: ["batch", 100] } },
  outputs: { flatten_1: { dtype: "float32", shape: ["batch", 800] } },
});
const classifier = defineModel({
  name: "sentiment",
  sha256: sha(sentiment),
  inputs: { embeddings: { dtype: "float32", shape: ["batch", 800] } },
  outputs: { dense_1: { dtype: "float32", shape: ["batch", 1] } },
});

const row = { tensor: tensor("float32", ["batch", 29]) };

describe.skipIf(recordings === null)("the platform's recorded answers and logs", () => {
  test("match for a shadow deploy, with the challengers in the log", async () => {
    const fraud = pipeline("ccfraud-shadow", { inputs: row }).shadow(champion, [xgb, rf]);
    const live = await fraud.deploy(target);
    const [answer] = await live.infer(request<{ tensor: number[] }>("ccfraud-1.df.json"));
    expect(answer?.out.dense_1).toEqual([expect.closeTo(0.0014974177, 9)]);
    expect(answer?.anomaly.count).toBe(0);
    const [logged] = await live.logs({ limit: 1 });
    expect(near(Number(logged?.out.dense_1[0]), 0.0014974177)).toBe(true);
    expect(near(Number(logged?.["out_ccfraud-rf"]?.variable?.[0]), 1)).toBe(true);
    expect(near(Number(logged?.["out_ccfraud-xgb"]?.variable?.[0]), 0.0005066991)).toBe(true);
    expect(logged?.anomaly.count).toBe(0);
  });

  describe("match for anomalies; a platform rule is the negation of a validation", () => {
    const rules = pipeline("ccfraud-anomalies")
      .model(champion)
      .validate("fraud", (x) => !(x.out.dense_1[0] > 0.9))
      .validate("too_low", (x) => !(x.out.dense_1[0] < 0.001))
      .validate("in_between_2", (x) => !(x.out.dense_1[0] < 0.9 && x.out.dense_1[0] > 0.001));

    const asTable = (rows: readonly { dense_input: number[] }[]) => {
      const type = new FixedSizeList(29, new Field("item", new Float32()));
      return new Table({
        dense_input: vectorFromArray(
          rows.map((r) => r.dense_input),
          type,
        ),
      });
    };

    test("for records", async () => {
      const live = await rules.deploy(target);
      const [first] = await live.infer([{ dense_input: request("ccfraud-1.df.json")[0]?.["tensor"] ?? [] }]);
      expect(near(Number(first?.out.dense_1[0]), 0.0014974177)).toBe(true);
      expect(first?.anomaly).toEqual({ count: 1, fraud: false, too_low: false, in_between_2: true });
      const [high] = await live.infer(request<{ dense_input: number[] }>("ccfraud-high.json"));
      expect(near(Number(high?.out.dense_1[0]), 0.981199)).toBe(true);
      expect(high?.anomaly).toEqual({ count: 1, fraud: true, too_low: false, in_between_2: false });
      expect(high?.check_failures).toBe(1);
      const all = await live.infer(request<{ dense_input: number[] }>("ccfraud-1k.df.json"));
      const values = [4, 7, 8, 9, 10].map((i) => all[i]?.out.dense_1[0]);
      expect(
        values.map((value, i) =>
          near(Number(value), [0.0010916889, 0.0011294782, 0.0018743575, 0.0011520088, 0.0016568303][i] ?? NaN),
        ),
      ).toEqual(Array(5).fill(true));
      for (const i of [4, 7, 8, 9, 10, 982, 983, 992, 998, 1000])
        expect(all[i]?.anomaly.in_between_2, `row ${i}`).toBe(true);
    });

    test("for Arrow tables", async () => {
      const live = await rules.deploy(target);
      const rows = request<{ dense_input: number[] }>("ccfraud-1k.df.json");
      const table = await live.infer(asTable(rows));
      expect(table.schema.fields.map((field) => field.name)).toEqual([
        "time",
        "in.dense_input",
        "out.dense_1",
        "anomaly.count",
        "anomaly.fraud",
        "anomaly.too_low",
        "anomaly.in_between_2",
        "check_failures",
      ]);
      const records = await live.infer(rows);
      const column = (name: string) => [...(table.getChild(name) ?? [])];
      expect(column("out.dense_1").map((list: Iterable<number>) => [...list])).toEqual(
        records.map((record) => record.out.dense_1),
      );
      for (const name of ["fraud", "too_low", "in_between_2"] as const)
        expect(column(`anomaly.${name}`)).toEqual(records.map((record) => record.anomaly[name]));
      expect([...((await live.infer(asTable(request("ccfraud-high.json")))).getChild("anomaly.fraud") ?? [])]).toEqual([
        true,
      ]);
    });
  });

  test("match for an A/B test, which sends two thirds of 1,000 sessions to the control", async () => {
    const ab = pipeline("house-ab", { inputs: { tensor: tensor("float32", ["batch", 18]) } }).randomSplit(
      [
        [2, gbr],
        [1, house],
      ],
      { hashKey: "session_id" },
    );
    const live = await ab.deploy(target);
    const request1 = request<{ tensor: number[] }>("house-1.df.json");
    const price = async (session_id: string | number) =>
      Number((await live.infer(request1, { metadata: { session_id } }))[0]?.out.variable[0]);
    expect(near(await price(0), 704901.9)).toBe(true);
    expect(near(await price(1), 718013.7)).toBe(true);
    const prices = await Promise.all(Array.from({ length: 1000 }, (_, i) => price(`session-${i}`)));
    const control = prices.filter((value) => near(value, 704901.9)).length;
    expect(prices.filter((value) => near(value, 718013.7))).toHaveLength(1000 - control);
    // Three standard deviations of a binomial distribution with n = 1,000, p = 2/3. The platform sent 645.
    expect(Math.abs(control - 667)).toBeLessThan(45);
    expect(await Promise.all(Array.from({ length: 1000 }, (_, i) => price(`session-${i}`)))).toEqual(prices);
    const logged = await live.logs({ limit: 2000, dataset: ["out", "metadata.last_model"], datasetSeparator: "." });
    const models = logged.map(
      (row) => [row["metadata.last_model"], near(Number((row["out.variable"] as number[])[0]), 704901.9)] as const,
    );
    expect(models.filter(([name, isControl]) => (name === "gbr") !== isControl)).toEqual([]);
    const lastRounds = models.filter(([name]) => name === "gbr").length;
    expect(lastRounds).toBe(2 * control);
  });

  test("match for a chain of two models", async () => {
    const live = await pipeline("imdb", { inputs: { tensor: tensor("float32", ["batch", 100]) } })
      .model(embed)
      .model(classifier)
      .deploy(target);
    const [answer] = await live.infer(request<{ tensor: number[] }>("imdb-1.df.json"));
    expect(near(Number(answer?.out.dense_1[0]), 0.37142318)).toBe(true);
  });

  test("match for 100 log rows, which logs() returns in the recorded columns", async () => {
    const recorded = tableFromIPC(readFileSync(join(recordings ?? "", "outputs/house-logs-100.arrow")));
    const lines = readFileSync(join(recordings ?? "", "outputs/house-logs-100.ndjson"), "utf8")
      .trim()
      .split("\n");
    const rows = lines.map(
      (line) => JSON.parse(line) as { "in.tensor": number[]; "out.variable": number[]; check_failures: number },
    );
    const live = await pipeline("house", { inputs: { tensor: tensor("float32", ["batch", 18]) } })
      .model(house)
      .deploy(target);
    // Logs are newest first, so send the last recorded row first.
    for (const old of [...rows].reverse()) await live.infer([{ tensor: old["in.tensor"] }]);
    const logged = await live.logs({ limit: 100, arrow: true });
    expect(logged.numRows).toBe(100);
    expect(logged.schema.fields.map((field) => field.name)).toEqual([
      "time",
      "in.tensor",
      "out.variable",
      "anomaly.count",
      "check_failures",
    ]);
    const values = (table: Table, name: string): number[][] =>
      [...(table.getChild(name) ?? [])].map((list: Iterable<number>) => Array.from(list));
    expect(values(logged, "in.tensor")).toEqual(rows.map((r) => r["in.tensor"].map(Math.fround)));
    expect(values(recorded, "in.tensor").map((list) => list.map(Math.fround))).toEqual(values(logged, "in.tensor"));
    const outputs = values(logged, "out.variable").flat();
    expect(outputs.filter((value, i) => !near(value, rows[i]?.["out.variable"][0] ?? NaN))).toEqual([]);
    expect([...(logged.getChild("check_failures") ?? [])]).toEqual(rows.map((r) => r.check_failures));
  });
});
