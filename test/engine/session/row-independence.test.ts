import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { slow } from "../../slow.js";
import { ModelError, ShapelineError } from "../../../dsl/errors.js";
import { usablePorts } from "../../../codegen/models/signature.js";
import { readSignature } from "../../../codegen/models/read-signature.js";
import type { ModelConfig } from "../../../src/config/schema.js";
import { leastElements, madeUpRows } from "../../../src/engine/session/made-up-rows.js";
import { modelRunner, type RunBatch } from "../../../src/engine/rows/model-runner.js";
import { openSession, type ModelSession } from "../../../src/engine/session/onnx-runtime.js";
import { rowPlan } from "../../../src/engine/rows/row-plan.js";
import { proveRows } from "../../../src/engine/session/row-proof.js";
import { withoutUntakenPorts } from "../../../src/util/onnx/without-untaken-ports.js";
import type { Feeds } from "../../../src/engine/rows/feeds.js";
import { oneRow } from "../../../src/engine/rows/stack-rows.js";
import { allocate } from "../../../src/tensors/dtypes.js";
import type { RowsTensor, TensorData } from "../../../src/tensors/tensor-data.js";
import { recordings } from "../../recordings.js";
import { columnOf, rowOf, type Value } from "../columns.js";
import { folder, writeModel } from "../make-config.js";
import { modelOfSpec, modelSpec } from "./row-models.js";

/** `npm run fuzz:rows` sets it. */
const count = Number(process.env["SHAPELINE_ROW_MODELS"] ?? 100);

const runOf =
  (session: ModelSession): RunBatch<null> =>
  (feeds, fetches, _, use) =>
    session.run(feeds, fetches, use);

/** A row's answer by the model's file alone: one run whose row axis has this row, as often as a run needs rows. */
async function rowAlone(model: ModelConfig, session: ModelSession, feeds: Feeds, row: number): Promise<TensorData[]> {
  const plan = rowPlan(model);
  const copies = plan.batchSize ?? 1;
  const run: Record<string, TensorData> = {};
  for (const { port, at } of plan.inputs) {
    const { dtype, dims, data } = oneRow(feeds[port.name] as RowsTensor, row);
    if (typeof at !== "number") {
      run[port.name] = { dtype, dims, data };
      continue;
    }
    const inner = dims.slice(at).reduce((product, dim) => product * dim, 1);
    const repeated = allocate(dtype, data.length * copies);
    for (let i = 0; i < repeated.length; i++)
      (repeated as unknown as number[])[i] = data[Math.floor(i / (inner * copies)) * inner + (i % inner)] as number;
    run[port.name] = { dtype, dims: [...dims.slice(0, at), copies, ...dims.slice(at)], data: repeated };
  }
  const outputs = await session.run(
    run,
    model.outputs.map(({ name }) => name),
    (answer) => answer,
  );
  return outputs.map(({ dtype, dims, data }, i) => {
    const at = plan.outputs[i]?.at;
    if (typeof at !== "number") return { dtype, dims, data };
    const inner = dims.slice(at + 1).reduce((product, dim) => product * dim, 1);
    const first = Array.from(data as ArrayLike<number>).filter((_, e) => Math.floor(e / inner) % copies === 0);
    return { dtype, dims: [...dims.slice(0, at), ...dims.slice(at + 1)], data: first as unknown as TensorData["data"] };
  });
}

/** Expects each row of the columns to be what the row is answered alone, to a relative 1e-5 of its largest number. */
async function expectAlone(model: ModelConfig, session: ModelSession, feeds: Feeds, rows: number, found: RowsTensor[]) {
  for (let row = 0; row < rows; row++) {
    const alone = await rowAlone(model, session, feeds, row);
    for (const [i, { dims, data }] of alone.entries()) {
      const { shape, numbers } = rowOf(found[i] as RowsTensor, row);
      expect(shape).toEqual(dims);
      const expected = Array.from(data as ArrayLike<number>, Number);
      const largest = expected
        .map(Math.abs)
        .filter(Number.isFinite)
        .reduce((most, own) => Math.max(most, own), 1e-30);
      for (const [e, number] of expected.entries()) {
        const own = numbers[e] ?? NaN;
        if (!Object.is(own, number) && own !== number) expect(Math.abs(own - number) / largest).toBeLessThan(1e-5);
      }
    }
  }
}

/** The runner of a model as it is deployed. */
async function deploy(model: ModelConfig, session: ModelSession, path: string) {
  const proof = await proveRows(model, runOf(session), { path, fixed: new Map(), limit: null });
  const run = modelRunner(model, runOf(session), proof.together);
  return { proof, run: (feeds: Feeds, rows: number) => run(feeds, rows, null, (columns) => columns) };
}

describe("a row's answer does not depend on the rows it is sent with", () => {
  test(`for ${count} generated models: any axes, open sizes, shared inputs, batch sizes, quantization`, async () => {
    const dir = folder();
    let made = 0;
    const property = fc.asyncProperty(
      modelSpec,
      fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 9, maxLength: 9 }), {
        minLength: 1,
        maxLength: 7,
      }),
      fc.boolean(),
      fc.nat(1000),
      async (spec, sizes, sharesValue, seed) => {
        const { graph, inputs, outputs } = modelOfSpec(spec);
        const name = `m${made++}`;
        const { sha256 } = writeModel(dir, name, graph);
        const batchSize = spec.batchSize === null || spec.whole ? {} : { batchSize: spec.batchSize };
        const model: ModelConfig = { name, version: "1", sha256, inputs, outputs, ...batchSize };
        const path = join(dir, `${name}.onnx`);
        const session = await openSession(name, sha256, readFileSync(path), path);
        try {
          const { proof, run } = await deploy(model, session, path);
          if (spec.inputs.every(({ mixes }) => mixes === "no")) expect(proof.notice).toBeNull();
          const feeds = Object.fromEntries(
            inputs.map((port, i) => [
              port.name,
              columnOf(
                port,
                sizes.map((own, row) => {
                  const rowDims = (port.shape ?? []).filter((dim) => dim !== "batch");
                  const dims = rowDims.map((dim, axis) => (typeof dim === "number" ? dim : (own[i * 3 + axis] ?? 1)));
                  const place = port.name === "shared" && sharesValue ? 0 : row;
                  return valueOf(dims, seed + i + place * 7, place % 3 === 1 ? 100 : 1);
                }),
              ),
            ]),
          );
          await expectAlone(model, session, feeds, sizes.length, await run(feeds, sizes.length));
        } finally {
          await session.release();
        }
      },
    );
    await fc.assert(property, { numRuns: count });
  }, 1_800_000);

  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const folders = [
    join(root, "test/fixtures/models"),
    join(root, "examples"),
    ...(recordings === null ? [] : [recordings]),
  ];
  const corpus = folders.flatMap((parent) =>
    (readdirSync(parent, { recursive: true }) as string[])
      .filter((file) => file.endsWith(".onnx") && !file.includes("node_modules"))
      .map((file) => join(parent, file)),
  );

  // The slow suite takes all; a third of them has each kind.
  const chosen = corpus.filter((_, i) => slow || i % 3 === 0);

  test(
    `for ${chosen.length} models of the fixtures, the examples and the recordings that ONNX Runtime can run`,
    { timeout: 120_000, tags: ["slow"] },
    async () => {
      let proved = 0;
      for (const path of chosen) {
        const opened = await openFile(path);
        if (opened === null) continue;
        const { model, session } = opened;
        try {
          const deployed = await deploy(model, session, path).catch((error: unknown) => {
            // A file that declares its shapes wrongly, or takes no made-up values, is not deployed.
            if (error instanceof ModelError && error.code === "SL3025") return null;
            throw error;
          });
          if (deployed === null) continue;
          if (leastElements(rowPlan(model)) > 1_000_000) continue;
          const { feeds } = madeUpRows(rowPlan(model), new Map(), { sizes: [3, 2], values: "small" }, 5);
          const found = await deployed.run(feeds, 5).catch(() => null);
          if (found === null) continue;
          await expectAlone(model, session, feeds, 5, found).catch((error: unknown) => {
            throw new Error(`${path}: ${String(error)}`, { cause: error });
          });
          proved++;
        } finally {
          await session.release();
        }
      }
      expect(proved).toBeGreaterThan(slow ? 50 : 16);
    },
  );
});

/** A file's model as `shapeline generate` decides it, and its session; null if ONNX Runtime cannot run it in Node. */
async function openFile(path: string): Promise<{ model: ModelConfig; session: ModelSession } | null> {
  try {
    const { name, sha256, inputs, outputs, batchSize } = await readSignature(path);
    const ports = (list: typeof inputs) =>
      usablePorts(list).map(({ name: port, dtype, shape }) => ({
        name: port,
        dtype,
        shape: shape === null ? null : [...shape],
      }));
    const model = { name, version: "1", sha256, inputs: ports(inputs), outputs: ports(outputs) };
    const session = await openSession(name, sha256, withoutUntakenPorts(readFileSync(path), path), path);
    return { model: batchSize === undefined ? model : { ...model, batchSize }, session };
  } catch (error) {
    if (error instanceof ShapelineError) return null;
    throw error;
  }
}

/** Nested lists of numbers of both signs. */
function valueOf(dims: readonly number[], seed: number, magnitude: number): Value {
  const [size, ...rest] = dims;
  if (size === undefined) return Math.sin(seed * 12.9898) * magnitude;
  return Array.from({ length: size }, (_, i) => valueOf(rest, seed * 31 + i + 1, magnitude));
}
