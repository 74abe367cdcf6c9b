import type { PluginOptions } from "../options.js";
import { plugin } from "../unplugin.js";

export type { PluginOptions } from "../options.js";

/**
 * Compiles the lambdas of pipelines while webpack bundles. Its persistent cache is keyed on the version of Shapeline.
 *
 * @throws TargetError SL6011 for an unknown option
 * @example
 * // webpack.config.mjs
 * import shapeline from "shapeline/webpack";
 * export default { entry: "./src/main.ts", plugins: [shapeline()] };
 */
export default function shapeline(options?: PluginOptions): { apply(compiler: object): void } {
  return plugin.webpack(options) as { apply(compiler: object): void };
}
