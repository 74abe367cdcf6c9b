import { buildSync } from "esbuild";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src/engine/scheduling/model-worker.ts", import.meta.url));

/**
 * Compiles the engine's worker to `model-worker.js` in a folder: Node 20 cannot start a worker from TypeScript, and a
 * bundle of the sources does not contain it. CommonJS, because a folder outside the package has no package.json of type
 * module.
 *
 * @returns the file's path
 */
export function compileModelWorker(folder: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [source],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    packages: "external",
    write: false,
    logLevel: "error",
  });
  const file = join(folder, "model-worker.js");
  // Test processes share the folder: a worker must never start from a file that is half written.
  const temporary = join(folder, `model-worker.${process.pid}.tmp`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(temporary, outputFiles[0]?.contents ?? "");
  renameSync(temporary, file);
  return file;
}
