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

/**
 * What a page loads at its start and when it calls `build()`, in bytes of gzip, and all of its code. The words of
 * refused arguments are in neither.
 */
async function weightOf(contents: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: app },
    absWorkingDir: app,
    alias: { shapeline: join(installed, "index-browser.js") },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "silent",
    outdir: join(app, "dist"),
    write: false,
    metafile: true,
    plugins: [plugin(appOptions)],
  });
  const { outputs } = metafile;
  /** A file with those that it imports when it is loaded. */
  const loadedWith = (file: string, found = new Set<string>()): ReadonlySet<string> => {
    if (found.has(file)) return found;
    found.add(file);
    for (const { path, kind } of outputs[file]?.imports ?? []) if (kind === "import-statement") loadedWith(path, found);
    return found;
  };
  const named = (part: string) => Object.keys(outputs).find((file) => file.includes(part)) ?? part;
  const start = loadedWith(named("stdin"));
  const gzipOf = (files: Iterable<string>) => {
    const texts = [...files].map((file) => outputFiles.find(({ path }) => path === join(app, file))?.text);
    return gzipSync(texts.join("\n")).length;
  };
  return {
    start: gzipOf(start),
    onBuild: gzipOf([...loadedWith(named("browser-build"))].filter((file) => !start.has(file))),
    code: outputFiles.map(({ text }) => text).join("\n"),
  };
}

test("pipeline() costs a page 5 kB of gzip: the words of the checks come with build()", async () => {
  const { start } = await weightOf(`import { pipeline } from "shapeline"; window.pipeline = pipeline;`);
  expect(start).toBeLessThan(5030);
  expect(start).toBeGreaterThan(3000);
});

test("four pipelines cost a page 8.5 kB of gzip, build() 90 kB more when it is called; there is no parser", async () => {
  const { start, onBuild, code } = await weightOf(
    `import { build } from "shapeline"; import { plain } from "./src/pipelines/basic.pipeline.js"; window.run = () => build(plain);`,
  );
  expect(code).not.toMatch(/createSourceFile|ts-morph/);
  expect(start).toBeLessThan(8600);
  expect(onBuild).toBeLessThan(90_500);
  expect(onBuild).toBeGreaterThan(50_000);
});

test("the words of a refused target are loaded when they are needed", async () => {
  const load = async (file: string) => (await import(join(installed, file))) as typeof import("shapeline");
  const [{ pipeline }, { TargetError }] = [await load("index-browser.js"), await load("errors.js")];
  const scored = pipeline("scored");
  const refused = (call: Promise<unknown>) =>
    call.then(
      () => null,
      (error: unknown) => error as InstanceType<typeof TargetError>,
    );
  const errors = await Promise.all([
    refused(scored.deploy(null as never)),
    refused(scored.deploy({ kind: "t", deploy: () => null } as never, { confg: {} } as never)),
    refused(scored.connect({ kind: "t", deploy: () => null } as never)),
  ]);
  expect(errors.map((error) => error instanceof TargetError)).toEqual([true, true, true]);
  expect(errors.map((error) => `${error?.code}: ${error?.message}`)).toEqual([
    "SL6000: pipeline 'scored': deploy() takes a target such as local() from 'shapeline/local', not null",
    "SL6011: pipeline 'scored': deploy() has no option 'confg'; leave it out, or give one of its options: 'config'",
    "SL6000: pipeline 'scored': the target 't' cannot compare what is deployed with the pipeline; deploy the pipeline there, or use the target's own methods",
  ]);
});
