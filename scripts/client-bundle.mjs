// How the client is bundled: apart from the other entries, because in browsers it should not come in dozens of files.
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as zod from "zod";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const errors = join(root, "dsl", "errors.js");
const build = join(root, "src", "build.js");
const nodeFiles = join(root, "src", "client", "server", "files", "node-files.js");
/**
 * What a pipeline and the client load when they are called, in bundles of their own. They share only the error classes
 * with the rest: bundlers move what is shared out of an app's start into files of its own, which compress worse, and
 * esbuild does so also for parts that the app does not use.
 */
const onDemand = {
  [join(root, "dsl", "pipeline", "target-misuse.js")]: "browser-target-misuse",
  [join(root, "src", "config", "check", "drift.js")]: "browser-drift",
  [join(root, "src", "client", "server", "log", "server-log.js")]: "browser-server-log",
  [join(root, "src", "client", "server", "answer-errors.js")]: "browser-answer-errors",
  [join(root, "src", "client", "server", "deploy.js")]: "browser-deploy",
  [join(root, "src", "client", "server", "arrow-tables.js")]: "browser-arrow-tables",
  [join(root, "src", "client", "open-inference", "connect-model.js")]: "browser-connect-model",
};

/** What stands in a browser for the modules that need Node. */
const absent = {
  // Its own bundle: it has Zod, and most pages only author and connect.
  [build]: `export const build = async (pipeline) => (await import("./browser-build.js")).build(pipeline);`,
  [nodeFiles]: `throw new TypeError("there are no files in a browser");`,
};

/**
 * Stands for Zod. A step kind has its schema beside what the client needs of it. The client declares these schemas and
 * never reads with them: what a server answers is checked where it is used. The rest of Zod would be three quarters of
 * what `connect` loads.
 */
const unusedSchemas = `
const readers = ["parse", "safeParse", "parseAsync", "safeParseAsync"];
const schema = new Proxy(() => {}, {
  get(_, name) {
    if (readers.includes(name)) throw new TypeError("the client has no schemas");
    return schema;
  },
  apply: () => schema,
});
export { ${Object.keys(zod)
  .filter((name) => name !== "default")
  .map((name) => `schema as ${name}`)
  .join(", ")} };`;

/** Stands for the schemas of lambdas' trees, whose checks are a third of what `connect` compares with. */
const unusedTreeSchemas = `export { any as expressionTree, any as alertTree } from "zod";`;

/**
 * Options of esbuild for the client, and for browsers also of the main entry: apps use both, and ship what they share
 * once. For its platform, esbuild refuses packages and modules of Node. The exceptions are loaded by calls that need
 * them: Arrow by calls with tables, Node's by those with files, which browsers do not have.
 *
 * All entries share the error classes, so that `instanceof TargetError` holds whichever entry the class is from.
 *
 * @param {"node" | "browser"} platform
 * @returns {import("esbuild").BuildOptions}
 */
export function clientBundle(platform) {
  const isBrowser = platform === "browser";
  const client = join(root, "src", "client", "index.ts");
  return {
    entryPoints: isBrowser ? { "client-browser": client, "index-browser": join(root, "src", "index.ts") } : { client },
    bundle: true,
    splitting: true,
    chunkNames: isBrowser ? "browser-[hash]" : "client-[hash]",
    format: "esm",
    platform: "neutral",
    target: "es2022",
    external: ["apache-arrow", ...(isBrowser ? [] : ["node:fs/promises", "node:path", "node:url"])],
    plugins: [clientModules(isBrowser)],
  };
}

/**
 * Options of esbuild for what the client loads on demand in browsers, and for the schemas of pipelines.
 *
 * @type {readonly import("esbuild").BuildOptions[]}
 */
export const onDemandBundles = [
  ...Object.entries(onDemand),
  [join(root, "src", "schema", "index.js"), "schema-browser"],
].map(([module, name]) => ({
  entryPoints: { [name]: module.replace(/\.js$/, ".ts") },
  bundle: true,
  format: "esm",
  platform: "neutral",
  target: "es2022",
  external: ["apache-arrow"],
  plugins: [clientModules(true)],
}));

/**
 * @param {boolean} isBrowser
 * @returns {import("esbuild").Plugin}
 */
function clientModules(isBrowser) {
  return {
    name: "client-modules",
    setup({ onResolve, onLoad }) {
      onResolve(
        {
          filter:
            /\/(errors|build|node-files|drift|server-log|answer-errors|deploy|arrow-tables|connect-model|target-misuse)\.js$/,
        },
        ({ path, resolveDir }) => {
          const module = path.startsWith("/") ? path : join(resolveDir, path);
          if (module === errors) return { path: "./errors.js", external: true };
          if (isBrowser && module in absent) return { path: relative(root, module), namespace: "absent" };
          if (isBrowser && module in onDemand) return { path: `./${onDemand[module]}.js`, external: true };
          return module === build ? { path: "./index.js", external: true } : null;
        },
      );
      // A file of its own: bundlers drop it from apps that use nothing of it.
      onResolve({ filter: /\/schema\/index\.js$/ }, () => ({ path: "./schema-browser.js", external: true }));
      onResolve({ filter: /\/browser-build\.js$/ }, ({ path }) => ({ path, external: true }));
      onResolve({ filter: /\/tree\/schema\.js$/ }, () => ({
        path: "tree-schemas",
        namespace: "absent",
        sideEffects: false,
      }));
      onResolve({ filter: /^zod$/ }, () => ({ path: "zod", namespace: "absent", sideEffects: false }));
      onLoad({ filter: /./, namespace: "absent" }, ({ path }) => ({
        contents: absent[join(root, path)] ?? { zod: unusedSchemas, "tree-schemas": unusedTreeSchemas }[path],
        resolveDir: root,
      }));
    },
  };
}

/** What `build()` has in browsers: no parser, as the bundler's plugin compiles the lambdas, and no `node:crypto`. */
const withoutNode = {
  [join(root, "codegen", "lambda", "read-function.js")]: join(root, "codegen", "lambda", "uncompiled-lambda.ts"),
  [join(root, "src", "config", "digest", "sha256.js")]: join(root, "src", "config", "digest", "sha256-text.ts"),
};

/**
 * Options of esbuild for `build()` in browsers, which compiles pipelines whose lambdas the plugin has compiled.
 *
 * @type {import("esbuild").BuildOptions}
 */
export const browserBuildBundle = {
  entryPoints: { "browser-build": join(root, "src", "build.ts") },
  bundle: true,
  format: "esm",
  platform: "neutral",
  target: "es2022",
  mainFields: ["module", "main"],
  plugins: [
    {
      name: "browser-modules",
      setup({ onResolve }) {
        onResolve({ filter: /\/(errors|read-function|sha256)\.js$/ }, ({ path, resolveDir }) => {
          const module = join(resolveDir, path);
          if (module === errors) return { path: "./errors.js", external: true };
          return module in withoutNode ? { path: withoutNode[module] } : null;
        });
      },
    },
  ],
};
