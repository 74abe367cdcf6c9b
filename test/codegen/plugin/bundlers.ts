import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { build as esbuild, type BuildFailure } from "esbuild";
import { rolldown } from "rolldown";
import { build as viteBuild } from "vite";
import * as shapeline from "shapeline";
import esbuildPlugin, { type PluginOptions } from "shapeline/esbuild";
import rolldownPlugin from "shapeline/rolldown";
import vitePlugin from "shapeline/vite";

/** A project of twenty pipelines in eight files. */
export const app = fileURLToPath(new URL("../../fixtures/projects/bundled-app", import.meta.url));
export const appOptions: PluginOptions = {
  root: app,
  modules: ["./src/ml.ts"],
  helpers: ["src/checks.ts", "src/limits.ts"],
};

export interface Bundled {
  readonly code: string;
  /** A source map of version 3, as JSON. */
  readonly map: string;
  readonly warnings: readonly string[];
}

export interface BundlerOptions {
  readonly minify?: boolean;
  readonly plugin?: PluginOptions;
}

/** Bundles a file into one CommonJS module that requires only `shapeline`. Rejects with what the bundler reports. */
export type Bundler = (entry: string, options?: BundlerOptions) => Promise<Bundled>;

export const bundlers: Readonly<Record<"esbuild" | "rolldown" | "vite", Bundler>> = {
  esbuild: async (entry, { minify = false, plugin = appOptions } = {}) => {
    const { outputFiles, warnings } = await esbuild({
      entryPoints: [entry],
      outfile: join(app, "dist", "out.js"),
      bundle: true,
      external: ["shapeline"],
      format: "cjs",
      platform: "node",
      sourcemap: "external",
      logLevel: "silent",
      write: false,
      minify,
      plugins: [esbuildPlugin(plugin)],
    }).catch((failure: unknown) => {
      throw new Error(
        (failure as BuildFailure).errors
          .map(
            ({ text, location }) => `${location?.file ?? ""}:${location?.line ?? 0}:${location?.column ?? 0} ${text}`,
          )
          .join("\n---\n"),
      );
    });
    const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
    return { code: text(".js"), map: text(".map"), warnings: warnings.map((warning) => warning.text) };
  },
  rolldown: async (entry, { minify = false, plugin = appOptions } = {}) => {
    const warnings: string[] = [];
    const bundle = await rolldown({
      input: entry,
      external: ["shapeline"],
      platform: "node",
      plugins: [rolldownPlugin(plugin)],
      onLog: (level, log) => void (level === "warn" && warnings.push(log.message)),
    });
    const { output } = await bundle.generate({ dir: join(app, "dist"), format: "cjs", sourcemap: true, minify });
    await bundle.close();
    return { code: output[0].code, map: JSON.stringify(output[0].map), warnings };
  },
  vite: async (entry, { minify = false, plugin = appOptions } = {}) => {
    const warnings: string[] = [];
    const result = await viteBuild({
      root: app,
      configFile: false,
      logLevel: "silent",
      plugins: [vitePlugin(plugin)],
      build: {
        write: false,
        minify,
        sourcemap: true,
        lib: { entry, formats: ["cjs"] },
        rolldownOptions: {
          external: ["shapeline"],
          onLog: (level, log) => void (level === "warn" && warnings.push(log.message)),
        },
      },
    });
    const [
      {
        output: [chunk],
      },
    ] = result as unknown as [{ output: [{ code: string; map: object }] }];
    return { code: chunk.code, map: JSON.stringify(chunk.map), warnings };
  },
};

/** Runs a bundle. Its `shapeline` is the one of this test. */
export function run(code: string, filename = "bundle.cjs"): Readonly<Record<string, unknown>> {
  const script = new Script(`(function (require, module, exports) {${code}\n})`, { filename });
  const module: { exports: Record<string, unknown> } = { exports: {} };
  const require = (name: string) => {
    if (name !== "shapeline") throw new TypeError(`the bundle requires '${name}'`);
    return shapeline;
  };
  (script.runInThisContext() as (...args: unknown[]) => void)(require, module, module.exports);
  return module.exports;
}
