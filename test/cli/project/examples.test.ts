import { describe, expect, it } from "vitest";
import { root, shapeline } from "../shapeline.js";

// What the quickstart writes is what is in the repository, so that it leaves a clone clean.
describe.each(["fraud", "breast-cancer"])("the example %s", (name) => {
  const folder = `examples/${name}`;

  it("has models.gen.ts of its models", async () => {
    const run = await shapeline(root, [
      "generate",
      `${folder}/models/*.onnx`,
      "--out",
      `${folder}/models.gen.ts`,
      "--check",
    ]);
    expect(run).toMatchObject({ code: 0 });
  });

  it("has the config of its pipeline", async () => {
    const run = await shapeline(root, [
      "compile",
      `${folder}/${name}.pipeline.ts`,
      "--project",
      `${folder}/tsconfig.json`,
      "--check",
    ]);
    expect(run).toMatchObject({ code: 0 });
  });
});
