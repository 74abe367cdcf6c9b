import { describe, expect, test } from "vitest";
import type { DType } from "../../dsl/tensor.js";
import { refusal } from "../refusal.js";
import { recordings } from "../recordings.js";
import { config, folder, run, shadow, validation, writeFixedModel, writeModel } from "./make-config.js";
import { counting, single } from "./odd-models.js";
import { openTestEngine } from "./open-engine.js";
import {
  ccfraud,
  ccfraudRf,
  ccfraudXgb,
  embedder,
  float32,
  near,
  recordedModels,
  request,
  sentiment,
} from "./recorded-models.js";

/** How far the fastest of five runs of `counting` counted in a millisecond. */
async function countsPerMs(engine: Awaited<ReturnType<typeof openTestEngine>>): Promise<number> {
  const speeds: number[] = [];
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    await engine.infer([{ x: [10_000] }]);
    speeds.push(10_000 / (performance.now() - started));
  }
  return Math.max(...speeds);
}

describe.skipIf(recordings === null)("agrees with the recorded answers of the platform", () => {
  test("a chain: a single output feeds a single input of any name", async () => {
    const built = config("imdb", [embedder(), sentiment()], [run("embedder", { input: "tensor" }), run("sentiment")], {
      inputs: [float32("tensor", "batch", 100)],
    });
    const engine = await openTestEngine(recordedModels, built);
    const { batch, lastModel, elapsedNs } = await engine.infer(request("imdb-1.df.json"));
    expect([...batch.outputs.keys()]).toEqual(["dense_1"]);
    expect(near(Number(batch.outputs.get("dense_1")?.data[0]), 0.37142318)).toBe(true);
    expect(lastModel).toBe("sentiment");
    expect(elapsedNs).toHaveLength(3);
  });

  test("a shadow: the answer is the champion's, and the deferred challengers run afterwards", async () => {
    const built = config(
      "fraud",
      [ccfraud(), ccfraudXgb(), ccfraudRf()],
      [shadow("ccfraud", "ccfraud-xgb", "ccfraud-rf")],
      { inputs: [float32("tensor", "batch", 29)] },
    );
    const engine = await openTestEngine(recordedModels, built);
    const { batch, deferred } = await engine.infer(request("ccfraud-1.df.json"));
    expect(near(Number(batch.outputs.get("dense_1")?.data[0]), 0.0014974177)).toBe(true);
    expect(batch.challengers.size).toBe(0);
    const answers = await Promise.all(
      deferred.map(async (run) => [
        run.challenger,
        (await engine.runChallenger(run)).outputs?.get("variable")?.data[0],
      ]),
    );
    expect(answers).toEqual([
      ["ccfraud-xgb", expect.closeTo(0.0005066991, 9)],
      ["ccfraud-rf", 1],
    ]);
  });

  test("with 'return' the answer contains the challengers' outputs", async () => {
    const built = config("fraud", [ccfraud(), ccfraudXgb()], [shadow("ccfraud", "ccfraud-xgb")], {
      inputs: [float32("tensor", "batch", 29)],
    });
    const { batch, deferred } = await (
      await openTestEngine(recordedModels, built, { challengers: "return" })
    ).infer(request("ccfraud-1.df.json"));
    expect(deferred).toEqual([]);
    expect(batch.challengers.get("ccfraud-xgb")).toMatchObject({ answered: Uint8Array.of(1) });
  });

  test("a challenger that a validation reads is awaited", async () => {
    const champion = ccfraud();
    const xgb = ccfraudXgb();
    const scope = {
      inputs: champion.inputs,
      outputs: champion.outputs,
      models: { ccfraud: champion.outputs, "ccfraud-xgb": xgb.outputs },
      champion: "ccfraud",
    };
    const rule = validation(
      "agree",
      `(x) => Math.abs(x.out.dense_1[0] - x.models["ccfraud-xgb"].variable[0]) < 0.0001`,
      scope,
    );
    const engine = await openTestEngine(
      recordedModels,
      config("fraud", [champion, xgb], [shadow("ccfraud", "ccfraud-xgb"), rule]),
    );
    const rows = request("ccfraud-1.df.json").map(({ tensor }) => ({ dense_input: tensor }));
    const { batch, deferred } = await engine.infer(rows);
    expect(deferred).toEqual([]);
    expect(new Map(batch.failures)).toEqual(new Map([["agree", Uint8Array.of(1)]]));
  });
});

const identity = (dtype: DType, shape: readonly (number | null | string)[]) => ({
  inputs: [{ name: "x", dtype, shape }],
  outputs: [{ name: "y", dtype, shape }],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
});

describe("every dtype passes through a model unchanged", () => {
  const values: Readonly<Record<DType, readonly unknown[]>> = {
    float16: [1.5, -2],
    float32: [0.5, NaN],
    float64: [0.1, -Infinity],
    int8: [-128, 127],
    int16: [-5, 5],
    int32: [-5, 5],
    int64: [2n ** 62n, -1],
    uint8: [0, 255],
    uint16: [0, 65535],
    uint32: [0, 2 ** 32 - 1],
    uint64: [2n ** 64n - 1n, 0],
    bool: [true, false],
    string: ["a", "ü"],
  };
  test.each(Object.entries(values) as [DType, readonly unknown[]][])("%s", async (dtype, list) => {
    const dir = folder();
    const model = writeModel(dir, "same", identity(dtype, ["batch", 2]));
    const engine = await openTestEngine(dir, config("p", [model], [run("same")]));
    const { batch } = await engine.infer([{ x: list }]);
    expect(batch.outputs.get("y")).toEqual(batch.inputs.get("x"));
    expect(batch.outputs.get("y")?.dtype).toBe(dtype);
  });
});

describe("a model whose file fixes the number of rows of a run", () => {
  const fixedModel = (dir: string, dtype: DType, size: number, ...rest: number[]) =>
    writeFixedModel(dir, "fixed", size, identity(dtype, [size, ...rest]));

  test("runs one row at a time if it takes one", async () => {
    const dir = folder();
    const engine = await openTestEngine(dir, config("p", [fixedModel(dir, "float32", 1, 2)], [run("fixed")]));
    const { batch } = await engine.infer({
      x: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    });
    expect(batch.outputs.get("y")).toEqual({ dtype: "float32", dims: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(engine.notices).toEqual(new Map());
  });

  test("takes strings, too", async () => {
    const dir = folder();
    const engine = await openTestEngine(dir, config("p", [fixedModel(dir, "string", 1)], [run("fixed")]));
    const { batch } = await engine.infer({ x: ["a", "b", "c"] });
    expect(batch.outputs.get("y")?.data).toEqual(["a", "b", "c"]);
  });

  test.each([1, 2, 3, 4, 5, 8, 9])("pads the last of its runs, for %s rows of four a run", async (rows) => {
    const dir = folder();
    const engine = await openTestEngine(dir, config("p", [fixedModel(dir, "float32", 4, 1)], [run("fixed")]));
    const x = Float32Array.from({ length: rows }, (_, row) => row + 0.5);
    const { batch } = await engine.infer({ x });
    expect(batch.outputs.get("y")).toEqual({ dtype: "float32", dims: [rows, 1], data: x });
  });
});

describe("checks that need the rows", () => {
  test("refuses a request of another size than the model accepts, if the types left it open", async () => {
    const dir = folder();
    const model = writeModel(dir, "scorer", identity("float32", ["batch", 3]));
    const open = [{ name: "x", dtype: "float32" as const, shape: ["batch", null] }];
    const engine = await openTestEngine(
      dir,
      config("p", [model], [run("scorer")], {
        inputs: open,
        checks: [{ step: 0, model: "scorer", input: "x", axis: 0, expects: 3 }],
      }),
    );
    expect(await refusal(engine.infer([{ x: [1, 2] }]))).toMatchInlineSnapshot(
      `"SL5016 model 'scorer' input 'x' expects float32[batch, 3] but the pipeline's input has float32[1, 2]"`,
    );
    expect((await engine.infer([{ x: [1, 2, 3] }])).batch.rows).toBe(1);
  });

  test("refuses two sizes of one symbol between models", async () => {
    const dir = folder();
    const shape = ["batch", null];
    const both = writeModel(dir, "both", {
      inputs: [
        { name: "a", dtype: "float32", shape },
        { name: "b", dtype: "float32", shape },
      ],
      outputs: [
        { name: "a1", dtype: "float32", shape },
        { name: "b1", dtype: "float32", shape },
      ],
      nodes: [
        { op: "Identity", inputs: ["a"], outputs: ["a1"] },
        { op: "Identity", inputs: ["b"], outputs: ["b1"] },
      ],
    });
    const add = writeModel(dir, "add", {
      inputs: [
        { name: "a1", dtype: "float32", shape: ["batch", "T"] },
        { name: "b1", dtype: "float32", shape: ["batch", "T"] },
      ],
      outputs: [{ name: "sum", dtype: "float32", shape: ["batch", "T"] }],
      nodes: [{ op: "Add", inputs: ["a1", "b1"], outputs: ["sum"] }],
    });
    const checks = ["a1", "b1"].map((input) => ({ step: 1, model: "add", input, axis: 0, expects: "T" }));
    const engine = await openTestEngine(dir, config("p", [both, add], [run("both"), run("add")], { checks }));
    expect(await refusal(engine.infer([{ a: [1, 2], b: [1] }]))).toMatchInlineSnapshot(
      `"SL6003 model 'add' binds 'T' to 1 in input 'b1' but to 2 in input 'a1'"`,
    );
    expect((await engine.infer([{ a: [1, 2], b: [3, 4] }])).batch.outputs.get("sum")?.data).toEqual(
      Float32Array.of(4, 6),
    );
  });

  test("refuses an output whose first dimension is not the number of rows", async () => {
    const dir = folder();
    const engine = await openTestEngine(dir, config("p", [writeModel(dir, "choosy", choosy())], [run("choosy")]));
    expect(await refusal(engine.infer({ x: Float32Array.of(1, -2000) }))).toMatchInlineSnapshot(
      `"SL6003 model 'choosy' output 'y' should be float32[2, 1] for 2 rows but is float32[1, 1]; its first dimension is not the number of rows; set overrides: { "choosy": { rows: false } } in shapeline.config, generate and build again"`,
    );
  });

  test("runs one row at a time where the output of several rows has no axis for them, and says so", async () => {
    const dir = folder();
    const model = writeModel(dir, "total", {
      inputs: [{ name: "x", dtype: "float32", shape: ["batch", 1] }],
      outputs: [{ name: "y", dtype: "float32", shape: ["batch", 1] }],
      nodes: [{ op: "ReduceSum", inputs: ["x"], outputs: ["y"] }],
    });
    const engine = await openTestEngine(dir, config("p", [model], [run("total")]));
    expect([...engine.notices.values()]).toMatchInlineSnapshot(`
      [
        "model 'total' runs one row at a time: a run of 2 rows fails (model 'total' output 'y' should be float32[2, 1] for 2 rows but is float32[1, 1]; its first dimension is not the number of rows; set overrides: { "total": { rows: false } } in shapeline.config, generate and build again)",
      ]
    `);
    const { batch } = await engine.infer({ x: Float32Array.of(1, 2, 3) });
    expect(batch.outputs.get("y")).toEqual({ dtype: "float32", dims: [3, 1], data: Float32Array.of(1, 2, 3) });
  });

  test("says where rows run together without a proof, because made-up rows do not run", async () => {
    const dir = folder();
    const engine = await openTestEngine(dir, config("p", [writeModel(dir, "picky", picky())], [run("picky")]));
    expect([...engine.notices.values()]).toMatchInlineSnapshot(`
      [
        "model 'picky' runs rows together without a proof that they do not change each other: it cannot be tried: model 'picky' failed on these rows: Non-zero status code returned while running MatMul node. Name:'' Status Message: matmul_helper.h:59 Compute MatMul dimension mismatch",
      ]
    `);
  });

  test("names the model that failed on the rows", async () => {
    const dir = folder();
    const model = writeModel(dir, "picky", picky());
    const engine = await openTestEngine(dir, config("p", [model], [run("picky")]));
    expect(await refusal(engine.infer([{ x: [1, 2, 3] }]))).toMatch(
      /^SL6002 model 'picky' failed on these rows: .*dimension mismatch/i,
    );
  });
});

/** Returns only the rows that are at least -1000. */
function choosy() {
  return {
    inputs: [{ name: "x", dtype: "float32" as const, shape: ["batch", 1] }],
    outputs: [{ name: "y", dtype: "float32" as const, shape: ["batch", 1] }],
    nodes: [
      { op: "GreaterOrEqual", inputs: ["x", "least"], outputs: ["c"] },
      { op: "Reshape", inputs: ["c", "flat"], outputs: ["chosen"] },
      { op: "Compress", inputs: ["x", "chosen"], outputs: ["y"], attributes: { axis: 0 } },
    ],
    weights: [
      { name: "least", dims: [1], values: Float32Array.of(-1000) },
      { name: "flat", dims: [1], values: BigInt64Array.of(-1n) },
    ],
  };
}

/** Its signature accepts any number of columns, its weights only two. */
function picky() {
  return {
    inputs: [{ name: "x", dtype: "float32" as const, shape: ["batch", null] }],
    outputs: [{ name: "y", dtype: "float32" as const, shape: ["batch", 1] }],
    nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
    weights: [{ name: "w", dims: [2, 1], values: Float32Array.of(1, 1) }],
  };
}

/** Draws millions of random numbers before it answers. */
function slow(millions: number) {
  const draws = ["r1", "r2", "r3", "r4"];
  return {
    inputs: [{ name: "x", dtype: "float32" as const, shape: ["batch", 1] }],
    outputs: [{ name: "y", dtype: "float32" as const, shape: ["batch", 1] }],
    nodes: [
      ...draws.map((name) => ({
        op: "RandomUniform",
        inputs: [],
        outputs: [name],
        attributes: { shape: [millions * 250_000] },
      })),
      { op: "Sum", inputs: draws, outputs: ["r"] },
      { op: "ReduceMean", inputs: ["r"], outputs: ["m"], attributes: { keepdims: 0 } },
      { op: "Add", inputs: ["x", "m"], outputs: ["y"] },
    ],
  };
}

describe("deadlines", () => {
  test("an answer after timeoutMs is dropped", async () => {
    const dir = folder();
    const engine = await openTestEngine(dir, config("p", [writeModel(dir, "slow", slow(8))], [run("slow")]));
    expect(await refusal(engine.infer([{ x: [1] }], { timeoutMs: 5 }))).toMatchInlineSnapshot(
      `"SL6004 pipeline 'p': no answer within 5 ms; nothing was logged"`,
    );
  });

  test("an aborted request ends, before it starts and while it runs", async () => {
    const dir = folder();
    const engine = await openTestEngine(dir, config("p", [writeModel(dir, "slow", slow(1))], [run("slow")]));
    expect(await refusal(engine.infer([{ x: [1] }], { signal: AbortSignal.abort() }))).toMatchInlineSnapshot(
      `"SL6005 pipeline 'p': the request was aborted; nothing was logged"`,
    );
    const controller = new AbortController();
    const answer = refusal(engine.infer([{ x: [1] }], { signal: controller.signal }));
    controller.abort();
    expect(await answer).toMatch(/^SL6005 /);
  });

  test.each([0, -1, NaN, "5"])("timeoutMs %s is refused", async (timeoutMs) => {
    const dir = folder();
    const engine = await openTestEngine(
      dir,
      config("p", [writeModel(dir, "same", identity("float32", ["batch", 1]))], [run("same")]),
    );
    expect(await refusal(engine.infer([{ x: [1] }], { timeoutMs: timeoutMs as number }))).toMatch(
      /^SL6011 timeoutMs is /,
    );
  });
});

describe("challengers cannot affect the champion", () => {
  const champion = (dir: string) => writeModel(dir, "champion", identity("float32", ["batch", null]));

  test("a failure becomes a note and is counted", async () => {
    const dir = folder();
    const engine = await openTestEngine(
      dir,
      config("p", [champion(dir), writeModel(dir, "picky", picky())], [shadow("champion", "picky")]),
    );
    const { batch, deferred } = await engine.infer([{ x: [1, 2, 3] }]);
    expect(batch.outputs.get("y")?.data).toEqual(Float32Array.of(1, 2, 3));
    const answers = await Promise.all(deferred.map((run) => engine.runChallenger(run)));
    expect(answers).toEqual([
      { outputs: null, note: expect.stringMatching(/^model 'picky' failed on these rows: .*dimension mismatch/i) },
    ]);
    expect(engine.challengerErrors).toBe(1);
  });

  test("a failure fails only the validations that read the challenger", async () => {
    const dir = folder();
    const first = champion(dir);
    const second = writeModel(dir, "picky", picky());
    const scope = {
      inputs: first.inputs,
      outputs: first.outputs,
      models: { champion: first.outputs, picky: second.outputs },
      champion: "champion",
    };
    const rules = [
      validation("agree", "(x) => x.models.picky.y[0] < 100", scope),
      validation("low", "(x) => x.out.y.every((v) => v < 100)", scope),
    ];
    const engine = await openTestEngine(dir, config("p", [first, second], [shadow("champion", "picky"), ...rules]));
    const { batch, notes } = await engine.infer([{ x: [1, 2, 3] }]);
    expect(Object.fromEntries(batch.failures)).toEqual({ agree: Uint8Array.of(1), low: Uint8Array.of(0) });
    expect(batch.challengers.get("picky")?.answered).toEqual(Uint8Array.of(0));
    expect(notes.get("picky")).toMatch(/^model 'picky' failed/);
  });

  test("a slow one delays neither this answer nor the next ones", async () => {
    const dir = folder();
    const engine = await openTestEngine(
      dir,
      config(
        "p",
        [writeModel(dir, "champion", identity("float32", ["batch", 1])), writeModel(dir, "slow", slow(24))],
        [shadow("champion", "slow")],
      ),
    );
    const { deferred } = await engine.infer([{ x: [1] }]);
    let ended = false;
    const running = Promise.all(deferred.map((run) => engine.runChallenger(run))).finally(() => (ended = true));
    for (let i = 0; i < 20; i++) await engine.infer([{ x: [i] }]);
    expect(ended).toBe(false);
    const [answer] = await running;
    expect(answer?.note).toBeNull();
  });

  test("a late one is left out of the answer that awaited it", async () => {
    const dir = folder();
    const slow = writeModel(dir, "slow", counting());
    const engine = await openTestEngine(
      dir,
      config("p", [writeModel(dir, "champion", single("Identity")), slow], [shadow("champion", "slow")]),
      { challengers: "return" },
    );
    // The challenger gets half of the time, and needs about three times as long on any machine.
    const long = Math.ceil(
      1500 * (await countsPerMs(await openTestEngine(dir, config("slow", [slow], [run("slow")])))),
    );
    const { batch, notes } = await engine.infer([{ x: [long] }], { timeoutMs: 1000 });
    expect(batch.outputs.get("y")?.data).toEqual(Float32Array.of(long));
    expect(batch.challengers.get("slow")?.answered).toEqual(Uint8Array.of(0));
    expect(notes.get("slow")).toMatch(/^no answer within \d+ ms$/);
  });

  test("an output without the number of rows becomes a note", async () => {
    const dir = folder();
    const engine = await openTestEngine(
      dir,
      config(
        "p",
        [writeModel(dir, "champion", identity("float32", ["batch", 1])), writeModel(dir, "choosy", choosy())],
        [shadow("champion", "choosy")],
      ),
    );
    const { deferred } = await engine.infer([{ x: [1] }, { x: [-2000] }]);
    const [answer] = await Promise.all(deferred.map((run) => engine.runChallenger(run)));
    expect(answer?.note).toMatch(
      /^model 'choosy' output 'y' should be float32\[2, 1\] for 2 rows but is float32\[1, 1\]; its first dimension is not the number of rows; /,
    );
  });
});
