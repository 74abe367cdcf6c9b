import type { PluginOptions } from "../options.js";
import { plugin } from "../unplugin.js";

export type { PluginOptions } from "../options.js";

/**
 * Compiles the lambdas of pipelines while Vite builds and serves an application.
 *
 * @throws TargetError SL6011 for an unknown option
 * @example
 * // vite.config.ts
 * import shapeline from "shapeline/vite";
 * export default defineConfig({ plugins: [shapeline()] });
 */
export default function shapeline(options?: PluginOptions): { name: string } {
  return plugin.vite(options) as { name: string };
}
