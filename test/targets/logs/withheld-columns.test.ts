import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { describe, expect, test, vi } from "vitest";
import { pipeline } from "shapeline";
import type { Port } from "../../../dsl/tensor.js";
import type { LocalOptions } from "../../../src/targets/local/index.js";
import { config, folder, run, shadow, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { refusal } from "../../refusal.js";
import { reportText } from "../../../src/report/text-report.js";
import { boosting, models, regression, rows } from "../breast-cancer.js";
import { openEngine } from "../local-engine.js";

const dir = folder();
const string = (name: string, ...shape: NonNullable<Port["shape"]>): Port => ({ name, dtype: "string", shape });

/** A score, an e-mail address and an image of open height; the outputs are the same values. */
const customers = writeModel(dir, "customers", {
  inputs: [float32("score", "batch", 1), string("email", "batch", 1), float32("image", "batch", 3, "height", 2)],
  outputs: [float32("risk", "batch", 1), string("contact", "batch", 1), float32("pixels", "batch", 3, "height", 2)],
  nodes: [
    { op: "Identity", inputs: ["score"], outputs: ["risk"] },
    { op: "Identity", inputs: ["email"], outputs: ["contact"] },
    { op: "Identity", inputs: ["image"], outputs: ["pixels"] },
  ],
});
const ports = { inputs: [float32("x", "batch", 1)], outputs: [float32("y", "batch", 1)] };
const plain = config("customers", [customers], [run("customers")]);
const image = (height: number) => [1, 2, 3].map((channel) => Array.from({ length: height }, (_, y) => [channel, y]));
const row = (score: number, height = 2) => ({
  score: [score],
  email: [`user${score}@example.com`],
  image: image(height),
});

const deployed = (log: LocalOptions["log"], data = folder()) =>
  openEngine({ models: dir, data, ...(log === undefined ? {} : { log }) }).deploy(plain);

describe("excluded columns", () => {
  test("are absent in logs, tables and exports, and named beside them; answers have them", async () => {
    const live = await deployed({ exclude: ["in.image", "out"] });
    expect((await live.infer([row(1)]))[0]).toMatchObject({
      in: { score: [1], email: ["user1@example.com"], image: image(2) },
      out: { risk: [1], contact: ["user1@example.com"], pixels: image(2) },
    });
    const rows = await live.logs();
    expect(rows.map(({ in: input, out }) => ({ in: input, out }))).toEqual([
      { in: { score: [1], email: ["user1@example.com"] }, out: {} },
    ]);
    const excluded = ["in.image", "out.risk", "out.contact", "out.pixels"];
    expect(rows.withheld).toEqual({ excluded, redacted: [], digested: [] });
    expect(Object.keys(rows)).toEqual(["0"]);
    const { schema } = await live.logs({ arrow: true });
    expect(schema.fields.map(({ name }) => name)).toEqual([
      "time",
      "in.score",
      "in.email",
      "anomaly.count",
      "check_failures",
    ]);
    expect(schema.metadata).toEqual(new Map([["shapeline.excluded", JSON.stringify(excluded)]]));
    const { files, withheld } = await live.exportLogs({ directory: folder(), format: "arrow" });
    expect(withheld).toEqual({ excluded, redacted: [], digested: [] });
    expect(tableFromIPC(readFileSync(files[0] ?? "")).schema.metadata).toEqual(schema.metadata);
  });
});

describe("redacted columns", () => {
  test("hold a marker in text and null in numbers", async () => {
    const live = await deployed({ redact: ["in.email", "in.score", "out"] });
    await live.infer([row(1), row(2)]);
    const rows = await live.logs({ dataset: ["in.email", "in.score", "out"] });
    expect(rows).toEqual(
      [1, 2].map(() => ({
        in: { score: null, email: ["[redacted]"] },
        out: { risk: null, contact: ["[redacted]"], pixels: null },
      })),
    );
    expect(rows.withheld.redacted).toEqual(["in.score", "in.email", "out.risk", "out.contact", "out.pixels"]);
    const table = await live.logs({ arrow: true });
    expect(String(table.getChild("out.pixels")?.type)).toBe("List<List<List<Float32>>>");
    expect(table.getChild("out.pixels")?.nullCount).toBe(2);
  });
});

describe("tensors with more elements than maxElements", () => {
  test("are stored as their shape and the SHA-256 of their bytes", async () => {
    const live = await deployed({ maxElements: 12 });
    await live.infer([row(1)]);
    await live.infer([row(2, 3)]);
    const digest = createHash("sha256")
      .update(Float32Array.from(image(3).flat(2)))
      .digest("hex");
    const rows = await live.logs({ dataset: ["in"] });
    expect(rows).toEqual([
      {
        in: {
          score: [2],
          email: ["user2@example.com"],
          image: null,
          "image.shape": [3, 3, 2],
          "image.digest": `sha256:${digest}`,
        },
      },
      { in: { score: [1], email: ["user1@example.com"], image: image(2), "image.shape": null, "image.digest": null } },
    ]);
    expect(rows.withheld).toEqual({ excluded: [], redacted: [], digested: ["in.image", "out.pixels"] });
  });
});

test("rows of one request differ: only the long ones are digests, also of text and of a challenger", async () => {
  const texts = { inputs: [string("words", "batch", "count")], outputs: [string("copy", "batch", "count")] };
  const nodes = [{ op: "Identity", inputs: ["words"], outputs: ["copy"] }];
  const champion = writeModel(dir, "texts", { ...texts, nodes });
  const rival = writeModel(dir, "rival", {
    ...texts,
    nodes: [
      { op: "Identity", inputs: ["words"], outputs: ["same"] },
      { op: "Identity", inputs: ["same"], outputs: ["copy"] },
    ],
  });
  const live = await openEngine({ models: dir, log: { maxElements: 2 } }).deploy(
    config("texts", [champion, rival], [shadow("texts", "rival")]),
  );
  await live.infer([{ words: ["a"] }, { words: ["a", "", "ä"] }, { words: ["b", "c"] }, { words: ["d", "e", "f"] }]);
  const digest = (words: readonly string[]) => {
    const hash = createHash("sha256");
    for (const word of words) {
      const bytes = Buffer.from(word);
      hash.update(Buffer.from(Uint32Array.of(bytes.length).buffer)).update(bytes);
    }
    return `sha256:${hash.digest("hex")}`;
  };
  const long = (name: string, words: readonly string[]) => ({
    [name]: null,
    [`${name}.shape`]: [words.length],
    [`${name}.digest`]: digest(words),
  });
  const short = (name: string, words: readonly string[]) => ({
    [name]: words,
    [`${name}.shape`]: null,
    [`${name}.digest`]: null,
  });
  const expected = [
    [long, ["d", "e", "f"]] as const,
    [short, ["b", "c"]] as const,
    [long, ["a", "", "ä"]] as const,
    [short, ["a"]] as const,
  ].map(([as, words]) => ({ in: as("words", words), out: as("copy", words), out_rival: as("copy", words) }));
  expect(await live.logs({ dataset: ["in", "out", "out_rival"] })).toEqual(expected);
  const { files } = await live.exportLogs({ directory: folder() });
  expect(
    readFileSync(files[0] ?? "", "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as Record<string, unknown>)["out_rival.copy.digest"]),
  ).toEqual([digest(["d", "e", "f"]), null, digest(["a", "", "ä"]), null]);
});

describe("the settings of a deployment", () => {
  const inColumns = (rows: readonly { readonly in: object }[]) => rows.map((each) => Object.keys(each.in).join());

  test("are kept with its version: a connection logs the same, and can only leave out more", async () => {
    const data = folder();
    await deployed({ exclude: ["in.image"], maxElements: 100 }, data);
    const connect = async (log?: LocalOptions["log"]) =>
      openEngine({ models: dir, data, ...(log === undefined ? {} : { log }) }).pipeline("customers");
    const same = await connect();
    expect((await same.status()).log).toEqual({
      durability: "commit",
      exclude: ["in.image"],
      redact: [],
      maxElements: 100,
      problem: null,
    });
    await same.infer([row(1)]);
    const wider = await connect({ exclude: [], redact: [], maxElements: null });
    expect((await wider.status()).log).toEqual((await same.status()).log);
    await wider.infer([row(2)]);
    const narrower = await connect({ exclude: ["in.email"], redact: ["out"], maxElements: 12 });
    expect((await narrower.status()).log).toEqual({
      durability: "commit",
      exclude: ["in.email", "in.image"],
      redact: ["out.risk", "out.contact", "out.pixels"],
      maxElements: 12,
      problem: null,
    });
    await narrower.infer([row(3)]);
    await same.infer([row(4)]);
    const rows = await same.logs({ dataset: ["in", "out.risk", "metadata.pipeline_version"] });
    expect(rows).toMatchObject([
      { in: { score: [4], email: ["user4@example.com"] }, out: { risk: [4] } },
      { in: { score: [3], email: null }, out: { risk: null } },
      { in: { score: [2], email: ["user2@example.com"] }, out: { risk: [2] } },
      { in: { score: [1], email: ["user1@example.com"] }, out: { risk: [1] } },
    ]);
    expect(
      new Set(
        rows.map((each) => (each as never as { metadata: { pipeline_version: string } }).metadata.pipeline_version),
      ),
    ).toEqual(new Set(["1"]));
  });

  test("change with a deploy, which makes a new version; older rows stay as they were", async () => {
    const data = folder();
    const first = await deployed(undefined, data);
    await first.infer([row(1)]);
    const second = await deployed({ exclude: ["in.image"], redact: ["in.email"] }, data);
    expect((await second.status()).version).toBe("2");
    await second.infer([row(2)]);
    expect((await (await deployed({ exclude: ["in.image"], redact: ["in.email"] }, data)).status()).version).toBe("2");
    expect(await second.logs({ dataset: ["in"] })).toEqual([
      { in: { score: [2], email: ["[redacted]"], image: null } },
      { in: { score: [1], email: ["user1@example.com"], image: image(2) } },
    ]);
    for (const format of ["arrow", "parquet", "json"] as const) {
      const { files, rows } = await second.exportLogs({ directory: folder(), format });
      expect({ format, files: files.length, rows }).toEqual({ format, files: 2, rows: 2 });
    }
    const tables = [];
    for await (const table of second.logBatches()) tables.push(table);
    expect(tables.map(({ schema }) => schema.metadata.get("shapeline.redacted"))).toEqual(['["in.email"]']);
  });

  test("stay where a deploy does not name them, and what is logged again is said", async () => {
    const data = folder();
    await deployed({ exclude: ["in.image"], redact: ["in.email"] }, data);
    const unnamed = await deployed(undefined, data);
    expect((await unnamed.status()).version).toBe("1");
    expect((await unnamed.status()).log).toMatchObject({ exclude: ["in.image"], redact: ["in.email"] });
    const limited = await deployed({ maxElements: 1000 }, data);
    expect((await limited.status()).log).toEqual({
      durability: "commit",
      exclude: ["in.image"],
      redact: ["in.email"],
      maxElements: 1000,
      problem: null,
    });
    const warnings: string[] = [];
    const spy = vi.spyOn(process, "emitWarning").mockImplementation((text) => void warnings.push(String(text)));
    const widened = await deployed({ exclude: [], maxElements: null }, data);
    spy.mockRestore();
    expect((await widened.status()).log).toEqual({
      durability: "commit",
      exclude: [],
      redact: ["in.email"],
      maxElements: null,
      problem: null,
    });
    expect(warnings).toEqual([
      "version 3 of pipeline 'customers' logs 'in.image', which version 2 left out of the log",
    ]);
    await widened.infer([row(1)]);
    expect(inColumns(await widened.logs())).toEqual(["score,email,image"]);
  });

  test("of a connection hold for versions that are deployed later", async () => {
    const data = folder();
    await deployed({ redact: ["in.email"] }, data);
    const target = openEngine({ models: dir, data, log: { exclude: ["in.score"] } });
    const follower = await target.pipeline("customers");
    await follower.infer([row(1)]);
    await deployed({ redact: [], exclude: ["in.image"] }, data);
    expect((await follower.status()).log).toMatchObject({ exclude: ["in.score", "in.image"], redact: [] });
    await follower.infer([row(2)]);
    expect((await follower.logs({ limit: 1 })).map((each) => each.in)).toEqual([{ email: ["user2@example.com"] }]);
  });

  test("are unknown to a pipeline without such a column, also for a connection", async () => {
    const data = folder();
    await deployed(undefined, data);
    expect(await refusal(openEngine({ models: dir, data, log: { exclude: ["in.mail"] } }).pipeline("customers"))).toBe(
      "SL6011 local(): 'in.mail' in 'log.exclude' is no column of the log of pipeline 'customers' (did you mean 'in.email'?); its columns are 'in.score', 'in.email', 'in.image', 'out.risk', 'out.contact' and 'out.pixels'",
    );
  });
});

describe("what needs a column that the log does not have", () => {
  const watched = pipeline("cancer")
    .model(boosting)
    .alert("unsure", (all) => all.avg((x) => x.out.probabilities[0]) > 0.5, { over: "5m" });

  test.each([
    [
      { exclude: ["out"] },
      "which 'log.exclude' leaves out of the log; take it out of 'log.exclude', or deploy without the alert",
    ],
    [
      { redact: ["out.probabilities"] },
      "which 'log.redact' replaces in the log; take it out of 'log.redact', or deploy without the alert",
    ],
    [
      { maxElements: 1 },
      "of which the log may hold only shape and digest, because it may have more elements than 'log.maxElements' (1); raise it, or deploy without the alert",
    ],
  ])("an alert is refused at deploy with %o", async (log, reason) => {
    const data = join(folder(), "data");
    expect(await refusal(openEngine({ models, data, log }).deploy(watched))).toBe(
      `SL6014 alert 'unsure' of pipeline 'cancer' cannot be evaluated: it reads 'out.probabilities', ${reason}`,
    );
    expect(existsSync(data)).toBe(false);
    const deployedWithout = await openEngine({ models, data }).deploy(watched);
    expect(await refusal(openEngine({ models, data, log }).pipeline("cancer"))).toContain(`SL6014 alert 'unsure'`);
    expect((await deployedWithout.status()).version).toBe("1");
  });

  test("an alert on other columns works, and so does one with a higher limit", async () => {
    const live = await openEngine({ models, log: { exclude: ["in"], maxElements: 2 } }).deploy(watched);
    await live.infer(rows);
    expect((await live.logs({ limit: 1 }))[0]).toMatchObject({
      in: {},
      out: { probabilities: [expect.any(Number), expect.any(Number)] },
    });
  });

  test("a comparison leaves the outputs out and says so", async () => {
    const data = folder();
    const shadowed = pipeline("cancer").shadow(boosting, [regression]);
    const live = await openEngine({ models, data, log: { redact: ["out"] } }).deploy(shadowed);
    await live.infer(rows);
    const { challengers, withheld, rows: count } = await live.compare();
    expect(count).toBe(rows.length);
    expect(challengers).toMatchObject([{ answered: rows.length, outputs: [] }]);
    expect(withheld).toEqual([{ column: "out.probabilities", reason: "redacted" }]);
    expect(reportText(await live.compare())).toContain("out.probabilities: redacted in the log");
  });
});

describe("keys of the request's metadata", () => {
  const negative = writeModel(dir, "negative", { ...ports, nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }] });
  const same = writeModel(dir, "same", { ...ports, nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }] });
  const split = config(
    "split",
    [same, negative],
    [
      { kind: "keySplit", key: "customer", default: "same", routes: { vip: "negative" } },
      { kind: "keySplit", key: "region", default: "same", routes: { eu: "negative" } },
    ],
  );

  test.each([
    [{ exclude: ["metadata.customer"] }, { region: "eu" }],
    [{ redact: ["metadata.customer"] }, { customer: "[redacted]", region: "eu" }],
    [{ redact: ["metadata.request.customer"] }, { customer: "[redacted]", region: "eu" }],
    [{ exclude: ["metadata.request"] }, null],
    [{ exclude: ["metadata.customer"], redact: ["metadata.region"] }, { region: "[redacted]" }],
  ])("with %o, the log has %o; the split reads the real value", async (log, logged) => {
    const live = await openEngine({ models: dir, log }).deploy(split);
    const [answer] = await live.infer([{ x: [1] }], {
      metadata: { customer: "vip", region: "eu" },
      dataset: ["out", "metadata.request"],
    });
    expect(answer).toEqual({ out: { y: [1] }, metadata: { request: { customer: "vip", region: "eu" } } });
    expect(await live.logs({ dataset: ["metadata.request"] })).toEqual([{ metadata: { request: logged } }]);
  });
});
