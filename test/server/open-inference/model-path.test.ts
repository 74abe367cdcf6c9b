import { expect, test } from "vitest";
import { modelPath } from "../../../src/server/open-inference/model-path.js";

test.each([
  ["fraud", { model: "fraud", version: undefined, action: "metadata" }],
  ["fraud/infer", { model: "fraud", version: undefined, action: "infer" }],
  ["fraud/versions/3", { model: "fraud", version: "3", action: "metadata" }],
  ["fraud/versions/3/ready", { model: "fraud", version: "3", action: "ready" }],
  // A config that other tools wrote may have any name.
  ["team/fraud/versions/3/infer", { model: "team/fraud", version: "3", action: "infer" }],
  ["infer", { model: "infer", version: undefined, action: "metadata" }],
  ["a/versions/b/versions/c", { model: "a/versions/b", version: "c", action: "metadata" }],
])("%s", (path, expected) => {
  expect(modelPath(path)).toEqual(expected);
});

test("no name", () => {
  expect(() => modelPath("")).toThrow("the path names no model: /v2/models/{model}");
});
