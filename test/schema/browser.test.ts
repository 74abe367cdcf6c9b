// The schemas in a page, such as those of a form. Needs `npm run build`.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import type { AnyPipeline, RequestSchema } from "shapeline";
import { root } from "../targets/local-engine.js";

const pipelineCode = `
const x = tensor("float32", ["batch", 2]);
const model = defineModel({ name: "m", sha256: "${"0".repeat(64)}", inputs: { x }, outputs: { y: x } });`;

/** An app's code, bundled for a browser, where no module of Node can be imported. Without what is loaded later. */
async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: contents + pipelineCode, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    external: ["./browser-build.js", "./browser-target-misuse.js", "apache-arrow"],
    tsconfigRaw: {},
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

test.each(["shapeline", "shapeline/schema"])("checks the record of a form: schemas from %s", async (entry) => {
  const code = await bundled(`
    import { defineModel, pipeline, tensor } from "shapeline";
    import { requestSchema } from "${entry}";
    export const schemaOf = () => requestSchema(pipeline("form").model(model));`);
  const folder = mkdtempSync(join(root, "dist", "form-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "form.mjs"), code);
  const { schemaOf } = (await import(pathToFileURL(join(folder, "form.mjs")).href)) as {
    schemaOf: () => RequestSchema<AnyPipeline>;
  };
  const { row } = schemaOf();
  expect(row["~standard"].validate({ x: [1, 2] })).toEqual({ value: { x: [1, 2] } });
  expect(row["~standard"].validate({ x: [1] })).toEqual({
    issues: [{ message: expect.stringContaining("'x'"), path: ["x"] }],
  });
});

test("costs a page that does not use it nothing", async () => {
  const gzip = (code: string) => gzipSync(code).length;
  const start = gzip(await bundled(`import { defineModel, pipeline, tensor } from "shapeline"; export { pipeline };`));
  const withSchema = gzip(
    await bundled(
      `import { defineModel, pipeline, requestSchema, tensor } from "shapeline"; export { pipeline, requestSchema };`,
    ),
  );
  expect(start).toBeLessThan(7000);
  expect(withSchema - start).toBeGreaterThan(10_000);
});
