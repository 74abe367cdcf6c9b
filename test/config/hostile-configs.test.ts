import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { build, defineModel, pipeline, tensor } from "shapeline";
import { hashConfig, parseConfig } from "shapeline/config";
import { local } from "shapeline/local";
import { decompile, fromDefinition, toDefinition } from "shapeline/wallaroo";
import { evaluableAlerts } from "../../src/targets/local/alerts/shared-alert-watch.js";
import type { Config } from "../../src/config/schema.js";
import { folder, writeModel } from "../engine/make-config.js";
import { refusal } from "../refusal.js";

// Ten ways to get execution, files, time or memory out of a config. Each config is sealed again after it was changed,
// as anybody can do.
/* eslint-disable @typescript-eslint/no-explicit-any -- a forged config has any form */

type Json = Record<string, any>;

/** A copy of a config, changed and sealed again. */
function forged(config: Config, change: (config: Json) => void): Config {
  const copy = structuredClone(config) as unknown as Json;
  change(copy);
  return { ...copy, hash: hashConfig(copy as never) } as Config;
}

/** The refusal of a forged config, and how long it took. */
async function refused(config: unknown): Promise<string> {
  const started = performance.now();
  const message = await refusal(() => parseConfig(config));
  expect(performance.now() - started).toBeLessThan(3000);
  return message;
}

const scorer = defineModel({
  name: "scorer",
  sha256: "a".repeat(64),
  inputs: { x: tensor("float32", ["batch", 4]), id: tensor("int64", ["batch", 1]) },
  outputs: { y: tensor("float32", ["batch", 2]), grid: tensor("float32", ["batch", 100, 100, 100, 100]) },
});
const fraud = pipeline("fraud")
  .model(scorer)
  .validate("low", (x) => x.out.y.every((v) => v < 1))
  .alert("drift", (all) => all.avg((x) => x.out.y[0]) > 0.5, { over: "5m" });

const honest = await build(fraud);
const validation = 1;
const alert = 2;

const read = (port: string, shape: (number | null)[], at: unknown[], more: Json = {}): Json => ({
  op: "read",
  from: "out",
  port,
  dtype: "float32",
  shape,
  at,
  type: at.length === shape.length ? "number" : "list",
  nullable: false,
  ...more,
});
const y = (index = 0): Json => read("y", [2], [index]);
const number = (value: number): Json => ({ op: "constant", type: "number", value });
const below = (left: Json, right: Json = number(1)): Json => ({ op: "<", left, right, type: "boolean" });

/** A config whose validation has this tree and no texts. */
const withTree = (tree: Json): Config =>
  forged(honest, (config) => (config["steps"][validation].expression = { tree, strings: {}, refused: {} }));

describe("a forged config cannot", () => {
  test("1. run SQL: its texts are compiled again, and what the engine runs comes from the tree", async () => {
    const attack =
      "true FROM (SELECT 1) t; COPY (SELECT content FROM read_text('/etc/passwd')) TO '/tmp/x'; SELECT false";
    const config = forged(honest, (c) => (c["steps"][alert].expression.strings.sql = attack));
    expect(await refused(config)).toBe(
      "SL4007 config: another version of Shapeline wrote its texts, or they were edited: compile the pipeline again:\n" +
        "  steps[2]: alert 'drift': its text for 'sql' does not follow from its expression",
    );
    const port = { name: "y", dtype: "float32", shape: ["batch", 2] } as const;
    const layout = { pipeline: "fraud", version: 1, inputs: [], outputs: [port], challengers: [], validations: [] };
    expect(evaluableAlerts(config, layout).map(({ sql }) => sql)).toEqual(
      evaluableAlerts(honest, layout).map(({ sql }) => sql),
    );
  });

  test("2. send a platform another check than people see", async () => {
    const other = await build(
      pipeline("other")
        .model(scorer)
        .validate("low", (x) => x.out.y.every((v) => v < 1000)),
    );
    const text = (other.steps[validation] as Json)["expression"].strings["polars-0.18"] as string;
    const replace = (config: Json) => (config["steps"][validation].expression.strings["polars-0.18"] = text);
    expect(await refused(forged(honest, replace))).toContain("its text for 'polars-0.18' does not follow");

    // As if it had been read from a definition, where the platform's own text is kept.
    const plain = await build(
      pipeline("fraud")
        .model(scorer)
        .validate("low", (x) => x.out.y.every((v) => v < 1)),
    );
    const kept = forged(plain, (config) => {
      replace(config);
      config["steps"][validation].expression.kept = "polars-0.18";
    });
    expect(await refusal(() => toDefinition(parseConfig(kept), { dialect: "polars" }))).toContain(
      "the text that was kept for the platform does not mean its expression",
    );
  });

  test("3. add a language, a refusal or a reason that the compiler did not write", async () => {
    const change = (edit: (expression: Json) => void) =>
      refused(forged(honest, (config) => edit(config["steps"][validation].expression)));
    expect(await change((e) => (e["strings"]["python"] = "import os"))).toContain("its text for 'python'");
    expect(await change((e) => (e["refused"]["sql"] = { code: "SL1201", reason: "\u001b[8m" }))).toContain("'sql'");
    expect(await change((e) => (e["strings"] = JSON.parse('{"__proto__": "x"}')))).toMatch(/^SL40/);
  });

  test("4. read what a row does not have", async () => {
    expect(await refused(withTree(below(read("__proto__", [2], [0]))))).toBe(
      "SL4004 config does not fit together:\n" +
        "  steps[1]: validation 'low': it reads 'out.__proto__', which a row does not have at this step",
    );
    expect(await refused(withTree(below({ ...y(), from: { model: "constructor" } })))).toContain(
      "which a row does not",
    );
    expect(await refused(withTree(below(read("y", [1_000_000], [999_999]))))).toContain(
      "it reads 'out.y' as float32[1000000], and at this step a row has float32[2]",
    );
    expect(await refused(withTree(below({ ...y(), dtype: "float64" })))).toContain("as float64[2]");
    expect(await refused(withTree({ op: "constructor", type: "boolean" }))).toMatch(/^SL4002 /);
  });

  test("5. keep the event loop busy with lists inside lists", async () => {
    const grid = (depth: number, at: unknown[] = []): Json =>
      depth === 4
        ? below(read("grid", [100, 100, 100, 100], at))
        : {
            op: "every",
            list: read("grid", [100, 100, 100, 100], at),
            binder: depth,
            body: grid(depth + 1, [...at, { binder: depth }]),
            type: "boolean",
          };
    // Each of the 10^8 elements is compared with each of the 10^8 elements.
    const nested = (body: Json, depth = 0, at: unknown[] = []): Json =>
      depth === 4
        ? body
        : {
            op: "some",
            list: read("grid", [100, 100, 100, 100], at),
            binder: 10 + depth,
            body: nested(body, depth + 1, [...at, { binder: 10 + depth }]),
            type: "boolean",
          };
    const tree = nested(grid(0));
    expect(JSON.stringify(tree).length).toBeLessThan(4000);
    expect(await refused(withTree(tree))).toContain(
      "the evaluation of a request's validations may have at most 1,000,000,000 steps, and this one has",
    );
  });

  test("6. allocate memory by a size", async () => {
    const size = (value: number) => refused(forged(honest, (c) => (c["models"][0].outputs[0].shape[1] = value)));
    for (const value of [1e9, 2 ** 31, 2 ** 53 - 1])
      expect(await size(value)).toContain("SL4008 config is too large:\n  model 'scorer': output 'y': a tensor");
    expect(await refused(forged(honest, (c) => (c["models"][0].batchSize = 2 ** 53 - 1)))).toContain(
      "a tensor of one run with the sizes that a config fixes may have at most 268,435,456 elements",
    );
    expect(
      await refused(forged(honest, (c) => c["steps"].push({ kind: "refine", sizes: { n: 2 ** 53 - 1 } }))),
    ).toContain("size of 'n': a tensor of one run");
    expect(await refused(forged(honest, (c) => (c["models"][0].outputs[0].shape = Array(100_000).fill(1))))).toContain(
      "a shape may have at most 32 dimensions, and this one has 100,000",
    );
  });

  test("7. compute without end in bigints", async () => {
    const id = { ...read("id", [1], [0]), from: "in", dtype: "int64", type: "bigint" };
    const chain = (op: string, depth: number): Json =>
      depth === 0 ? id : { op, left: id, right: chain(op, depth - 1), type: "bigint" };
    const positive = (left: Json) => ({
      op: ">",
      left,
      right: { op: "constant", type: "bigint", value: "0" },
      type: "boolean",
    });
    expect(await refused(withTree(positive(chain("*", 200))))).toContain("a bigint in an expression may have at most");
    const huge = { op: "constant", type: "bigint", value: "9".repeat(100_000) };
    expect(await refused(withTree(positive(huge)))).toContain("a bigint in an expression may have at most");
    // A sum grows slowly, and deciding how it is written must not take 2^200 steps.
    expect(await refusal(() => parseConfig(withTree(positive(chain("+", 300)))))).toMatch(/at most 256 levels/);
    const started = performance.now();
    expect(parseConfig(withTree(positive(chain("+", 200)))).name).toBe("fraud");
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test("8. overflow the stack", async () => {
    let deep: Json = below(y());
    for (let i = 0; i < 5000; i++) deep = { op: "!", operand: deep, type: "boolean" };
    const config = { ...honest, steps: [honest.steps[0], { kind: "validation", expression: { tree: deep } }] };
    expect(await refused(config)).toContain("nested more than 520 levels deep");
    expect(await refusal(() => hashConfig(config as never))).toContain("nested more than 520 levels deep");
    const cyclic: Json = { ...honest };
    cyclic["steps"] = [cyclic];
    expect(await refusal(() => hashConfig(cyclic as never))).toContain("nested more than 520 levels deep");
    expect(await refused(`${"[".repeat(5_000_000)}${"]".repeat(5_000_000)}`)).toMatch(/^SL400[12] /);
  });

  test("9. make the compiler write without end", async () => {
    let rounded: Json = y();
    for (let i = 0; i < 100; i++) rounded = { op: "round", operand: rounded, type: "number" };
    const started = performance.now();
    expect(parseConfig(withTree(below(rounded))).name).toBe("fraud");
    expect(performance.now() - started).toBeLessThan(3000);

    const many = forged(honest, (config) => {
      const [model, , drift] = config["steps"];
      const step = { ...config["steps"][validation], expression: { tree: below(rounded), strings: {}, refused: {} } };
      config["steps"] = [model, ...Array.from({ length: 400 }, (_, i) => ({ ...step, name: `v${i}` })), drift];
    });
    expect(await refusal(() => parseConfig(many))).toMatch(/^SL4008 .*\n.*expressions.* may have at most/);
    const steps = forged(honest, (c) => (c["steps"] = Array(1_001).fill(c["steps"][0])));
    expect(await refused(steps)).toContain("a config may have at most 1,000 steps, and this one has 1,001");
  });

  test("10. forge messages on a terminal", async () => {
    const texts = [
      "\u001b[8mhidden",
      "a\nerror SL0000: forged",
      "\u0000",
      "a\u2028b",
      "a\u202eb",
      "a\u3164b",
      "\u200b",
    ];
    for (const text of texts) {
      const edits: ((config: Json) => void)[] = [
        (c) => (c["name"] = text),
        (c) => (c["models"][0].name = text),
        (c) => (c["models"][0].version = text),
        (c) => (c["models"][0].outputs[0].name = text),
        (c) => (c["models"][0].outputs[0].shape[1] = text),
        (c) => (c["steps"][0].model = text),
        (c) => (c["steps"][0].rename = { [text]: "x" }),
        (c) => (c["steps"][validation].name = text),
        (c) => (c["steps"][validation].expression.tree.list.port = text),
        (c) => (c[text] = 1),
        (c) => (c["steps"][validation].expression.strings[text] = "x"),
        (c) => (c["steps"][validation].expression.tree.op = text),
      ];
      for (const edit of edits) {
        const message = await refused(forged(honest, edit));
        expect(message.replaceAll("\n  ", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Default_Ignorable_Code_Point}]/u);
      }
    }
    expect(await refused(`{"a": \u001b[8m`)).not.toContain("\u001b");
    const invisible = below({
      op: "conditional",
      test: { op: "constant", type: "boolean", value: true },
      then: y(),
      otherwise: y(),
      type: "number",
      nullable: false,
    });
    expect(parseConfig(withTree(invisible)).name).toBe("fraud");
  });
});

describe("an alert of a forged config", () => {
  const layout = { pipeline: "p", version: 1, inputs: [], challengers: [], validations: [] };
  const alertOf = async (shape: readonly (number | string)[], condition: (all: any) => boolean) => {
    const port = tensor("float32", ["batch", ...shape] as never);
    const model = defineModel({ name: "m", sha256: "b".repeat(64), inputs: { x: port }, outputs: { y: port } });
    const config = await build(
      pipeline("p")
        .model(model)
        .alert("many", condition as never, { over: "5m" }),
    );
    return () => evaluableAlerts(config, { ...layout, outputs: [{ name: "y", ...port }] });
  };

  test("does not combine long lists, for which DuckDB takes all memory", async () => {
    const crossed = (all: any): boolean =>
      all.count((r: any) => r.out.y.every((a: number) => r.out.y.every((b: number) => a + b < 10))) > 5;
    expect(await refusal(await alertOf([2000], crossed))).toContain(
      "the condition of an alert may have at most 10,000 elements of a row that are combined with one another, and this one has 4,000,000",
    );
    expect(await refusal(await alertOf(["n"], crossed))).toMatch(/^SL6014 .*may have at most 10,000 elements/);
    expect((await alertOf([100], crossed))()).toHaveLength(1);
  });

  test("tests every element of a matrix", async () => {
    const matrix = (all: any): boolean =>
      all.count((r: any) => r.out.y.every((row: readonly number[]) => row.every((v) => v < 10))) > 5;
    expect((await alertOf([1000, 1000], matrix))()).toHaveLength(1);
  });
});

describe("an open size", () => {
  const close: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const each of close) await each();
  });

  test("is bounded by the rows that come: the request is refused before anything is evaluated", async () => {
    const models = folder();
    writeModel(models, "echo", {
      inputs: [{ name: "x", dtype: "float32", shape: ["batch", "n"] }],
      outputs: [{ name: "y", dtype: "float32", shape: ["batch", "n"] }],
      nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
    } as never);
    const { createHash } = await import("node:crypto");
    const echo = defineModel({
      name: "echo",
      sha256: createHash("sha256")
        .update(readFileSync(join(models, "echo.onnx")))
        .digest("hex"),
      inputs: { x: tensor("float32", ["batch", "n"]) },
      outputs: { y: tensor("float32", ["batch", "n"]) },
    });
    const pairs = pipeline("pairs")
      .model(echo)
      .validate("sorted", (r) => r.out.every((a) => r.out.every((b) => r.out.every((c) => a + b + c < 10))));
    const live = await pairs.deploy(local({ models, data: folder(), durability: "off" }));
    close.push(() => live.close());
    const [small] = await live.infer([{ x: Array.from({ length: 20 }, () => 1) }]);
    expect(small?.anomaly.count).toBe(0);
    const started = performance.now();
    const large = [{ x: Array.from({ length: 5000 }, () => 1) }];
    expect(await refusal(live.infer(large))).toMatch(
      /^SL5050 these rows are too much work: the evaluation of a request's validations may have at most 1,000,000,000 steps, and this one has [\d,]+; send fewer or smaller rows at a time/,
    );
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("an honest config", () => {
  test("that was read from a definition keeps the platform's own text, and parses", async () => {
    const definition = toDefinition(
      await build(
        pipeline("fraud")
          .model(scorer)
          .validate("low", (x) => x.out.y[0] < 1),
      ),
      {
        dialect: "polars",
      },
    );
    const [, check] = definition.steps as unknown as [unknown, { Check: { tree: string[] } }];
    // The same text as another writer formats it.
    check.Check.tree = check.Check.tree.map((text) => JSON.stringify(JSON.parse(text), null, 1));
    const { config, form } = fromDefinition(definition, { models: honest.models });
    const parsed = parseConfig(JSON.stringify(config));
    expect(parsed.steps[1]).toMatchObject({ expression: { kept: "polars-0.18" } });
    expect(toDefinition(parsed, form)).toEqual(definition);
    expect(decompile(parsed).chain).toContain('.validate("low", x => x.out.y[0] < 1)');
  });
});
