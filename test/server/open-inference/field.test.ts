import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type ShapelineServer } from "shapeline/server";
import { flatten, shapeOf, type Value } from "../../engine/columns.js";
import { cases, fixtures, handles } from "../../engine/field-models.js";
import type { Port } from "../../../dsl/tensor.js";

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}
interface Answer {
  readonly status: number;
  readonly body: { readonly error?: string; readonly outputs: readonly Tensor[] };
}

// Models of every kind, each file served as it is: rows at any axis, shared inputs, whole tensors.

let server: ShapelineServer;
let url: string;
beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), "shapeline-oip-"));
  server = await createServer({ data, models: fixtures, durability: "off" });
  url = await server.listen({ port: 0 });
});
afterAll(() => server.close());

const datatypes: Readonly<Record<string, string>> = { float32: "FP32", int64: "INT64", uint8: "UINT8" };

/** Stacks the values of rows along an axis, as a client of the protocol does. */
function stack(values: readonly Value[], axis: number): Value {
  if (axis === 0) return values;
  const [first] = values as readonly (readonly Value[])[];
  return (first ?? []).map((_, i) =>
    stack(
      values.map((value) => (value as readonly Value[])[i] ?? []),
      axis - 1,
    ),
  );
}

function tensorOf({ name, dtype, shape }: Port, rows: readonly Readonly<Record<string, Value>>[]): Tensor {
  const axis = shape?.indexOf("batch") ?? 0;
  const values = rows.map((row) => row[name] ?? []);
  const value = axis < 0 ? (values[0] ?? []) : stack(values, axis);
  return { name, datatype: datatypes[dtype] ?? "", shape: shapeOf(value), data: [...flatten(value)] };
}

async function infer(file: string, rows: readonly Readonly<Record<string, Value>>[]): Promise<Answer> {
  const [inputs] = handles[file] ?? [[]];
  const body = JSON.stringify({ inputs: inputs.map((port) => tensorOf(port, rows)) });
  const response = await fetch(`${url}/v2/models/${basename(file, ".onnx")}/infer`, {
    method: "POST",
    body,
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const single = Object.entries(cases).filter(([name]) => name in handles);

describe.each(single)("%s", (file, { rows, shared, answers }) => {
  const [inputs, outputs] = handles[file] ?? [[], []];
  const records = rows.map((row) => ({ ...row, ...shared }));
  const isWhole = ![...inputs, ...outputs].some(({ shape }) => shape?.includes("batch"));

  function expectRows(answer: Answer, expected: typeof answers) {
    expect([answer.status, answer.body.error]).toEqual([200, undefined]);
    for (const port of outputs) {
      const found = answer.body.outputs.find(({ name }) => name === port.name);
      const wanted = tensorOf(port, expected);
      expect([found?.datatype, found?.shape]).toEqual([wanted.datatype, wanted.shape]);
      for (const [i, value] of wanted.data.entries())
        expect(Math.abs(Number(found?.data[i]) - Number(value))).toBeLessThanOrEqual(
          1e-6 * Math.max(1, Math.abs(Number(value))),
        );
    }
  }

  test("answers each row right when it is sent alone", async () => {
    for (const [row, answer] of answers.entries()) expectRows(await infer(file, records.slice(row, row + 1)), [answer]);
  });

  test.skipIf(isWhole)("answers rows right that are sent together", async () => {
    const shapes = new Set(
      records.map((record) => JSON.stringify(inputs.map(({ name }) => shapeOf(record[name] ?? [])))),
    );
    if (shapes.size === 1) expectRows(await infer(file, records), answers);
  });
});
