import { InferenceSession } from "onnxruntime-node";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { local, type LocalOptions, type SessionSettings } from "../../../src/targets/local/index.js";
import { refusal } from "../../refusal.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { openEngine } from "../local-engine.js";

/** Multiplies rows of two numbers with a matrix; `columns` makes the file large. */
function product(dir: string, name: string, columns = 2) {
  const values = new Float32Array(2 * columns).fill(1);
  return writeModel(dir, name, {
    inputs: [float32("x", "batch", 2)],
    outputs: [float32("y", "batch", columns)],
    nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
    weights: [{ name: "w", dims: [2, columns], values }],
  });
}

/** The options of each session that is opened on the event loop. */
function openedSessions(): object[] {
  const spy = vi.spyOn(InferenceSession, "create");
  onTestFinished(() => spy.mockRestore());
  return new Proxy([] as object[], {
    get: (_, key) =>
      Reflect.get(
        spy.mock.calls.map(([, options]) => options as object),
        key,
      ) as unknown,
  });
}

describe("session options", () => {
  test("are ONNX Runtime's, for all models and by model", async () => {
    const dir = folder();
    const models = [product(dir, "a"), product(dir, "b", 3)];
    const opened = openedSessions();
    const session: SessionSettings = {
      intraOpNumThreads: 2,
      enableCpuMemArena: false,
      models: { b: { intraOpNumThreads: 1, graphOptimizationLevel: "basic" } },
    };
    const target = openEngine({ models: dir, durability: "off", session });
    for (const model of models) {
      const live = await target.deploy(config(model.name, [model], [run(model.name)]));
      expect((await live.infer([{ x: [1, 2] }]))[0]?.out["y"]).toEqual(new Array(model.name === "a" ? 2 : 3).fill(3));
    }
    const defaults = { executionProviders: ["cpu"], interOpNumThreads: 1, logSeverityLevel: 4 };
    expect([...opened]).toEqual([
      { ...defaults, intraOpNumThreads: 2, enableCpuMemArena: false },
      { ...defaults, intraOpNumThreads: 1, graphOptimizationLevel: "basic", enableCpuMemArena: false },
    ]);
  });

  test("a file is loaded once for each set of options, whatever its model is called", async () => {
    const dir = folder();
    const model = product(dir, "a");
    const opened = openedSessions();
    const deploy = (name: string, session?: SessionSettings) =>
      openEngine({ models: dir, durability: "off", ...(session === undefined ? {} : { session }) }).deploy(
        config("p", [{ ...model, name }], [run(name)]),
      );
    await deploy("a");
    await deploy("again");
    expect([...opened]).toHaveLength(1);
    await deploy("a", { interOpNumThreads: 2 });
    await deploy("a", { models: { a: { interOpNumThreads: 2 } } });
    expect([...opened]).toHaveLength(2);
  });

  test("a name in 'models' that is nearly a model's is refused, and one of another pipeline is not", async () => {
    const dir = folder();
    const model = { ...product(dir, "a"), name: "recognizer" };
    const deploy = (name: string) =>
      openEngine({ models: dir, durability: "off", session: { models: { [name]: { intraOpNumThreads: 1 } } } }).deploy(
        config("p", [model], [run("recognizer")]),
      );
    expect(await refusal(deploy("recogniser"))).toBe(
      "SL6011 local(): 'session.models' names 'recogniser', which is no model of pipeline 'p' (did you mean 'recognizer'?); its models are 'recognizer'. If it is a model of another pipeline, give that one a local() of its own",
    );
    await deploy("detector");
  });

  test("a large file is loaded by the worker that runs it, and not on the event loop", async () => {
    const dir = folder();
    const model = product(dir, "large", 2 ** 22);
    const opened = openedSessions();
    const target = openEngine({ models: dir, durability: "off" });
    const live = await target.deploy(config("p", [model], [run("large")]));
    const [row] = await live.infer([{ x: [1, 2] }], { dataset: ["out"] });
    expect((row?.["out"] as { y: number[] }).y.slice(0, 2)).toEqual([3, 3]);
    expect([...opened]).toEqual([]);
  });

  test.each([
    [{ session: 4 }, "the option 'session' is 4; give an object of options"],
    [
      { session: { threads: 4 } },
      "'session' has no option 'threads'; leave it out, or give one of its options: 'intraOpNumThreads', 'interOpNumThreads', 'graphOptimizationLevel', 'enableCpuMemArena', 'executionProviders' and 'models'",
    ],
    [
      { session: { intraOpNumThread: 4 } },
      "'session' has no option 'intraOpNumThread' (did you mean 'intraOpNumThreads'?); leave it out, or give one of its options: 'intraOpNumThreads', 'interOpNumThreads', 'graphOptimizationLevel', 'enableCpuMemArena', 'executionProviders' and 'models'",
    ],
    [
      { session: { intraOpNumThreads: 1.5 } },
      "the option 'session.intraOpNumThreads' is 1.5; give a whole number of threads, or 0 for as many as there are cores",
    ],
    [
      { session: { graphOptimizationLevel: "most" } },
      `the option 'session.graphOptimizationLevel' is "most"; use one of "disabled", "basic", "extended", "all"`,
    ],
    [
      { session: { executionProviders: [] } },
      `the option 'session.executionProviders' is a list of 0; give a list of providers, such as ["cuda", "cpu"], each a name or an object with a name`,
    ],
    [
      { session: { models: { crnn: { models: {} } } } },
      `'session.models["crnn"]' has no option 'models'; leave it out, or give one of its options: 'intraOpNumThreads', 'interOpNumThreads', 'graphOptimizationLevel', 'enableCpuMemArena' and 'executionProviders'`,
    ],
  ])("%j is refused", async (options, message) => {
    expect(await refusal(() => local(options as LocalOptions))).toBe(`SL6011 local(): ${message}`);
  });

  test("a provider that the runtime does not have is refused at deploy, in the runtime's words", async () => {
    const dir = folder();
    const target = openEngine({ models: dir, durability: "off", session: { executionProviders: ["moon"] } });
    expect(await refusal(target.deploy(config("p", [product(dir, "a")], [run("a")])), [dir, "<models>"])).toMatch(
      /^SL3023 model 'a': this onnxruntime-node cannot load '<models>\/a\.onnx': .*moon/,
    );
  });
});
