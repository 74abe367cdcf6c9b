import { expect, test } from "vitest";
import { readers } from "../../../codegen/models/readers.js";

test("each source is matched to one reader by its name", () => {
  const kindOf = (source: string) => Object.entries(readers).find(([, { matches }]) => matches(source))?.[0];
  expect(
    [
      "http://h/v2/models/m",
      "a.feather",
      "m/config.pbtxt",
      "m/model-settings.json",
      "m/metadata.json",
      "m.metadata.json",
      "m.json",
      "m.onnx",
      "m",
    ].map(kindOf),
  ).toEqual([
    "open-inference-url",
    "arrow",
    "triton",
    "mlserver",
    "open-inference",
    "open-inference",
    "signature",
    "onnx",
    "onnx",
  ]);
});
