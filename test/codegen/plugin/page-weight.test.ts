// What a page pays for pipelines that the plugin has compiled. Needs `npm run build`.
import { cpSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import plugin from "shapeline/esbuild";
import { app, appOptions } from "./bundlers.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

// As installed: the plugin leaves packages alone.
const installed = join(mkdtempSync(join(tmpdir(), "weight-")), "node_modules/shapeline/dist");
mkdirSync(installed, { recursive: true });
for (const file of readdirSync(join(root, "dist")))
  if (file.endsWith(".js")) cpSync(join(root, "dist", file), join(installed, file));
cpSync(join(root, "package.json"), join(installed, "../package.json"));

/** What a page loads at its start and when it calls `build()`, in bytes of gzip, and all of its code. */
async function weightOf(contents: string) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: app },
    alias: { shapeline: join(installed, "index-browser.js") },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "silent",
    outdir: join(app, "dist"),
    write: false,
    plugins: [plugin(appOptions)],
  });
  const gzipOf = (eager: boolean) =>
    gzipSync(
      outputFiles
        .filter(({ path }) => !path.includes("browser-build") === eager)
        .map(({ text }) => text)
        .join("\n"),
    ).length;
  return { start: gzipOf(true), onBuild: gzipOf(false), code: outputFiles.map(({ text }) => text).join("\n") };
}

test("pipeline() costs a page 5.3 kB of gzip: the words of the checks come with build()", async () => {
  const { start } = await weightOf(`import { pipeline } from "shapeline"; window.pipeline = pipeline;`);
  expect(start).toBeLessThan(5400);
});

test("four pipelines cost a page 8.7 kB of gzip, build() 90 kB more when it is called; there is no parser", async () => {
  const { start, onBuild, code } = await weightOf(
    `import { build } from "shapeline"; import { plain } from "./src/pipelines/basic.pipeline.js"; window.run = () => build(plain);`,
  );
  expect(code).not.toMatch(/createSourceFile|ts-morph/);
  expect(start).toBeLessThan(8900);
  expect(onBuild).toBeLessThan(90_500);
});
