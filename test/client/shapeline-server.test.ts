// The client against our own server: each model file as it is, and a deployed pipeline with validations.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, pipeline } from "shapeline";
import { openInference } from "shapeline/client";
import { local } from "shapeline/local";
import { createServer, type ShapelineServer } from "shapeline/server";
import { fixtures } from "../engine/field-models.js";
import { folder } from "../engine/make-config.js";
import { refusal } from "../refusal.js";
import { slow } from "../slow.js";
import { boosting, forest, models, regression, rows } from "../targets/breast-cancer.js";
import { servable, testFieldModel } from "./field-suite.js";

const triage = pipeline("triage")
  .shadow(boosting, [regression, forest])
  .validate("sure", (x) => x.out.probabilities[1] < 0.9)
  .validate("calm", (x) => x.out.probabilities[0] < 0.5);
const both = pipeline("both").models([boosting, regression]);
const segments = pipeline("segments").keySplit("segment", { default: boosting, routes: { gold: forest } });
const token = "test-token-0123456789";

describe("the files of a folder", () => {
  let server: ShapelineServer;
  let url: string;
  beforeAll(async () => {
    server = await createServer({ data: mkdtempSync(join(folder(), "field-")), models: fixtures, durability: "off" });
    url = await server.listen({ port: 0 });
  });
  afterAll(() => server.close());

  // The server finds `piper_like.onnx` to sum over its rows, and runs them alone.
  const testAll = (encoding: "json" | "binary") => {
    for (const file of servable.filter((name) => !name.includes("/")))
      testFieldModel(file, async () => ({ url, encoding }), { oneRowPerRequest: false });
  };
  testAll("binary");
  describe.runIf(slow)("as JSON", { tags: ["slow"] }, () => testAll("json"));
});

describe("deployed pipelines", () => {
  const data = mkdtempSync(join(folder(), "deployed-"));
  let server: ShapelineServer;
  let url: string;
  beforeAll(async () => {
    const target = local({ data, models });
    for (const made of [triage, both, segments]) await target.deploy(await build(made));
    await target.close();
    server = await createServer({ data, models, token });
    url = await server.listen({ port: 0 });
  });
  afterAll(() => server.close());

  test.each(["json", "binary"] as const)("answers validations and outputs as locally, %s", async (encoding) => {
    const live = await openInference({ url, encoding, token }).connect(triage);
    const here = await triage.deploy(local({ data: folder(), models }));
    const untimed = (list: readonly { readonly time: Date }[]) => list.map((row) => ({ ...row, time: null }));
    const [records, expected] = [await live.infer(rows), await here.infer(rows)];
    await here.close();
    expect(untimed(records)).toEqual(untimed(expected));
    expect(new Set(records.map(({ anomaly }) => anomaly.count)).size).toBeGreaterThan(1);
    const columns = await live.infer({ features: rows.map(({ features }) => features) });
    expect(columns.anomaly.sure).toEqual(records.map(({ anomaly }) => anomaly.sure));
  });

  test("several models at the end answer each in its own group", async () => {
    const live = await openInference({ url, token }).connect(both);
    const [row] = await live.infer(rows);
    expect(row?.out).toEqual({});
    expect(row?.["out_gradient-boosting"].probabilities).toHaveLength(2);
    expect(row?.["out_logistic-regression"].probabilities).toHaveLength(2);
  });

  test("metadata choose the route of a split", async () => {
    const live = await openInference({ url, token }).connect(segments);
    const outputs = async (metadata: Record<string, string>) =>
      (await live.infer(rows, { metadata })).map(({ out }) => out.probabilities);
    const alone = await openInference({ url, token }).connect(forest, { model: "random-forest" });
    const forestOutputs = (await alone.infer(rows)).map(({ out }) => out.probabilities);
    expect(await outputs({ segment: "gold" })).toEqual(forestOutputs);
    expect(await outputs({ segment: "iron" })).not.toEqual(forestOutputs);
    expect(await refusal(live.infer(rows, { metadata: { segmen: "gold" } }))).toMatch(
      /^SL6053 .*\(400\); the server says: no split of pipeline 'segments' reads the metadata 'segmen'/,
    );
  });

  test("a version of its own, an unknown model, no token", async () => {
    const server = openInference({ url, token });
    await server.connect(triage, { version: "1" });
    expect(await refusal(server.connect(triage, { version: "9" }), [url, "URL"])).toMatch(
      /^SL6007 pipeline 'triage' version 9 on URL: the server has no such model/,
    );
    expect(await refusal(server.connect(triage, { model: "triag" }), [url, "URL"])).toMatch(
      /^SL6007 pipeline 'triage' \('triag' there\) on URL: .*; the server says: no pipeline or model 'triag' is served; .*did you mean 'triage'/,
    );
    expect(await refusal(openInference({ url }).connect(triage))).toMatch(/^SL6051 .*the server needs a token/);
    expect(await refusal(openInference({ url, token: "wrong-0123456789" }).connect(triage))).toMatch(
      /^SL6051 .*the server does not accept the token/,
    );
  });
});
