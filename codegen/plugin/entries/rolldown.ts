import type { PluginOptions } from "../options.js";
import { plugin } from "../unplugin.js";

export type { PluginOptions } from "../options.js";

/**
 * Compiles the lambdas of pipelines while Rolldown bundles.
 *
 * @throws TargetError SL6011 for an unknown option
 * @example
 * // rolldown.config.ts
 * import shapeline from "shapeline/rolldown";
 * export default defineConfig({ input: "src/main.ts", plugins: [shapeline()] });
 */
export default function shapeline(options?: PluginOptions): { name: string } {
  return plugin.rolldown(options) as { name: string };
}
