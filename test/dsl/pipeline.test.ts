import { describe, expect, it } from "vitest";
import {
  defineModel,
  ModelError,
  pipeline,
  portsOf,
  tensor,
  type AnyDeployment,
  type AnyPipeline,
} from "../../dsl/index.js";
import { ccfraud, ccfraudRf, ccfraudXgb, embedder, sentiment } from "./models.js";

const fraud = pipeline("fraud")
  .shadow(ccfraud, [ccfraudXgb, ccfraudRf])
  .validate("amt", (x) => x.out < 1);

describe("a pipeline is plain frozen data", () => {
  it("has its steps, models, request columns and outputs", () => {
    expect(fraud.name).toBe("fraud");
    expect(fraud.steps.map((step) => step.kind)).toEqual(["shadow", "validation"]);
    expect(fraud.modelList.map((model) => model.name)).toEqual(["ccfraud-lstm", "ccfraud-xgb", "ccfraud-rf"]);
    expect(fraud.inputs).toEqual({ dense_input: { dtype: "float32", shape: ["batch", 29] } });
    expect(fraud.outputs).toEqual({ dense_1: { dtype: "float32", shape: ["batch", 1] } });
  });

  it("is frozen, down to steps, lists and shapes", () => {
    const [shadow] = fraud.steps;
    if (shadow?.kind !== "shadow") throw new TypeError("the first step is a shadow step");
    const parts = [
      fraud,
      fraud.steps,
      shadow,
      shadow.challengers,
      fraud.modelList,
      fraud.inputs,
      fraud.outputs,
      fraud.outputs.dense_1.shape,
    ];
    for (const part of parts) expect(Object.isFrozen(part)).toBe(true);
  });

  it("is not changed by its methods", () => {
    const one = pipeline("imdb").model(embedder);
    const two = one.model(sentiment);
    const checked = two.validate("sure", (x) => x.out > 0.9);
    expect([one, two, checked].map((p) => p.steps.length)).toEqual([1, 2, 3]);
    expect(checked.steps.slice(0, 2)).toEqual(two.steps);
    expect(one.outputs).toEqual({ flatten_1: { dtype: "float32", shape: ["batch", 800] } });
  });

  it("copies the lists and records that it receives", () => {
    const challengers = [ccfraudXgb, ccfraudRf];
    const rename = { dense_input: "tensor" };
    const shadow = pipeline("p").shadow(ccfraud, challengers);
    const renamed: AnyPipeline = pipeline("p").model(ccfraud, rename);
    challengers.pop();
    rename.dense_input = "other";
    expect(shadow.steps).toMatchObject([{ challengers: [{ name: "ccfraud-xgb" }, { name: "ccfraud-rf" }] }]);
    expect(renamed.steps).toMatchObject([{ sources: { dense_input: "tensor" } }]);
  });

  it("lists a model of two steps once, also with two handles", () => {
    const loop = defineModel({
      name: "loop",
      sha256: "a".repeat(64),
      inputs: { x: tensor("float32", ["batch", 4]) },
      outputs: { x: tensor("float32", ["batch", 4]) },
    });
    const again = defineModel(loop);
    expect(pipeline("p").model(loop).model(again).modelList).toEqual([loop]);
  });
});

describe("the request's columns", () => {
  it("have the names of the first step's renaming", () => {
    expect(Object.keys(pipeline("p").model(ccfraud, { dense_input: "tensor" }).inputs)).toEqual(["tensor"]);
  });

  it("are the stated inputs", () => {
    const inputs = { tensor: { dtype: "float32", shape: ["batch", 29] } } as const;
    const stated = pipeline("p", { inputs }).model(ccfraud);
    expect(stated.inputs).toEqual(inputs);
    expect(Object.isFrozen(stated.inputs.tensor.shape)).toBe(true);
  });

  it("are empty before the first step", () => {
    expect(pipeline("p").inputs).toEqual({});
    expect(pipeline("p").outputs).toEqual({});
  });
});

it("deploy passes the pipeline to the target", async () => {
  const deployed: AnyPipeline[] = [];
  const deployment = { name: "fraud" } as AnyDeployment;
  const live = await fraud.deploy({
    kind: "test",
    deploy: (given) => {
      deployed.push(given);
      return Promise.resolve(deployment);
    },
  });
  expect(deployed).toEqual([fraud]);
  expect(live).toBe(deployment);
});

describe("defineModel", () => {
  const definition = {
    name: "m",
    sha256: "0".repeat(64),
    inputs: { x: { dtype: "float32", shape: ["batch", 2] } },
    outputs: { y: { dtype: "float32", shape: null } },
  } as const;

  it("returns a deeply frozen handle with version 1 by default", () => {
    const model = defineModel(definition);
    expect(model).toEqual({ ...definition, version: "1" });
    expect(defineModel({ ...definition, version: "2024-04" }).version).toBe("2024-04");
    for (const part of [model, model.inputs, model.inputs.x, model.inputs.x.shape, model.outputs.y]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(portsOf(model.outputs)).toEqual([{ name: "y", dtype: "float32", shape: null }]);
  });

  it.each([
    [null, "expected an object with name, sha256, inputs and outputs, not null"],
    [{ ...definition, name: "" }, "'name' must be a string that is not empty"],
    [{ ...definition, version: 2 }, "'version' of model 'm' must be a string that is not empty"],
    [{ ...definition, sha256: "ABC" }, "'sha256' of model 'm' must be 64 lower-case hex digits"],
    [{ ...definition, inputs: {} }, "'inputs' of model 'm' must name at least one port, as { port: { dtype, shape } }"],
    [
      { ...definition, outputs: [] },
      "'outputs' of model 'm' must name at least one port, as { port: { dtype, shape } }",
    ],
    [{ ...definition, inputs: { x: 3 } }, "input 'x' of model 'm' must be { dtype, shape }"],
    [
      { ...definition, inputs: { x: { dtype: "float32", shape: ["batch", -1] } } },
      "input 'x' of model 'm' must have a shape: a list of sizes, symbols and nulls, or null where the rank is unknown",
    ],
    [
      { ...definition, inputs: { x: { dtype: "float32" } } },
      "input 'x' of model 'm' must have a shape: a list of sizes, symbols and nulls, or null where the rank is unknown",
    ],
    [
      { ...definition, inputs: { x: { dtype: "float", shape: [] } } },
      "input 'x' of model 'm' must have a dtype among float16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool, string",
    ],
  ])("refuses %j", (wrong, flaw) => {
    const define = () => defineModel(wrong as never);
    expect(define).toThrow(ModelError);
    expect(define).toThrow(
      expect.objectContaining({ code: "SL3040", message: `the model's definition is wrong: ${flaw}` }),
    );
  });
});
