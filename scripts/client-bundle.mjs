// How the client is bundled: apart from the other entries, because in browsers it should not come in dozens of files.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const errors = join(root, "dsl", "errors.js");
const build = join(root, "src", "build.js");
const nodeFiles = join(root, "src", "client", "server", "node-files.js");

/** What stands in a browser for the modules that need Node. */
const absent = {
  [build]: `import { TargetError } from ${JSON.stringify(errors)};
export function build() {
  throw new TargetError("SL6000", "a pipeline cannot be compiled in a browser; compile it with 'shapeline compile', and give its config: deploy(target, { config })");
}`,
  [nodeFiles]: `throw new TypeError("there are no files in a browser");`,
};

/**
 * Options of esbuild for the client. For its platform, esbuild refuses packages and modules of Node. The exceptions are
 * loaded by calls that need them: Arrow by calls with tables, Node's by those with files, which browsers do not have.
 *
 * All entries share the error classes, so that `instanceof TargetError` holds whichever entry the class is from.
 *
 * @param {"node" | "browser"} platform
 * @returns {import("esbuild").BuildOptions}
 */
export function clientBundle(platform) {
  const isBrowser = platform === "browser";
  const name = isBrowser ? "client-browser" : "client";
  return {
    entryPoints: { [name]: join(root, "src", "client", "index.ts") },
    bundle: true,
    splitting: true,
    chunkNames: `${name}-[hash]`,
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
          onLoad({ filter: /./, namespace: "absent" }, ({ path }) => ({ contents: absent[path], resolveDir: root }));
        },
      },
    ],
  };
}
