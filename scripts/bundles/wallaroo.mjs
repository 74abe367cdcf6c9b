// How `shapeline/wallaroo` is bundled for browsers: without files, and with the error classes of the other entries.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const errors = join(root, "dsl", "errors.js");
const build = join(root, "src", "build.js");
const nodeFiles = join(root, "src", "targets", "wallaroo", "files", "node-files.js");
const sha256 = join(root, "src", "config", "digest", "sha256.js");

const noFiles = `throw new TypeError("there are no files in a browser");`;
/** `build()` is a bundle of its own: apps that connect with a compiled config do not load it. */
const loadedBuild = `export const build = async (pipeline) => (await import("./browser-build.js")).build(pipeline);`;

/**
 * The entry for browsers. `wallaroo()` and the definitions are modules of their own, so that an app that only connects
 * does not start with Zod, and what the first call loads is a third one. They share nothing: bundlers move what is
 * shared with the start into the start.
 *
 * @param {readonly string[]} definitions what the module of the definitions exports
 */
export function wallarooBrowserEntry(definitions) {
  return [
    'export { wallaroo } from "./wallaroo-connect.js";',
    `export {\n${definitions.map((name) => `  ${name},\n`).join("")}} from "./wallaroo-definitions.js";\n`,
  ].join("\n");
}

const targets = join(root, "src", "targets", "wallaroo");
const opened = join(targets, "wallaroo-target.js");

/**
 * Options of esbuild. It refuses modules of Node, but where a call needs them that refuses to work in browsers. The
 * packages are loaded by the first call.
 *
 * @type {import("esbuild").BuildOptions}
 */
const options = {
  bundle: true,
  splitting: true,
  chunkNames: "wallaroo-[hash]",
  format: "esm",
  platform: "neutral",
  target: "es2022",
  mainFields: ["module", "main"],
  external: ["apache-arrow", "graphql-request"],
  plugins: [
    {
      name: "browser-modules",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /\/(errors|build|node-files|sha256|wallaroo-target)\.js$/ }, ({ path, resolveDir }) => {
          const module = join(resolveDir, path);
          if (module === opened) return { path: "./wallaroo-opened.js", external: true };
          if (module === errors) return { path: "./errors.js", external: true };
          if (module === build) return { path: "build", namespace: "absent" };
          if (module === nodeFiles) return { path: "files", namespace: "absent" };
          return module === sha256 ? { path: sha256.replace(/\.js$/, "-text.ts") } : null;
        });
        onResolve({ filter: /^node:fs\/promises$/ }, ({ kind }) =>
          kind === "dynamic-import" ? { path: "files", namespace: "absent" } : null,
        );
        onResolve({ filter: /\/browser-build\.js$/ }, ({ path }) => ({ path, external: true }));
        onLoad({ filter: /./, namespace: "absent" }, ({ path }) => ({
          contents: path === "build" ? loadedBuild : noFiles,
        }));
      },
    },
  ],
};

/** @type {import("esbuild").BuildOptions} */
export const wallarooDefinitionsBundle = {
  ...options,
  entryPoints: { "wallaroo-definitions": join(root, "src", "wallaroo", "index.ts") },
  metafile: true,
};

/** @type {readonly import("esbuild").BuildOptions[]} */
export const wallarooConnectBundles = [
  { ...options, entryPoints: { "wallaroo-connect": join(targets, "wallaroo.ts") } },
  { ...options, entryPoints: { "wallaroo-opened": opened.replace(/\.js$/, ".ts") } },
];
