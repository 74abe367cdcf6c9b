import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { modelName } from "../../../codegen/models/model-name.js";

const DNS = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

describe("a model's name", () => {
  test.each([
    ["models/ccfraud.onnx", "ccfraud"],
    ["house_price_keras.onnx", "house-price-keras"],
    ["modelA.onnx", "modela"],
    ["C:\\models\\Big Model.v2.onnx", "big-model-v2"],
    ["__x__.onnx", "x"],
    ["Zażółć.onnx", "zazo-c"],
    ["模型.onnx", "model-6a21-578b"],
    ["---.onnx", "model-2d-2d-2d"],
    [".onnx", "onnx"],
    ["no-extension", "no-extension"],
    [`${"long-".repeat(20)}.onnx`, "long-".repeat(13).slice(0, 63)],
  ])("%s -> %s", (file, name) => {
    expect(modelName(file)).toBe(name);
  });

  test("is a DNS label for any file name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (file) => {
        const name = modelName(`${file}.onnx`);
        expect(name).toMatch(DNS);
        expect(name.length).toBeLessThan(64);
      }),
    );
  });
});
