import type { PluginOptions } from "../options.js";
import { plugin } from "../unplugin.js";

export type { PluginOptions } from "../options.js";

/**
 * Compiles the lambdas of pipelines while Rollup bundles. Must come before plugins that remove types.
 *
 * @throws TargetError SL6011 for an unknown option
 * @example
 * // rollup.config.js
 * import shapeline from "shapeline/rollup";
 * export default { input: "src/main.ts", plugins: [shapeline(), typescript()] };
 */
export default function shapeline(options?: PluginOptions): { name: string } {
  return plugin.rollup(options) as { name: string };
}
