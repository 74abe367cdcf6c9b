import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, defineModel, pipeline, type AnyPipeline, type Model } from "shapeline";
import { local } from "shapeline/local";
import { describe, expect, onTestFinished, test } from "vitest";
import { generateModels, type GenerateOptions } from "../../../codegen/models/generate.js";
import { parseGenerated } from "../../../codegen/models/write/parse-generated.js";
import type { ModelConstants, PortDefinitions } from "../../../dsl/model.js";
import { refusal } from "../../refusal.js";
import { makeProject } from "./workspace.js";

const field = fileURLToPath(new URL("../../fixtures/models/field/", import.meta.url));

type Constants = NonNullable<NonNullable<GenerateOptions["overrides"]>[string]["constants"]>;

const generate = (file: string, name: string, constants: Constants, cwd = makeProject()) =>
  generateModels({ models: [join(field, file)], cwd, overrides: { [name]: { constants } } });

/** The handle of the voice-activity detector with a fixed sample rate, as the generated file has it. */
async function detector(sr: Constants[string]): Promise<Model> {
  const { text } = await generate("vad_state_scalar_sr.onnx", "vad-state-scalar-sr", { sr });
  const [model] = await parseGenerated(text);
  if (model === undefined) throw new TypeError("no handle was written");
  return defineModel({
    name: model.name,
    sha256: model.sha256,
    inputs: Object.fromEntries(model.inputs) as PortDefinitions,
    outputs: Object.fromEntries(model.outputs) as PortDefinitions,
    constants: JSON.parse(model.constants ?? "{}") as ModelConstants,
  });
}

describe("a constant for an input", () => {
  test("is in the handle, and the input is not", async () => {
    const { text } = await generate("vad_state_scalar_sr.onnx", "vad-state-scalar-sr", { sr: 16000n });
    expect(text).toContain('  constants: { sr: { dtype: "int64", shape: [], data: ["16000"] } },\n');
    expect(text).toContain(" * - input sr, a constant of the settings\n");
    expect(text).not.toContain("sr: Tensor");
  });

  test.each(["number", "string", "bigint"])("is fed to every run: written as a %s", async (form) => {
    const sr = form === "number" ? 16000 : form === "string" ? "16000" : 16000n;
    const { rows, answers } = (
      JSON.parse(readFileSync(join(field, "expected.json"), "utf8")) as Record<
        string,
        { rows: object[]; answers: { output: number[] }[] }
      >
    )["vad_state_scalar_sr.onnx"] ?? { rows: [], answers: [] };
    const vad = pipeline("vad").model(await detector(sr));
    const live = await vad.deploy(local({ models: field, data: makeProject() }));
    onTestFinished(() => live.close());
    const found = (await live.infer(rows as never)) as readonly {
      readonly out: { readonly output: number[] | number };
    }[];
    expect(found).toHaveLength(answers.length);
    for (const [row, { output }] of answers.entries())
      expect([found[row]?.out.output].flat()[0]).toBeCloseTo(output[0] ?? NaN, 6);
  });

  test("is a part of the config and its hash", async () => {
    const configOf = async (sr: number) =>
      await build(pipeline("vad").model(await detector(sr)) as unknown as AnyPipeline);
    const config = await configOf(16000);
    expect(config.models[0]?.constants).toEqual({ sr: { dtype: "int64", shape: [], data: ["16000"] } });
    expect((await configOf(8000)).hash).not.toBe(config.hash);
  });

  test("--check reports that it changed", async () => {
    const cwd = makeProject();
    await generate("vad_state_scalar_sr.onnx", "vad-state-scalar-sr", { sr: 16000 }, cwd);
    const { differences } = await generateModels({
      models: [join(field, "vad_state_scalar_sr.onnx")],
      cwd,
      check: true,
      overrides: { "vad-state-scalar-sr": { constants: { sr: -1 } } },
    });
    expect(differences).toEqual([
      'vad-state-scalar-sr: constants {"sr":{"dtype":"int64","shape":[],"data":["16000"]}} -> {"sr":{"dtype":"int64","shape":[],"data":["-1"]}}',
    ]);
  });
});

test("refuses a constant that the input does not take", async () => {
  const vad = (constants: Constants) =>
    refusal(generate("vad_state_scalar_sr.onnx", "vad-state-scalar-sr", constants), [field, ""]);
  const piper = (constants: Constants) => refusal(generate("piper_like.onnx", "piper-like", constants), [field, ""]);
  expect([
    await vad({ rate: 16000 }),
    await vad({ sr: 1.5 }),
    await vad({ sr: "fast" }),
    await vad({ sr: [16000] }),
    await vad({ input: [[1]], state: [[[1]]], sr: 1 }),
    await piper({ scales: [1, 2] }),
    await piper({ scales: [[1], [2, 3]] }),
    await piper({ scales: [1, "x", 3] }),
    await piper({ input: 1, input_lengths: 1, scales: 1 }),
  ]).toMatchInlineSnapshot(`
    [
      "SL3051 the override of model 'vad-state-scalar-sr' (vad_state_scalar_sr.onnx) does not fit it: 'constants' lists input 'rate', which the model does not have; its inputs are 'input', 'state' and 'sr'",
      "SL3051 the override of model 'vad-state-scalar-sr' (vad_state_scalar_sr.onnx) does not fit it: 'constants' gives 'sr' a value that int64[] does not take: it holds numbers; write whole numbers or strings of digits",
      "SL3051 the override of model 'vad-state-scalar-sr' (vad_state_scalar_sr.onnx) does not fit it: 'constants' gives 'sr' a value that int64[] does not take: it holds strings; write whole numbers or strings of digits",
      "SL3051 the override of model 'vad-state-scalar-sr' (vad_state_scalar_sr.onnx) does not fit it: 'constants' gives 'sr' a value that int64[] does not take: its shape is [1]. Write nested lists of the input's shape",
      "SL3051 the override of model 'vad-state-scalar-sr' (vad_state_scalar_sr.onnx) does not fit it: 'constants' gives 'state' a value that float32[2, batch, 8] does not take: its shape is [1, 1, 1]. Write nested lists of the input's shape",
      "SL3051 the override of model 'piper-like' (piper_like.onnx) does not fit it: 'constants' gives 'scales' a value that float32[3] does not take: its shape is [2]. Write nested lists of the input's shape",
      "SL3051 the override of model 'piper-like' (piper_like.onnx) does not fit it: 'constants' gives 'scales' a value that float32[3] does not take: it has lists of different lengths",
      "SL3051 the override of model 'piper-like' (piper_like.onnx) does not fit it: 'constants' gives 'scales' a value that float32[3] does not take: it holds strings",
      "SL3051 the override of model 'piper-like' (piper_like.onnx) does not fit it: 'constants' gives 'input' a value that int64[batch_size, phonemes] does not take: its shape is []. Write nested lists of the input's shape",
    ]
  `);
});
