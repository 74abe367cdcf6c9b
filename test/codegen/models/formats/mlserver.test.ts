import { expect, test } from "vitest";
import { putJson, readRefusal, signatureText } from "../workspace.js";

const tensors = {
  inputs: [{ name: "x", datatype: "FP32", shape: [-1, 29] }],
  outputs: [
    { name: "y", datatype: "FP32", shape: [-1, 1] },
    { name: "label", datatype: "BYTES", shape: [-1, -1] },
  ],
};

test("reads model-settings.json, and refuses one without a name", async () => {
  expect(
    await signatureText(
      putJson("model-settings.json", {
        name: "Iris_SVM",
        implementation: "mlserver_sklearn.SKLearnModel",
        parameters: { uri: "./m.joblib", version: "v0.1.0" },
        ...tensors,
      }),
    ),
  ).toBe("iris-svm v0.1.0: x float32[batch, 29] -> y float32[batch, 1], label string[batch, ?]");
  expect(await signatureText(putJson("model-settings.json", { name: "m" }))).toBe("m:  -> ");
  expect(await readRefusal(putJson("model-settings.json", { implementation: "x" }))).toMatchInlineSnapshot(
    `"SL3054 '/model-settings.json' does not describe a model: name: expected string, found nothing"`,
  );
});
