// How the client is bundled: apart from the other entries, because in browsers it should not come in dozens of files.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as zod from "zod";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const errors = join(root, "dsl", "errors.js");
const build = join(root, "src", "build.js");
const nodeFiles = join(root, "src", "client", "server", "node-files.js");

/** What stands in a browser for the modules that need Node. */
const absent = {
  [build]: `import { TargetError } from ${JSON.stringify(errors)};
export async function build() {
  throw new TargetError("SL6000", "a pipeline cannot be compiled in a browser; compile it with 'shapeline compile', and give its config: deploy(target, { config })");
}`,
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
    plugins: [
      {
        name: "client-modules",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\/(errors|build|node-files)\.js$/ }, ({ path, resolveDir }) => {
            const module = path.startsWith("/") ? path : join(resolveDir, path);
            if (module === errors) return { path: "./errors.js", external: true };
            if (isBrowser && module in absent) return { path: module, namespace: "absent" };
            return module === build ? { path: "./index.js", external: true } : null;
          });
          onResolve({ filter: /^zod$/ }, () => ({ path: "zod", namespace: "absent", sideEffects: false }));
          onLoad({ filter: /./, namespace: "absent" }, ({ path }) => ({
            contents: path === "zod" ? unusedSchemas : absent[path],
            resolveDir: root,
          }));
        },
      },
    ],
  };
}
