import { expect, test } from "vitest";
import type { Port } from "../../../dsl/tensor.js";
import { config, folder, run, shadow, validation, writeModel } from "../make-config.js";
import type { Graph } from "../onnx-writer.js";
import { openTestEngine } from "../open-engine.js";

// Validations on columns whose rows differ in shape. Each row gets what it would get alone.

const x: Port = { name: "x", dtype: "float32", shape: ["batch", "n"] };
const y: Port = { name: "y", dtype: "float32", shape: ["batch", "n"] };
const doubled: Graph = { inputs: [x], outputs: [y], nodes: [{ op: "Add", inputs: ["x", "x"], outputs: ["y"] }] };
const scope = { inputs: [x], outputs: [y] };

const rules = {
  small: "(row) => row.in.x.every((v) => v < 10)",
  any_even: "(row) => row.out.y.some((v) => v === 4)",
  long: "(row) => row.in.x.length > 1",
  second: "(row) => row.in.x[1] < row.out.y[1]",
} as const;
const steps = Object.entries(rules).map(([name, source]) => validation(name, source, scope));

/** Rows of four lengths, so that ranges of one shape have one row and several. */
const rows = [[1, 2], [3, 4], [50], [2], [], [-1, -2, 3], [2, 2, 2], [9, 10]].map((values) => ({ x: values }));

/** What a lambda says of a row; a `second` that does not exist makes the comparison false. */
const expected = {
  small: rows.map(({ x: values }) => values.every((v) => v < 10)),
  any_even: rows.map(({ x: values }) => values.some((v) => 2 * v === 4)),
  long: rows.map(({ x: values }) => values.length > 1),
  second: rows.map(({ x: [, second] }) => second !== undefined && second < 2 * second),
};

const passed = (failures: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries(Array.from(failures, ([name, failed]) => [name, Array.from(failed, (flag) => flag === 0)]));

test("validations on rows of different lengths are the lambda's, row by row", async () => {
  const dir = folder();
  const engine = await openTestEngine(dir, config("p", [writeModel(dir, "m", doubled)], [run("m"), ...steps]));
  const together = passed((await engine.infer(rows)).batch.failures);
  expect(together).toEqual(expected);
  for (const [row, record] of rows.entries()) {
    const alone = passed((await engine.infer([record])).batch.failures);
    for (const name of Object.keys(rules))
      expect([name, row, alone[name]]).toEqual([name, row, [together[name]?.[row]]]);
  }
});

test("a column of one shape is cut with a ragged one", async () => {
  const weight: Port = { name: "weight", dtype: "float32", shape: ["batch"] };
  const dir = folder();
  const model = writeModel(dir, "m", {
    inputs: [x, weight],
    outputs: [y, { ...weight, name: "w" }],
    nodes: [...doubled.nodes, { op: "Identity", inputs: ["weight"], outputs: ["w"] }],
  });
  const light = validation("light", "(row) => row.in.weight < 5 && row.in.x.every((v) => v < 10)", {
    inputs: [x, weight],
    outputs: model.outputs,
  });
  const engine = await openTestEngine(dir, config("p", [model], [run("m"), light]));
  const weights = [1, 7, 1, 1, 9, 1, 1, 1];
  const { batch } = await engine.infer(rows.map((row, i) => ({ ...row, weight: weights[i] })));
  expect(passed(batch.failures)).toEqual({
    light: rows.map(({ x: values }, i) => (weights[i] ?? 0) < 5 && values.every((v) => v < 10)),
  });
});

test("ragged outputs of an awaited challenger are compared row by row", async () => {
  const dir = folder();
  const models = [writeModel(dir, "m", doubled), writeModel(dir, "c", doubled)];
  const same = validation("same", "(row) => row.models.c.y.every((v) => v < 10)", {
    ...scope,
    models: { m: [y], c: [y] },
    champion: "m",
  });
  const engine = await openTestEngine(dir, config("p", models, [shadow("m", "c"), same]));
  const { batch } = await engine.infer(rows);
  expect(passed(batch.failures)).toEqual({ same: rows.map(({ x: values }) => values.every((v) => 2 * v < 10)) });
});
