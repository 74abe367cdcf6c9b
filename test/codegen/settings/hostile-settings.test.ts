import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ShapelineError } from "../../../dsl/errors.js";
import { generateModels, type GenerateOptions } from "../../../codegen/models/generate.js";
import { parseSettings } from "../../../codegen/settings/schema.js";
import {
  FLOAT,
  input,
  INT64,
  model,
  optionalType,
  output,
  sequenceType,
  tensorType,
} from "../models/onnx/onnx-bytes.js";
import { makeProject, put } from "../models/workspace.js";

// Wrong settings and files: each is refused with a code or a path, and with what to do about it.

const odd: readonly unknown[] = [null, true, 1.5, -1, 2 ** 40, "", "0", [], ["x"], { x: {} }, NaN, Infinity];

/** Values of a wrong type or range, by setting of a model. */
const wrong: Readonly<Record<string, readonly unknown[]>> = {
  rows: [
    null,
    true,
    1,
    "0",
    "false",
    [0],
    { x: -1 },
    { x: 1.5 },
    { x: "0" },
    { x: null },
    { x: 256 },
    { "": 0 },
    { x: [0] },
  ],
  batchSize: [null, true, 0, -4, 1.5, "4", NaN, Infinity, 2 ** 40, [4], {}],
  shapes: [
    null,
    true,
    [],
    ["batch"],
    "x",
    { x: null },
    { x: 3 },
    { x: "batch" },
    { x: [-1] },
    { x: [1.5] },
    { x: [""] },
    { x: [true] },
    { x: [[1]] },
    { x: Array<number>(300).fill(1) },
    { "": [1] },
  ],
  symbols: [
    null,
    1,
    [],
    { x: null },
    { x: ["seq"] },
    { x: { a: "seq" } },
    { x: { 0: "" } },
    { x: { 0: 3 } },
    { x: { "-1": "s" } },
    { x: { 9999: "s" } },
  ],
  inputs: [null, true, "x", [], [""], [3], { x: 1 }],
  labels: [null, [], { y: [] }, { y: [1] }, { y: "a" }],
  ports: [null, [], { x: "" }, { x: 3 }, { x: "__proto__" }],
  sources: [null, [], "a.json", [""], [3]],
  name: [null, 3, "", "A", "a b", "-a", "a-", "a_b", "é", "a".repeat(64), "../a"],
  version: [null, 3, "", [], {}],
  constants: [null, true, [], { x: null }, { x: {} }, { x: [null] }, { x: [[{}]] }, { "": 1 }],
  row: odd.slice(0, 3),
  constant: odd.slice(0, 3),
};

const cases = Object.entries(wrong).flatMap(([setting, values]) => values.map((value) => [setting, value] as const));

test.each(cases)("overrides.net.%s: %j is refused, with its place", (setting, value) => {
  const parsed = parseSettings({ overrides: { net: { [setting]: value } } });
  const issues = "issues" in parsed ? parsed.issues : [];
  expect(issues.length).toBeGreaterThan(0);
  for (const issue of issues) {
    expect(issue).toMatch(/^overrides\.net/);
    // What was expected, the keys there are, or what the key must be.
    expect(issue).toMatch(/expected|unknown key|too small|too big|did you mean/);
  }
});

const file = model(
  input("x", tensorType(FLOAT, ["N", 3])),
  input("ids", tensorType(INT64, ["N", "seq"])),
  input("t", tensorType(FLOAT, [])),
  input("o", optionalType(tensorType(FLOAT, ["N"]))),
  output("y", tensorType(FLOAT, ["N", 2])),
  output("z", tensorType(FLOAT, null)),
  output("s", sequenceType(tensorType(FLOAT, [1]))),
);

type Override = NonNullable<GenerateOptions["overrides"]>[string];

const misfits: readonly Override[] = [
  ...["", "X", "x ", "yy", "sss", "constructor", "__proto__", "toString"].flatMap((port): Override[] => [
    { rows: Object.fromEntries([[port, 0]]) },
    { shapes: Object.fromEntries([[port, [1]]]) },
    { symbols: Object.fromEntries([[port, { 0: "n" }]]) },
    { ports: Object.fromEntries([[port, "n"]]) },
    { labels: Object.fromEntries([[port, ["a"]]]) },
    { inputs: [port] },
  ]),
  ...[1, 2, 7].map((axis): Override => ({ rows: { x: axis, ids: 0, y: 0, z: 1 } })),
  { rows: { x: 0, y: 5 } },
  { rows: { t: 0, y: 0, z: 0 } },
  { rows: { s: 0, x: 0, y: 0, z: 0 } },
  { rows: { o: 0, x: 0, y: 0, z: 0 } },
  { rows: {} },
  { rows: { x: 0 } },
  { rows: { y: 0, z: 0 } },
  { rows: { x: 1, y: 1, z: 0 } },
  { rows: false, batchSize: 1 },
  { rows: false, shapes: { y: ["batch", 2] } },
  { shapes: { y: ["batch", "batch"] } },
  { shapes: { s: [1] } },
  { shapes: { o: [1] } },
  { shapes: { y: [2], z: ["a"] }, batchSize: 2 },
  { inputs: ["x"] },
  { inputs: ["o", "ids"] },
  { symbols: { x: { 1: "three" } } },
  { symbols: { z: { 0: "n" } } },
  { symbols: { t: { 0: "n" } } },
  { labels: { y: ["a", "b", "c"] } },
  { labels: { y: ["a", "a"] } },
  { ports: { x: "ids" } },
  { ports: { y: "z" } },
  { ports: { s: "list" } },
  { sources: ["no-such.json"] },
  { sources: ["s3://bucket/net.json"] },
];

test.each(misfits.map((override) => [JSON.stringify(override), override] as const))(
  "the override %s does not fit: a code, the model and a way out; nothing is written",
  async (_, override) => {
    const cwd = makeProject();
    const path = put(`${cwd.slice(cwd.lastIndexOf("/") + 1)}/models/net.onnx`, file);
    const error = await generateModels({ models: [path], cwd, overrides: { net: override }, unusable: "list" }).then(
      () => null,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(ShapelineError);
    const { code, message } = error as ShapelineError;
    expect(code).toMatch(/^SL30(00|51|52)$/);
    expect(message.length).toBeGreaterThan(60);
    expect(() => readFileSync(`${cwd}/models.gen.ts`)).toThrow();
  },
);

describe("files that no handle can be made of", () => {
  const float = (shape: readonly (number | string | null)[] | null) => tensorType(FLOAT, shape);
  const files: readonly (readonly [string, Uint8Array])[] = [
    ["no input", model(output("y", float(["N"])))],
    ["no output", model(input("x", float(["N"])))],
    ["only a sequence out", model(input("x", float(["N"])), output("s", sequenceType(float([1]))))],
    ["only a sequence in", model(input("s", sequenceType(float([1]))), output("y", float(["N"])))],
    [
      "a sequence beside an input",
      model(input("x", float(["N"])), input("s", sequenceType(float([1]))), output("y", float(["N"]))),
    ],
    ["bfloat16 in", model(input("x", tensorType(16, ["N"])), output("y", float(["N"])))],
    ["complex out", model(input("x", float(["N"])), output("y", tensorType(14, ["N"])))],
    ["only an optional in", model(input("o", optionalType(float(["N"]))), output("y", float(["N"])))],
    ["two inputs of one name", model(input("x", float(["N"])), input("x", float(["N"])), output("y", float(["N"])))],
    ["an output without a name", model(input("x", float(["N"])), output("", float(["N"])), output("y", float(["N"])))],
    ["nothing", new Uint8Array()],
    ["text", new TextEncoder().encode("hello")],
    ["half a model", file.subarray(0, 40)],
  ];

  test.each(files)("%s: listed beside the good one", async (_, content) => {
    const cwd = makeProject();
    const folder = cwd.slice(cwd.lastIndexOf("/") + 1);
    put(`${folder}/models/good.onnx`, file);
    put(`${folder}/models/bad.onnx`, content);
    const { models, problems } = await generateModels({ models: ["models/*.onnx"], cwd, unusable: "list" });
    expect(models.map(({ name }) => name)).toEqual(["good"]);
    expect(problems).toEqual([
      { file: "models/bad.onnx", code: expect.stringMatching(/^SL301[0-6]$/), message: expect.stringContaining("bad") },
    ]);
    expect(problems[0]?.message).toMatch(/[.:;] ?[A-Za-z].*(xport|ename|Give every|ive the path|cast|expose|name it)/s);
  });
});

test("there are more than 150 cases", () => {
  expect(cases.length + misfits.length + 13).toBeGreaterThan(150);
});
