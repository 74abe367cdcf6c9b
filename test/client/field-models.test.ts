import { join } from "node:path";
import { describe } from "vitest";
import { fixtures } from "../engine/field-models.js";
import { servable, testFieldModel } from "./field-suite.js";
import { onnxModel } from "./onnx-server.js";
import { startServer } from "./protocol-server.js";

// Models of every kind that real ones are of: rows along any axis, shared inputs, whole models, fixed batch sizes, rows
// of different sizes.
describe.each(["json", "binary"] as const)("with tensors as %s", (encoding) => {
  for (const file of servable)
    testFieldModel(file, async ({ name }) => {
      const { url } = await startServer({ [name]: await onnxModel(join(fixtures, file)) });
      return { url, encoding };
    });
});
