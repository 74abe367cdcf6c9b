import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { defineModel, type DType, type Model, type Port } from "shapeline";
import { openInference, type AnyConnectedModel } from "shapeline/client";
import { isShared } from "../../dsl/rows.js";
import { flatten, type Value } from "../engine/columns.js";
import { cases, fixtures, handles } from "../engine/field-models.js";
import { onnxModel } from "./onnx-server.js";
import { startServer } from "./protocol-server.js";

type Row = Readonly<Record<string, unknown>>;

const tensors = (ports: readonly Port[]) =>
  Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }]));

function handleOf(file: string): Model {
  const [inputs, outputs, batchSize] = handles[file] ?? [[], []];
  return defineModel({
    name: basename(file, ".onnx").replaceAll("_", "-"),
    sha256: "0".repeat(64),
    inputs: tensors(inputs),
    outputs: tensors(outputs),
    batchSize,
  });
}

/** int64 as bigint, as a request has it. */
function requestValue(dtype: DType, value: Value): unknown {
  if (Array.isArray(value)) return value.map((inner) => requestValue(dtype, inner as Value));
  return dtype === "int64" ? BigInt(value as number) : value;
}

function expectClose(found: unknown, expected: Value): void {
  const numbers = flatten(found as Value).map(Number);
  const wanted = flatten(expected);
  expect(numbers).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries())
    expect(Math.abs((numbers[i] ?? NaN) - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
}

// The runtime for Node does not hold bfloat16.
const servable = Object.entries(cases).filter(([file]) => file in handles && file !== "bf16.onnx");

// Models of every kind that real ones are of: rows along any axis, shared inputs, whole models, fixed batch sizes, rows
// of different sizes. Python's ONNX Runtime answered each row alone.
describe.each(servable)("%s", (file, { rows, shared, answers }) => {
  const handle = handleOf(file);
  const [inputs = []] = handles[file] ?? [];
  // Sums over the rows of a run: the engine finds that out when it deploys the model, a client cannot.
  const oneRowPerRequest = file === "piper_like.onnx";
  const records: Row[] = rows.map((row) =>
    Object.fromEntries(inputs.map(({ name, dtype }) => [name, requestValue(dtype, row[name] ?? shared[name] ?? [])])),
  );

  test.each(["json", "binary"] as const)("answers each row as it is answered alone, %s", async (encoding) => {
    const { url } = await startServer({ [handle.name]: await onnxModel(join(fixtures, file)) });
    const live = (await openInference({ url, encoding }).connect(handle, {
      oneRowPerRequest,
    })) as unknown as AnyConnectedModel;
    const together = await live.infer(records);
    const columns = Object.fromEntries(
      inputs.map((port) => [
        port.name,
        isShared(port, inputs) ? records[0]?.[port.name] : records.map((record) => record[port.name]),
      ]),
    );
    const answered = (await live.infer(columns)) as { readonly out: Readonly<Record<string, unknown[]>> };
    expect(together).toHaveLength(records.length);
    for (const [i, answer] of answers.entries())
      for (const [port, value] of Object.entries(answer)) {
        expectClose((together[i] as { readonly out: Row }).out[port], value);
        expectClose(answered.out[port]?.[i], value);
      }
  });
});
