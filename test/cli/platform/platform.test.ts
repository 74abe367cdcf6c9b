import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { project, shapeline } from "../shapeline.js";

it("compile --platform writes the platform definition beside the config, and explain prints it as TypeScript", async () => {
  const folder = project("fraud");
  expect((await shapeline(folder, ["generate"])).code).toBe(0);
  const compiled = await shapeline(folder, ["compile", "--platform", "polars"]);
  expect(compiled.err).toBe("");
  expect(compiled.out).toContain("fraud.definition.json: the platform's definition, dialect polars");
  const text = readFileSync(join(folder, "fraud.definition.json"), "utf8");
  expect(text.startsWith('{"id": "fraud", "steps": [{"ModelInference": {"models": [')).toBe(true);
  expect((await shapeline(folder, ["compile", "--platform", "polars", "--check"])).code).toBe(0);

  const explained = await shapeline(folder, ["explain", "fraud.definition.json"]);
  expect(explained.code).toBe(0);
  expect(explained.out).toContain('export const fraud = pipeline("fraud")\n  .model(a)\n  .shadow(champ, [c1, c2])');
  expect(explained.out).toMatch(/\.validate\("amt", x => x\.out\.\w+\[0\] < 1\)/);

  const asJson = JSON.parse((await shapeline(folder, ["--json", "explain", "fraud.definition.json"])).out) as {
    pipeline: string;
    problems: unknown[];
  }[];
  expect(asJson[0]).toMatchObject({ pipeline: "fraud", problems: [] });
});

it("reports the unsupported parts of a definition and an unknown dialect", async () => {
  const folder = project("fraud");
  writeFileSync(join(folder, "odd.json"), JSON.stringify({ id: "odd", steps: [{ Average: {} }] }));
  const odd = await shapeline(folder, ["explain", "odd.json"]);
  expect(odd.code).toBe(1);
  expect(odd.out).toContain(
    "not read (SL4111) steps[0].Average: no release of the SDK builds step kind 'Average' or says what it computes",
  );
  expect((await shapeline(folder, ["compile", "--platform", "spark"])).code).toBe(1);
});

it("explain imports the models from the module and by the names that `generate` gave them", async () => {
  const folder = project("fraud");
  renameSync(join(folder, "models/a.onnx"), join(folder, "models/modelA.onnx"));
  expect((await shapeline(folder, ["generate", "models/*.onnx", "--out", "lib/handles.gen.ts"])).code).toBe(0);
  const source =
    'import { pipeline } from "shapeline";\nimport { modelA } from "./lib/handles.gen.js";\nexport const one = pipeline("one").model(modelA);\n';
  writeFileSync(join(folder, "one.pipeline.ts"), source);
  expect((await shapeline(folder, ["compile", "one.pipeline.ts", "--platform", "polars"])).code).toBe(0);
  const explained = async () => (await shapeline(folder, ["explain", "one.definition.json"])).out;
  expect(await explained()).toContain('import { modelA } from "./lib/handles.gen.js";');
  // Without the module, by the names that `generate` would give.
  rmSync(join(folder, "lib"), { recursive: true });
  expect(await explained()).toContain('import { modela } from "./models.gen.js";');
});
