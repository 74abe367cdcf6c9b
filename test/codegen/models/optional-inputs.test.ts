import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { generateModels, type GenerateOptions } from "../../../codegen/models/generate.js";
import { refusal } from "../../refusal.js";
import {
  FLOAT,
  initializer,
  input,
  model,
  node,
  optionalType,
  output,
  sequenceType,
  tensorType,
} from "./onnx/onnx-bytes.js";
import { makeProject, put } from "./workspace.js";

const field = fileURLToPath(new URL("../../fixtures/models/field/", import.meta.url));

async function generate(file: string, overrides: NonNullable<GenerateOptions["overrides"]> = {}): Promise<string> {
  const { text } = await generateModels({ models: [file], cwd: makeProject(), overrides });
  return text.replaceAll(/[0-9a-f]{64}/g, "…");
}

describe("an input of an optional type", () => {
  test("is left out, and the handle says how to feed it", async () => {
    const text = await generate(join(field, "optional_in.onnx"));
    expect(text).toContain('inputs: { x: { dtype: "float32", shape: ["N", 3] } },');
    expect(text).toContain(
      " * - input o, left out: an optional tensor of float32: to feed it, name it in 'inputs' of the settings\n",
    );
  });

  test("is an input of the handle once the settings name it", async () => {
    const text = await generate(join(field, "optional_in.onnx"), {
      "optional-in": { inputs: ["o"], rows: false },
    });
    expect(text).toContain('x: { dtype: "float32", shape: ["N", 3] },\n    o: { dtype: "float32", shape: ["N", 3] },');
  });
});

describe("an input with weights as its default", () => {
  const file = put(
    "scaled.onnx",
    model(
      node("Mul", ["x", "scale"], ["y"]),
      initializer("scale", [1], new Uint8Array(Float32Array.of(2).buffer)),
      input("x", tensorType(FLOAT, ["N", 1])),
      input("scale", tensorType(FLOAT, [1])),
      output("y", tensorType(FLOAT, ["N", 1])),
    ),
  );

  test("is not an input of the handle", async () => {
    expect(await generate(file)).toContain('inputs: { x: { dtype: "float32", shape: ["batch", 1] } },');
  });

  test("is one once the settings name it: shared by all rows", async () => {
    const text = await generate(file, { scaled: { inputs: ["scale"] } });
    expect(text).toContain('scale: { dtype: "float32", shape: [1] }');
    expect(text).toContain(" * - rows: axis 0 of the other ports (symbol 'N'); 'scale' is shared by all rows\n");
  });
});

test("refuses names that are no optional inputs", async () => {
  const refused = (names: string[]) =>
    refusal(generate(join(field, "optional_in.onnx"), { "optional-in": { inputs: names } }), [field, ""]);
  expect([await refused(["x"]), await refused(["p"])]).toMatchInlineSnapshot(`
    [
      "SL3051 the override of model 'optional-in' (optional_in.onnx) does not fit it: 'inputs' names 'x', which is no optional input: it is fed in any case. Remove it from 'inputs'",
      "SL3051 the override of model 'optional-in' (optional_in.onnx) does not fit it: 'inputs' names 'p', which the model does not have (did you mean 'o'?); its optional inputs are 'o'",
    ]
  `);
});

test("a model that needs an input which cannot be fed is refused with what to do", async () => {
  const sequence = put(
    "needs.onnx",
    model(
      input("x", tensorType(FLOAT, ["N"])),
      input("list", sequenceType(tensorType(FLOAT, [1]))),
      input("o", optionalType(sequenceType(tensorType(FLOAT, [1])))),
      output("y", tensorType(FLOAT, ["N"])),
    ),
  );
  expect(await refusal(generate(sequence), [sequence, "needs.onnx"])).toMatchInlineSnapshot(
    `"SL3013 model 'needs' (needs.onnx) needs an input that a pipeline cannot feed: 'list' is a sequence of tensors of float32: export the model with one tensor instead"`,
  );
  expect(await refusal(generate(join(field, "seq_only.onnx")), [field, ""])).toMatchInlineSnapshot(
    `"SL3013 model 'seq-only' (seq_only.onnx) has no output that a pipeline can use: 's' is a sequence of tensors of float32: export the model with one tensor instead"`,
  );
});

test("outputs that cannot be read are left out, and the handle says why", async () => {
  const text = await generate(join(field, "bf16.onnx"));
  expect(text).toContain('outputs: { y: { dtype: "float32", shape: ["batch", 3] } },');
  expect(text).toContain(
    " * - output z, left out: a tensor of bfloat16: cast it inside the model to a supported type, such as float32\n",
  );
});
