// What an app in a browser ships that imports the client. The figures are in docs/client.md. Needs `npm run build`.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { root } from "../targets/local-engine.js";

/** Bytes after minification and gzip: what is loaded with the import, and what calls load. */
async function bundled() {
  const { outputFiles, metafile } = await build({
    entryPoints: { client: join(root, "dist", "client-browser.js") },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    // Refuses modules of Node. Arrow is loaded by calls with tables.
    platform: "browser",
    external: ["apache-arrow"],
    outdir: root,
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const sizes = Object.fromEntries(
    Object.keys(metafile.outputs).map((path, i) => [path, gzipSync(outputFiles[i]?.contents ?? "").length]),
  );
  const atImport = new Set<string>();
  const add = (path: string): void => {
    if (atImport.has(path)) return;
    atImport.add(path);
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
      if (kind === "import-statement") add(next);
  };
  for (const path in metafile.outputs) if (/(^|\/)client\.js$/.test(path)) add(path);
  const total = (paths: Iterable<string>) => [...paths].reduce((sum, path) => sum + (sizes[path] ?? 0), 0);
  const entry = total(atImport);
  const connecting = Object.keys(metafile.outputs).find((path) =>
    metafile.outputs[path]?.exports.includes("connectModel"),
  );
  add(connecting ?? "");
  return { atImport: entry, atConnect: total(atImport) - entry, inputs: Object.keys(metafile.inputs) };
}

test("the client is small, and needs neither Node, Zod nor Arrow", async () => {
  const { atImport, atConnect, inputs } = await bundled();
  console.log(`client: ${atImport} bytes at import, ${atConnect} bytes more at connect (minified, gzip)`);
  expect(atImport).toBeGreaterThan(1000);
  expect(atImport).toBeLessThan(8000);
  expect(atConnect).toBeLessThan(31_000);
  expect(inputs.filter((path) => path.includes("node_modules"))).toEqual([]);
});
