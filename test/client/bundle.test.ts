// What an app in a browser ships that imports the client, or the client and `pipeline`. The figures are in
// docs/client.md. Needs `npm run build`.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { describe, expect, test } from "vitest";
import { root } from "../targets/local-engine.js";
import { clientBundle } from "../../scripts/client-bundle.mjs";

interface Bundle {
  /** Bytes after minification and gzip, by file. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly metafile: Metafile;
}

/** An app's own code, bundled as for a browser, which has no modules of Node. */
async function bundled(contents: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, sourcefile: "app.js" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    // Arrow is loaded by calls with tables.
    external: ["apache-arrow"],
    outdir: root,
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const sizes = Object.keys(metafile.outputs).map(
    (path, i) => [path, gzipSync(outputFiles[i]?.contents ?? "").length] as const,
  );
  return { sizes: Object.fromEntries(sizes), metafile };
}

/** The size of the app's start together with the chunks that export these names. */
function size({ sizes, metafile }: Bundle, ...names: readonly string[]): number {
  const loaded = new Set<string>();
  const add = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
      if (kind === "import-statement") add(next);
  };
  for (const [path, { entryPoint, exports }] of Object.entries(metafile.outputs))
    if (entryPoint === "app.js" || names.some((name) => exports.includes(name))) add(path);
  return [...loaded].reduce((sum, path) => sum + (sizes[path] ?? 0), 0);
}

describe("what an app ships (minified, gzip)", () => {
  test("the client is small, and each of its parts", async () => {
    const both = await bundled(`export { openInference, server } from "./dist/client-browser.js";`);
    const atImport = size(both);
    const figures = {
      atImport,
      openInference: size(both, "connectModel") - atImport,
      server: size(both, "openServerTarget") - atImport,
    };
    console.log(`client: ${JSON.stringify(figures)}`);
    expect(figures.atImport).toBeLessThan(4000);
    expect(figures.openInference).toBeLessThan(31_000);
    expect(figures.server).toBeLessThan(8500);
  });

  test("a pipeline and the client share their code", async () => {
    const authoring = size(await bundled(`export { pipeline } from "./dist/index-browser.js";`));
    const app = await bundled(`
      import { pipeline } from "./dist/index-browser.js";
      import { server } from "./dist/client-browser.js";
      export const connect = (model, options) => pipeline("p").model(model).connect(server(options));
    `);
    const more = size(app, "openServerTarget", "refuseDrift") - authoring;
    console.log(`pipeline: ${authoring} bytes; with connect(server()) and its comparison ${more} bytes more`);
    expect(authoring).toBeLessThan(13_000);
    expect(more).toBeLessThan(20_000);
  });

  test.each(["node", "browser"] as const)("there is neither Zod nor Arrow in it, for %s", async (platform) => {
    const { metafile } = await build({
      ...clientBundle(platform),
      outdir: join(root, "dist"),
      write: false,
      metafile: true,
    });
    expect(Object.keys(metafile.inputs).filter((path) => path.includes("node_modules"))).toEqual([]);
  });
});
