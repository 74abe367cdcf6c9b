import type { StandardSchemaV1 } from "@standard-schema/spec";
import Ajv from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defineModel, pipeline, tensor, type InferInput } from "shapeline";
import { requestSchema, resultSchema, toJSONSchema } from "shapeline/schema";
import type { JSONSchema } from "../../src/schema/index.js";
import { inputReader } from "../../src/engine/input/read-input.js";
import { portsOf } from "../../dsl/index.js";
import { folder, writeModel } from "../engine/make-config.js";
import { single } from "../engine/odd-models.js";
import { refusal } from "../refusal.js";
import { openEngine } from "../targets/local-engine.js";

const dir = folder();
const identity = (name: string) =>
  defineModel({
    name,
    sha256: writeModel(dir, name, single("Identity")).sha256,
    inputs: { x: tensor("float32", ["batch", 1]) },
    outputs: { y: tensor("float32", ["batch", 1]) },
  });
const [one, two] = [identity("one"), identity("two")];
const shadowed = pipeline("shadowed")
  .shadow(one, [two])
  .validate("low", (x) => x.out < 5);
const several = pipeline("several").models([one, two]);

const wide = pipeline("wide", {
  inputs: {
    amount: { dtype: "float32", shape: ["batch", 1] },
    pixels: { dtype: "uint8", shape: ["batch", 2, 2] },
    id: { dtype: "int64", shape: ["batch"] },
    text: { dtype: "string", shape: ["batch", null] },
    on: { dtype: "bool", shape: ["batch"] },
  },
  missing: { amount: "nan" },
}).model(
  defineModel({
    name: "m",
    sha256: "a".repeat(64),
    inputs: { amount: tensor("float32", ["batch", 1]) },
    outputs: { y: tensor("float32", ["batch", 1]) },
  }),
);
const row: InferInput<typeof wide> = { amount: 1, pixels: [[1, 2], [3, 4]], id: 7n, text: ["a"], on: true }; // prettier-ignore
const json = { ...row, id: 7 };

/** The issues of a schema, through the interface of the standard alone. */
function issuesOf(schema: StandardSchemaV1, value: unknown): readonly unknown[] {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) throw new TypeError("the schema is not synchronous");
  return result.issues ?? [];
}

/** As Fastify compiles it, by an earlier draft with the same keywords. */
const compiled = (schema: JSONSchema) => new Ajv({ unknownFormats: "ignore" }).compile(schema);

describe("requestSchema", () => {
  const schema = requestSchema(wide);

  test("accepts what infer accepts, and returns it unchanged", () => {
    const rows = [row, { ...row, amount: null, pixels: new Uint8Array(4) }];
    expect(schema["~standard"].validate(rows)).toEqual({ value: rows });
    expect(schema.row["~standard"].validate(row)).toEqual({ value: row });
  });

  test.each([
    [[{ ...row, pixels: [[1, 2], [3]] }], "row 0, input 'pixels', element [1]: expected a list of 2", [0, "pixels"]],
    [[row, { ...row, id: 1.5 }], "row 1, input 'id': 1.5 is not a whole number (int64)", [1, "id"]],
    [
      [{ ...row, text: ["a", 2] }],
      "row 0, input 'text', element [1]: expected a string, got the number 2",
      [0, "text", 1],
    ],
    [[{ ...row, texts: [] }], "row 0: pipeline 'wide' has no input 'texts'", [0]],
    [[], "the batch is empty: give at least one row", []],
    [7, "expected a list of rows [{ amount, pixels, id, text, on }], got the number 7", []],
  ])("refuses rows with the message of infer: %#", (rows, message, path) => {
    expect(issuesOf(schema, rows)).toEqual([{ message: expect.stringContaining(message), path }]);
  });

  test("of one row names the column alone", () => {
    expect(issuesOf(schema.row, { ...row, id: "x" })).toEqual([
      { message: expect.stringMatching(/^input 'id': expected a whole number or a bigint \(int64\)/), path: ["id"] },
    ]);
    expect(issuesOf(schema.row, 1)[0]).toMatchObject({
      message: expect.stringMatching(/^expected an object/),
      path: [],
    });
  });

  test("of a pipeline with problems is refused", async () => {
    expect(await refusal(() => requestSchema(pipeline("empty")))).toContain("SL2007");
  });

  test("is typed for consumers of the standard", () => {
    const typed: StandardSchemaV1<InferInput<typeof wide>[]> = schema;
    const input: StandardSchemaV1.InferInput<typeof typed> = [row];
    expect(issuesOf(typed, input)).toEqual([]);
  });
});

describe("resultSchema", () => {
  test("accepts the answers of a shadow deployment, with and without its challengers", async () => {
    for (const challengers of ["log", "return"] as const) {
      const live = await shadowed.deploy(openEngine({ models: dir, challengers }));
      const rows = await live.infer([{ x: [1] }, { x: [7] }]);
      expect(issuesOf(resultSchema(shadowed), rows)).toEqual([]);
      expect(compiled(toJSONSchema(shadowed).result)(JSON.parse(JSON.stringify(rows)))).toBe(true);
    }
  });

  test("accepts the answers of several models, and refuses what is no answer", async () => {
    const live = await several.deploy(openEngine({ models: dir }));
    const [answer] = await live.infer([{ x: [1] }]);
    const schema = resultSchema(several);
    expect(issuesOf(schema.row, answer)).toEqual([]);
    const { out_two: _, ...without } = answer;
    expect(issuesOf(schema.row, without)).toEqual([{ message: "'out_two' is missing", path: [] }]);
    expect(issuesOf(schema, [{ ...answer, out_one: { y: [1, 2] } }])).toEqual([
      { message: "row 0, out_one.y: expected a list of 1, got 2", path: [0, "out_one", "y"] },
    ]);
    expect(issuesOf(schema.row, { ...answer, time: "now" })).toEqual([
      { message: 'time: expected a Date, got the string "now"', path: ["time"] },
    ]);
    expect(issuesOf(schema.row, { ...answer, more: 1 })[0]).toMatchObject({
      message: expect.stringContaining("'more' is unknown; known are"),
    });
  });
});

describe("toJSONSchema", () => {
  const { request } = toJSONSchema(wide);

  test("is a JSON Schema of a list of records", () => {
    expect(request).toMatchObject({
      type: "array",
      items: {
        required: ["amount", "pixels", "id", "text", "on"],
        properties: {
          pixels: { type: "array", minItems: 2, maxItems: 2, items: { type: "array", minItems: 2, maxItems: 2 } },
          text: { type: "array", items: { type: "string" } },
          on: { type: "boolean" },
        },
        additionalProperties: false,
      },
    });
  });

  test("accepts and refuses what infer does", () => {
    const validate = compiled(request);
    const read = inputReader("wide", portsOf(wide.inputs), ["amount"]);
    const accepted = (value: unknown): boolean => {
      try {
        read(value);
        return true;
      } catch {
        return false;
      }
    };
    const leaf = fc.constantFrom<unknown>(0, 1, -1, 1.5, 300, 1e39, 3e38, "NaN", "a", null, true, [], [1], [[1, 2], [3, 4]], ["a"], 2 ** 53, "9007199254740993"); // prettier-ignore
    const column = fc.constantFrom("amount", "pixels", "id", "text", "on", "other");
    const changed = fc.tuple(column, leaf).map(([name, value]) => [{ ...json, [name]: value }]);
    let refused = 0;
    for (const rows of fc.sample(changed, { numRuns: 400, seed: 5 })) {
      const expected = accepted(rows);
      if (!expected) refused++;
      expect([rows, validate(rows)]).toEqual([rows, expected]);
    }
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(390);
  });
});
