import { esbuildPlugin } from "../esbuild-plugin.js";
import type { PluginOptions } from "../options.js";

export type { PluginOptions } from "../options.js";

/**
 * Compiles the lambdas of pipelines while esbuild bundles.
 *
 * @throws TargetError SL6011 for an unknown option
 * @example
 * import shapeline from "shapeline/esbuild";
 * await build({ entryPoints: ["src/main.ts"], bundle: true, outdir: "dist", plugins: [shapeline()] });
 */
export default function shapeline(options?: PluginOptions): { name: string; setup(build: object): void } {
  return esbuildPlugin(options);
}
