import { basename } from "node:path";
import { expect, test } from "vitest";
import { defineModel, type DType, type Model, type Port } from "shapeline";
import {
  openInference,
  type AnyConnectedModel,
  type ConnectOptions,
  type OpenInferenceOptions,
} from "shapeline/client";
import { isShared } from "../../dsl/rows.js";
import { flatten, type Value } from "../engine/columns.js";
import { cases, handles } from "../engine/field-models.js";

type Row = Readonly<Record<string, unknown>>;

/** The field models that every runtime holds: the one for Node has no bfloat16. */
export const servable = Object.keys(cases).filter((file) => file in handles && file !== "bf16.onnx");

const tensors = (ports: readonly Port[]) =>
  Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }]));

/** The handle of a field model. Its name is that of the file. */
export function fieldHandle(file: string): Model {
  const [inputs, outputs, batchSize] = handles[file] ?? [[], []];
  return defineModel({
    name: basename(file, ".onnx").replaceAll("_", "-"),
    sha256: "0".repeat(64),
    inputs: tensors(inputs),
    outputs: tensors(outputs),
    batchSize,
  });
}

/**
 * Tests that a server's model answers records and columns as Python's ONNX Runtime answered each row alone.
 *
 * @param serve starts the server, or says where it is
 */
export function testFieldModel(
  file: string,
  serve: (handle: Model) => Promise<OpenInferenceOptions>,
  // One model sums over the rows of a run: the engine finds that out when it deploys the model, a client cannot.
  { oneRowPerRequest }: ConnectOptions = { oneRowPerRequest: file === "piper_like.onnx" },
): void {
  const { rows, shared, answers } = cases[file] ?? { rows: [], shared: {}, answers: [] };
  const handle = fieldHandle(file);
  const [inputs = []] = handles[file] ?? [];
  const records: Row[] = rows.map((row) =>
    Object.fromEntries(inputs.map(({ name, dtype }) => [name, requestValue(dtype, row[name] ?? shared[name] ?? [])])),
  );

  test(`${file}: each row is answered as it is alone`, async () => {
    const live = (await openInference(await serve(handle)).connect(handle, {
      ...(oneRowPerRequest !== undefined && { oneRowPerRequest }),
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
