import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { onTestFinished } from "vitest";
import { local, type LocalOptions, type LocalTarget } from "../../src/targets/local/index.js";
import { folder } from "../engine/make-config.js";
import { compileModelWorker } from "../model-worker.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Opens the embedded engine on a new data folder, unless `options.data` is set; closes it after the current test. */
export function openEngine(options: LocalOptions): LocalTarget {
  const target = local({ data: folder(), ...options });
  onTestFinished(() => target.close());
  return target;
}

/**
 * Bundles `shapeline/local` to `<at>/local.mjs`, which plain Node can run in processes and threads. Only packages that
 * need their own files stay outside: a bundle loads in half the time of many small modules.
 */
export async function bundleLocal(at: string, options: BuildOptions = {}): Promise<void> {
  await build({
    entryPoints: { local: join(root, "src/targets/local/index.ts") },
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    splitting: true,
    external: ["onnxruntime-node", "@duckdb/node-api", "ts-morph", "esbuild"],
    outdir: at,
    outExtension: { ".js": ".mjs" },
    ...options,
  });
  compileModelWorker(at);
}
