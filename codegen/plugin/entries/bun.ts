import type { PluginOptions } from "../options.js";
import { plugin } from "../unplugin.js";

export type { PluginOptions } from "../options.js";

/**
 * Compiles the lambdas of pipelines while Bun bundles.
 *
 * @throws TargetError SL6011 for an unknown option
 * @example
 * import shapeline from "shapeline/bun";
 * await Bun.build({ entrypoints: ["src/main.ts"], outdir: "dist", plugins: [shapeline()] });
 */
export default function shapeline(options?: PluginOptions): { name: string; setup(build: object): void } {
  return plugin.bun(options) as { name: string; setup(build: object): void };
}
