import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildConfig } from "../../../codegen/build-config.js";
import { loadPipelines } from "../../../codegen/project/load-pipelines.js";

const root = fileURLToPath(new URL("../../fixtures/projects/helpers", import.meta.url));

test("helper functions of the file and of other files are written out with their own constants, through re-exports too", async () => {
  const [loaded] = await loadPipelines(["main.pipeline.ts"], { project: join(root, "tsconfig.json"), root });
  const config = loaded && buildConfig(loaded.pipeline);
  const texts = config?.steps.flatMap((step) =>
    step.kind === "validation" ? [`${step.name}: ${step.expression.strings.javascript ?? ""}`] : [],
  );
  expect(texts?.join("\n")).toMatchInlineSnapshot(`
    "own: (x) => Math.abs(x.out.score[0] + 0.5 - 1) < 0.004 && x.out.score[0] < 4
    imported: (x) => x.out.score[0] < 0.30000000000000004 || (x.out.score[0] >= 2 && x.out.score[0] <= 3)
    namespace: (x) => x.out.score[0] >= 0 && x.out.score[0] <= 1
    callback: (x) => x.out.score.every((v) => v < 0.30000000000000004)"
  `);
});
