import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ModelConfig } from "../../src/config/schema.js";
import { modelRunner, type RunBatch } from "../../src/engine/rows/model-runner.js";
import { openSession } from "../../src/engine/session/onnx-runtime.js";
import { proveRows } from "../../src/engine/session/row-proof.js";
import { checkSignature } from "../../src/engine/session/signature-check.js";
import { readSelfContained } from "../../src/util/onnx/self-contained.js";
import { withoutUntakenPorts } from "../../src/util/onnx/without-untaken-ports.js";
import type { RowsTensor } from "../../src/tensors/tensor-data.js";
import { columnOf, flatten, rowOf, shapeOf, type Value } from "./columns.js";
import { cases, f32, fixtures, handles } from "./field-models.js";
import { modelAt } from "./make-config.js";

function modelOf(file: string): ModelConfig {
  const [inputs, outputs, batchSize] = handles[file] ?? [[], []];
  const model = modelAt(basename(file, ".onnx"), join(fixtures, file), inputs, outputs);
  return batchSize === undefined ? model : { ...model, batchSize };
}

/** Deploys a model alone: how its rows run, and a function that runs them. */
async function deployed(file: string) {
  const model = modelOf(file);
  const path = join(fixtures, file);
  const bytes = withoutUntakenPorts((await readSelfContained(path)).bytes, path);
  const session = await openSession(model.name, model.sha256, bytes, path);
  onTestFinished(() => session.release());
  checkSignature(model, session);
  const runBatch: RunBatch<null> = (feeds, fetches, _, use) => session.run(feeds, fetches, use);
  const proof = await proveRows(model, runBatch, { path, fixed: new Map(), limit: null });
  const run = modelRunner(model, runBatch, proof.together);
  return {
    proof,
    async infer(rows: readonly Readonly<Record<string, Value>>[]): Promise<Record<string, RowsTensor>> {
      const feeds = model.inputs.map(({ name, dtype }) => [
        name,
        columnOf(
          { dtype },
          rows.map((row) => row[name] ?? []),
        ),
      ]);
      const outputs = await run(Object.fromEntries(feeds), rows.length, null, (columns) => columns);
      return Object.fromEntries(model.outputs.map(({ name }, i) => [name, outputs[i] as RowsTensor]));
    },
  };
}

function expectRow(
  columns: Readonly<Record<string, RowsTensor>>,
  row: number,
  answer: Readonly<Record<string, Value>>,
) {
  for (const [name, value] of Object.entries(answer)) {
    const { shape, numbers } = rowOf(columns[name] as RowsTensor, row);
    expect(shape).toEqual(shapeOf(value));
    for (const [i, expected] of flatten(value).entries())
      expect(Math.abs((numbers[i] ?? NaN) - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)));
  }
}

const single = Object.entries(cases).filter(([name]) => name in handles);

describe.each(single)("%s", (file, { rows, shared, answers }) => {
  const records = rows.map((row) => ({ ...row, ...shared }));

  test("is found to keep its rows apart, or runs them one at a time", async () => {
    const { proof } = await deployed(file);
    const mixed = "changes with the other rows of a run";
    // Multiplies every row with the sum of all rows' lengths.
    if (file === "piper_like.onnx") expect(proof).toEqual({ together: false, notice: expect.stringContaining(mixed) });
    else expect(proof).toEqual({ together: true, notice: null });
  });

  test("answers each row right when it is sent with the others", async () => {
    const columns = await (await deployed(file)).infer(records);
    for (const [row, answer] of answers.entries()) expectRow(columns, row, answer);
  });

  test("answers each row right when it is sent alone", async () => {
    const { infer } = await deployed(file);
    for (const [row, answer] of answers.entries()) expectRow(await infer(records.slice(row, row + 1)), 0, answer);
  });

  test("answers rows right in any order and number", async () => {
    const order = [...answers.keys(), ...[...answers.keys()].reverse(), 0, 0];
    const columns = await (await deployed(file)).infer(order.map((row) => records[row] ?? {}));
    for (const [place, row] of order.entries()) expectRow(columns, place, answers[row] ?? {});
  });
});

describe("enc.onnx -> dec.onnx", () => {
  const { rows, answers } = cases["enc.onnx -> dec.onnx"] ?? { rows: [], answers: [] };

  test("the decoder takes the encoder's output beside a column of the request", async () => {
    const { hidden } = await (await deployed("enc.onnx")).infer(rows);
    const decoder = await deployed("dec.onnx");
    const toLists = (column: RowsTensor, row: number): Value => {
      const { shape, numbers } = rowOf(column, row);
      return Array.from({ length: shape[0] ?? 0 }, (_, i) => numbers.slice(i * 4, i * 4 + 4));
    };
    const columns = await decoder.infer(
      rows.map(({ prefix = [] }, row) => ({ prefix, hidden: toLists(hidden as RowsTensor, row) })),
    );
    for (const [row, answer] of answers.entries()) expectRow(columns, row, answer);
  });
});

test("rows of several lengths are answered in order", async () => {
  const { infer } = await deployed("enc.onnx");
  const rows = [[0, 2, 4], [1], [3, 0, 2], [], [2], [0, 2, 4, 1, 3]].map((input_ids) => ({ input_ids }));
  const { hidden } = await infer(rows);
  for (const [place, row] of rows.entries()) {
    const alone = rowOf((await infer([row])).hidden as RowsTensor, 0);
    const { shape, numbers } = rowOf(hidden as RowsTensor, place);
    expect(shape).toEqual(alone.shape);
    for (const [i, number] of numbers.entries()) expect(number).toBeCloseTo(alone.numbers[i] ?? NaN, 6);
  }
});

test("rows with other values of a shared input do not share a run", async () => {
  const { infer } = await deployed("scalar_threshold.onnx");
  const rows = [1, 2, 1, 3].map((t) => ({ x: [1, 2, 4], t }));
  const { y } = await infer(rows);
  expect(rows.map((_, row) => rowOf(y as RowsTensor, row).numbers)).toEqual([
    [1, 2, 4],
    [2, 4, 8],
    [1, 2, 4],
    [3, 6, 12],
  ]);
});

test("a file that declares an output wrongly is refused with the setting that corrects it", async () => {
  const file = "ctc_wrong_declared.onnx";
  const model: ModelConfig = {
    ...modelAt("ctc", join(fixtures, file), [f32("x", "batch", 1, 64, "w")], [f32("logits", "batch", "seqlen")]),
    batchSize: 1,
  };
  const session = await openSession(model.name, model.sha256, readFileSync(join(fixtures, file)), file);
  onTestFinished(() => session.release());
  const runBatch: RunBatch<null> = (feeds, fetches, _, use) => session.run(feeds, fetches, use);
  await expect(proveRows(model, runBatch, { path: file, fixed: new Map(), limit: null })).rejects.toThrow(
    `model 'ctc': 'ctc_wrong_declared.onnx' gives output 'logits' as float32[8, 1, 64] for 1 row, but it is declared as float32[1, seqlen]; set overrides: { "ctc": { shapes: { "logits": ["w","batch",64] } } } in shapeline.config, generate and build again`,
  );
});

test("every case is tested", () => {
  expect(Object.keys(cases).filter((name) => !(name in handles))).toEqual(["enc.onnx -> dec.onnx"]);
});
