// What an app in a browser ships that imports the client, or the client and `pipeline`. The figures are in
// docs/client.md. Needs `npm run build`.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { rolldown } from "rolldown";
import { describe, expect, test } from "vitest";
import { root } from "../../targets/local-engine.js";
import { clientBundle } from "../../../scripts/client-bundle.mjs";

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

/** The size of an app's start, bundled by Rolldown. */
async function startWithRolldown(contents: string): Promise<number> {
  const id = join(root, "app.js");
  const bundle = await rolldown({
    input: id,
    platform: "browser",
    external: ["apache-arrow"],
    logLevel: "silent",
    plugins: [
      { name: "app", resolveId: (path) => (path === id ? id : null), load: (path) => (path === id ? contents : null) },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  const chunks = new Map(output.flatMap((each) => (each.type === "chunk" ? [[each.fileName, each] as const] : [])));
  const loaded = new Set<string>();
  const add = (name: string): void => {
    if (loaded.has(name) || !chunks.has(name)) return;
    loaded.add(name);
    chunks.get(name)?.imports.forEach(add);
  };
  for (const { fileName, isEntry } of chunks.values()) if (isEntry) add(fileName);
  return [...loaded].reduce((sum, name) => sum + gzipSync(chunks.get(name)?.code ?? "").length, 0);
}

const authoring = `import { pipeline } from "./dist/index-browser.js";`;
const connecting = `${authoring}
  import { server } from "./dist/client-browser.js";
  export const connect = (model, options) => pipeline("p").model(model).connect(server(options));`;
const authors = `${authoring} export const author = (model) => pipeline("p").model(model);`;

describe("what an app ships (minified, gzip)", () => {
  test("a client without a pipeline, and what its calls load", async () => {
    const protocol = await bundled(`export { openInference } from "./dist/client-browser.js";`);
    const own = size(await bundled(`export { server } from "./dist/client-browser.js";`));
    const openInference = size(protocol);
    const figures = { server: own, openInference, connectModel: size(protocol, "connectModel") - openInference };
    console.log(`client: ${JSON.stringify(figures)}`);
    expect(figures.server).toBeLessThan(9300);
    expect(figures.openInference).toBeLessThan(3800);
    expect(figures.connectModel).toBeLessThan(27_000);
  });

  test("connect(server()) adds less than 8 kB to a pipeline, with all that connecting and inferring load", async () => {
    const app = await bundled(connecting);
    const start = size(app);
    const calls = ["refuseDrift", "readLogs", "deployTo", "answerError"];
    const onDemand = Object.fromEntries(calls.map((name) => [name, size(app, name) - start]));
    const more = start - size(await bundled(authors));
    console.log(`connect(server()): ${more} bytes more; on demand ${JSON.stringify(onDemand)}`);
    expect(more).toBeLessThan(8000);
    for (const bytes of Object.values(onDemand)) expect(bytes).toBeGreaterThan(500);
    expect(Math.max(...Object.values(onDemand))).toBeLessThan(18_500);
  });

  // As a whole: Rolldown leaves the error classes out of an app that only authors.
  test("with Vite's bundler, a pipeline alone starts with 4.6 kB, one that connects with 12.8 kB", async () => {
    const [alone, both] = [await startWithRolldown(authors), await startWithRolldown(connecting)];
    console.log(`with Rolldown: ${alone} bytes, with connect(server()) ${both}`);
    expect(alone).toBeLessThan(4650);
    expect(both).toBeLessThan(12_800);
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
