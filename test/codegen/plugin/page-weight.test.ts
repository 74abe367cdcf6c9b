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

test("four pipelines cost a page 14.5 kB of gzip, build() 90 kB more when it is called; there is no parser", async () => {
  // As installed: the plugin leaves packages alone.
  const installed = join(mkdtempSync(join(tmpdir(), "weight-")), "node_modules/shapeline/dist");
  mkdirSync(installed, { recursive: true });
  for (const file of readdirSync(join(root, "dist")))
    if (file.endsWith(".js")) cpSync(join(root, "dist", file), join(installed, file));
  cpSync(join(root, "package.json"), join(installed, "../package.json"));
  const { outputFiles } = await build({
    stdin: {
      contents: `import { build } from "shapeline"; import { plain } from "./src/pipelines/basic.pipeline.js"; window.run = () => build(plain);`,
      resolveDir: app,
    },
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
  expect(outputFiles.map(({ text }) => text).join("\n")).not.toMatch(/createSourceFile|ts-morph/);
  expect(gzipOf(true)).toBeLessThan(15_500);
  expect(gzipOf(false)).toBeLessThan(92_000);
});
