import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ModelError } from "../../../dsl/errors.js";
import { generateModels } from "../../../codegen/models/generate.js";
import { findModelFiles, readModelFiles } from "../../../src/engine/session/model-files.js";
import { refusalError } from "../../refusal.js";
import { FLOAT, input, model, node, output, tensorType } from "../../codegen/models/onnx/onnx-bytes.js";

const cwd = mkdtempSync(join(tmpdir(), "shapeline-drift-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
mkdirSync(join(cwd, "models"));

const file = join(cwd, "models", "ccfraud.onnx");
const net = (features: number): Uint8Array =>
  model(
    node("Identity", ["dense_input"], ["dense_1"]),
    input("dense_input", tensorType(FLOAT, ["batch", features])),
    output("dense_1", tensorType(FLOAT, ["batch", features])),
  );

test("`generate --check` and a deploy describe a changed model in the same words", async () => {
  writeFileSync(file, net(29));
  const { models } = await generateModels({ models: ["models/*.onnx"], cwd });
  const built = models.map(({ name, sha256, inputs, outputs }) => ({
    name,
    version: "1",
    sha256,
    inputs,
    outputs,
  })) as Parameters<typeof findModelFiles>[1];
  writeFileSync(file, net(30));
  const { differences } = await generateModels({ models: ["models/*.onnx"], cwd, check: true });
  expect(differences.slice(1)).toEqual(["ccfraud.dense_input: 29 -> 30 features", "ccfraud.dense_1: 29 -> 30 values"]);

  const deploying = await refusalError(findModelFiles(join(cwd, "models"), built));
  expect(deploying).toBeInstanceOf(ModelError);
  expect(deploying.details["differences"]).toEqual(differences.slice(1));
  expect(deploying.message.replaceAll(/[0-9a-f]{12}…/g, "…")).toMatchInlineSnapshot(
    `"model 'ccfraud': the config was built for the digest … but 'ccfraud.onnx' is … (ccfraud.dense_input: 29 -> 30 features; ccfraud.dense_1: 29 -> 30 values); put the right file there, or run 'shapeline generate' and build the pipeline again"`,
  );
  const opening = await refusalError(readModelFiles(new Map([[built[0]?.sha256 ?? "", file]]), built));
  expect(opening.details["differences"]).toEqual(differences.slice(1));

  // Only other weights, or a file that is not a model: no differences beside the digests.
  writeFileSync(file, Buffer.concat([net(29), Buffer.from([0x32, 1, 0x78])]));
  expect((await refusalError(findModelFiles(join(cwd, "models"), built))).details["differences"]).toEqual([]);
  writeFileSync(file, "no model");
  expect((await refusalError(findModelFiles(join(cwd, "models"), built))).details["differences"]).toEqual([]);
});
