import { ownPackage } from "../../src/util/own-package.js";
import { lambdaRule } from "./lambda-rule.js";
import type { Rule } from "./rule-types.js";

export type { LambdaRuleOptions } from "./lambda-rule.js";

/** The plugin for ESLint's flat config, and for `jsPlugins` of oxlint. */
export interface ShapelinePlugin {
  readonly meta: { readonly name: string; readonly version: string };
  readonly rules: { readonly lambda: Rule };
  readonly configs: { readonly recommended: RecommendedConfig };
}

/** A config object for `defineConfig`: the plugin under the name `shapeline`, and its rule as an error. */
export interface RecommendedConfig {
  readonly name: string;
  readonly plugins: { readonly shapeline: { readonly rules: ShapelinePlugin["rules"] } };
  readonly rules: { readonly "shapeline/lambda": "error" };
}

const meta = { name: "shapeline", version: ownPackage().version };
const rules = { lambda: lambdaRule };

/**
 * The lint rule `shapeline/lambda`: what a lambda of `.validate` or `.alert` cannot contain, while you type.
 *
 * @example
 * // eslint.config.js
 * import { defineConfig } from "eslint/config";
 * import shapeline from "shapeline/eslint";
 * export default defineConfig([shapeline.configs.recommended]);
 */
const plugin: ShapelinePlugin = {
  meta,
  rules,
  configs: {
    recommended: {
      name: "shapeline/recommended",
      plugins: { shapeline: { rules } },
      rules: { "shapeline/lambda": "error" },
    },
  },
};

export default plugin;
