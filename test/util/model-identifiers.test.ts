import fc from "fast-check";
import { ts } from "ts-morph";
import { describe, expect, test } from "vitest";
import { modelIdentifiers } from "../../src/util/model-identifiers.js";

describe("identifiers", () => {
  test.each([
    ["ccfraud.onnx", "ccfraud", "Ccfraud"],
    ["house_price_keras.onnx", "housePriceKeras", "HousePriceKeras"],
    ["gradient-boosting.onnx", "gradientBoosting", "GradientBoosting"],
    ["modelA.onnx", "modelA", "ModelA"],
    ["c1.onnx", "c1", "C1"],
    ["RF.onnx", "rf", "RF"],
    ["XGBoost v2.1.onnx", "xgBoostV21", "XGBoostV21"],
    ["3d-conv.onnx", "model3dConv", "Model3dConv"],
    ["default.onnx", "defaultModel", "Default"],
    ["await.onnx", "awaitModel", "Await"],
    ["generated-model.onnx", "generatedModelModel", "GeneratedModel"],
    ["model.onnx", "model", "ModelModel"],
    ["tensor.onnx", "tensor", "TensorModel"],
    ["__proto__.onnx", "proto", "Proto"],
    ["größe.onnx", "größe", "Größe"],
    ["模型.onnx", "模型", "模型Model"],
    ["---.onnx", "model", "ModelModel"],
    ["a*/b`c.onnx", "bC", "BC"],
  ])("%s -> %s, %s", (file, handle, type) => {
    expect(modelIdentifiers([file])).toEqual([{ handle, type }]);
  });

  test("numbers the later of two equal identifiers, and skips numbers already in use", () => {
    const handles = modelIdentifiers(["a-b.onnx", "aB.onnx", "a_b.onnx", "a-b2.onnx"]).map(({ handle }) => handle);
    expect(handles).toEqual(["aB", "aB3", "aB4", "aB2"]);
  });

  test("are valid, distinct and stable for any file names", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: "grapheme" }),
            fc.string({ unit: "binary" }),
            fc.constantFrom("Model", "let", "a b", "aB", "AB"),
          ),
        ),
        (files) => {
          const given = modelIdentifiers(files);
          const all = given.flatMap(({ handle, type }) => [handle, type]);
          expect(new Set(all).size).toBe(all.length);
          const source = given
            .map(({ handle, type }) => `interface ${type} {}\nexport const ${handle} = 1;`)
            .join("\n");
          const { diagnostics } = ts.transpileModule(source, {
            reportDiagnostics: true,
            compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
          });
          expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
          expect(modelIdentifiers(files)).toEqual(given);
        },
      ),
    );
  });
});

test("omits letters that some compilers do not know yet, also as capitals", () => {
  expect(modelIdentifiers(["\u{10791}.onnx", "\ua7cbx.onnx"])).toEqual([
    { handle: "\u0264", type: "\u0264Model" },
    { handle: "x", type: "X" },
  ]);
});
