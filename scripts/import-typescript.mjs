// Lets a script run TypeScript files of the repository on any supported Node.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * Bundles a module with all the TypeScript files that it imports, and loads it.
 *
 * @param folder from the repository's root; the module is resolved as if it were a file in it
 * @param contents the module's text, usually re-exports; imports of packages stay external
 * @returns the module's exports
 * @example const { bench } = await importTypeScript("type-tests", 'export { bench } from "./cost/bench.js";');
 */
export async function importTypeScript(folder, contents) {
  const resolveDir = fileURLToPath(new URL(`../${folder}`, import.meta.url));
  // Written to that folder, so that paths relative to `import.meta.url` resolve. Deleted once it is loaded.
  const outfile = join(resolveDir, `bundle-${process.pid}.mjs`);
  await build({
    stdin: { contents, resolveDir, loader: "ts" },
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
  });
  return import(outfile).finally(() => rm(outfile, { force: true }));
}
