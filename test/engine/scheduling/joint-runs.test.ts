import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { readModelPipelines } from "../../../src/read-models.js";
import { type Engine, openEngine } from "../../../src/engine/engine.js";
import { RequestTensors } from "../../../src/engine/input/request-tensors.js";
import { RequestDeadline } from "../../../src/engine/request-deadline.js";
import type { RunModel } from "../../../src/engine/rows/model-runner.js";
import { joinRuns } from "../../../src/engine/scheduling/joint-runs.js";
import { readModelFiles } from "../../../src/engine/session/model-files.js";
import type { TensorData } from "../../../src/tensors/tensor-data.js";

/** Doubles `x`; refuses a negative number. It ends in a later turn, as a real run does, and notes its rows. */
function doubling(sizes: number[], needsMs = 0): RunModel {
  return async (feeds, rows, _, use) => {
    await new Promise((resolve) => (needsMs > 0 ? setTimeout(resolve, needsMs) : setImmediate(resolve)));
    sizes.push(rows);
    const { dtype, dims, data } = feeds["x"] as TensorData;
    if ((data as Float32Array).some((value) => value < 0)) throw new Error("it is negative");
    return use([{ dtype, dims, data: (data as Float32Array).map((value) => value * 2) }]);
  };
}

const settings = { rows: 16, isShort: () => true, where: "pipeline 'p'" };

function ask(run: RunModel, value: number, deadline = new RequestDeadline()): Promise<number | undefined> {
  const x: TensorData = { dtype: "float32", dims: [1, 1], data: Float32Array.of(value) };
  return run({ x }, 1, deadline, ([column]) => column?.data[0] as number);
}

describe("requests of one row", () => {
  test("that arrive while others run share a run; one without company starts at once", async () => {
    const sizes: number[] = [];
    const run = joinRuns(doubling(sizes), settings);
    expect(await ask(run, 1)).toBe(2);
    expect(await Promise.all(Array.from({ length: 20 }, (_, i) => ask(run, i)))).toEqual(
      Array.from({ length: 20 }, (_, i) => 2 * i),
    );
    expect(sizes).toEqual([1, 1, 16, 3]);
  });

  test("never share more rows than keep their answers, nor a run too long for the event loop", async () => {
    const sizes: number[] = [];
    const run = joinRuns(doubling(sizes), { ...settings, rows: 8, isShort: (elements) => elements <= 4 });
    await Promise.all(Array.from({ length: 9 }, (_, i) => ask(run, i)));
    expect(sizes).toEqual([1, 4, 4]);
    expect(joinRuns(run, { ...settings, rows: 1 })).toBe(run);
  });

  test("get errors of their own: a bad row fails nobody else", async () => {
    const run = joinRuns(doubling([]), settings);
    const results = await Promise.allSettled([ask(run, 1), ask(run, 2), ask(run, -3), ask(run, 4)]);
    expect(results.map((result) => (result.status === "fulfilled" ? result.value : String(result.reason)))).toEqual([
      2,
      4,
      "Error: it is negative",
      8,
    ]);
  });

  test("keep their own deadline and signal", async () => {
    const sizes: number[] = [];
    const run = joinRuns(doubling(sizes), settings);
    const gone = AbortSignal.abort();
    const results = await Promise.allSettled([
      ask(run, 1),
      ask(run, 2),
      ask(run, 3, new RequestDeadline(15_000, gone)),
      ask(run, 4, new RequestDeadline(5, undefined, performance.now() - 10)),
      ask(run, 5),
    ]);
    expect(results.map((result) => (result.status === "fulfilled" ? result.value : result.reason))).toMatchObject([
      2,
      4,
      { code: "SL6005" },
      { code: "SL6004" },
      10,
    ]);
    expect(sizes).toEqual([1, 2]);
  });
});

describe.each(["examples/breast-cancer/models", "examples/fraud/models"])("the models of %s", async (models) => {
  const { configs, files } = await readModelPipelines(join(import.meta.dirname, "../../..", models));

  test.each(configs.map((config) => [config.name, config] as const))(
    "%s answers each row with the bits that it has alone",
    async (_, config) => {
      const open = async (joinRuns: boolean): Promise<Engine> => {
        const read = await readModelFiles(files, config.models);
        const engine = await openEngine(config, read, { challengers: "log", seed: null, joinRuns });
        onTestFinished(() => engine.close());
        return engine;
      };
      const [alone, joined] = [await open(false), await open(true)];
      const [port] = config.inputs;
      const width = (port?.shape?.[1] ?? 0) as number;
      const row = fc.array(fc.float({ noDefaultInfinity: true, noNaN: true, min: -1000, max: 1000 }), {
        minLength: width,
        maxLength: width,
      });
      const infer = async (engine: Engine, values: number[]) => {
        const data = Float32Array.from(values);
        const request = new RequestTensors([{ name: port?.name ?? "", dtype: "float32", shape: [1, width], data }]);
        const { batch } = await engine.infer(request);
        return [...batch.outputs].map(([name, column]) => [
          name,
          { ...column, data: Array.from(column.data as ArrayLike<unknown>) },
        ]);
      };
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 2, maxLength: 20 }), async (rows) => {
          const expected = [];
          for (const values of rows) expected.push(await infer(alone, values));
          expect(await Promise.all(rows.map((values) => infer(joined, values)))).toEqual(expected);
        }),
        { numRuns: 20 },
      );
    },
  );
});
