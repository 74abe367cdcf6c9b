import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { swcRules, webpackConfig } from "./bundle.mjs";

// Persistent caches: the same plugin reads from the cache, another version or other options transform files again.

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

/** A copy of the package that says it is of another version. */
function packageOf(version, work) {
  const copy = join(work, "packages", version, "shapeline");
  mkdirSync(join(copy, "dist"), { recursive: true });
  for (const file of readdirSync(dist)) if (extname(file) === ".js") cpSync(join(dist, file), join(copy, "dist", file));
  const own = JSON.parse(readFileSync(join(dist, "../package.json"), "utf8"));
  writeFileSync(join(copy, "package.json"), JSON.stringify({ ...own, version }));
  return join(copy, "dist");
}

const tools = {
  "webpack 5": {
    create: async () => (await import("webpack")).default,
    entry: "webpack",
    loader: "swc-loader",
    cached: (folder) => ({ cache: { type: "filesystem", cacheDirectory: folder } }),
  },
  "rspack 2": {
    create: async () => (await import("@rspack/core")).rspack,
    entry: "rspack",
    loader: "builtin:swc-loader",
    cached: (folder) => ({ cache: { type: "persistent", storage: { type: "filesystem", directory: folder } } }),
  },
  "rspack 1": {
    create: async () => (await import("rspack-1")).rspack,
    entry: "rspack",
    loader: "builtin:swc-loader",
    cached: (folder) => ({
      cache: true,
      experiments: {
        outputModule: true,
        cache: { type: "persistent", storage: { type: "filesystem", directory: folder } },
      },
    }),
  },
};

/** The pipeline files that a build transformed, from which it is seen what came from the cache. */
async function transformed(tool, { work, app, options }, name, version) {
  const { create, entry, loader, cached } = tools[tool];
  const root = join(work, `cache-${tool.replace(/\W+/g, "-")}`);
  const { default: shapeline } = await import(pathToFileURL(join(packageOf(version, work), `${entry}.js`)).href);
  const bundler = (await create())({
    ...webpackConfig({ entry: join(app, "src/main.ts"), root: app, out: join(root, "out") }, false),
    ...cached(join(root, "cache")),
    mode: "development",
    module: { rules: swcRules(loader) },
    plugins: [shapeline({ ...options, root: app })],
  });
  const stats = await new Promise((resolve, reject) =>
    bundler.run((error, found) => (error ? reject(error) : resolve(found))),
  );
  await new Promise((resolve) => bundler.close(resolve));
  const { errors, modules } = stats.toJson({ all: false, errors: true, modules: true, nestedModules: true });
  if (errors.length > 0) throw new Error(`${name}: ${errors.map(({ message }) => message).join("\n")}`);
  return modules.filter(({ name, built }) => /\.pipeline\.ts/.test(name ?? "") && built).length;
}

async function checkCache(tool, job) {
  const counts = {};
  const run = async (name, version, options) => {
    counts[name] = await transformed(tool, { ...job, options: { ...job.options, ...options } }, name, version);
  };
  await run("first build", "1.0.0", {});
  await run("same plugin", "1.0.0", {});
  await run("other version", "1.0.1", {});
  await run("other options", "1.0.1", { failOnError: false });
  await run("same options", "1.0.1", { failOnError: false });
  const files = counts["first build"];
  const expected = {
    "first build": files,
    "same plugin": 0,
    "other version": files,
    "other options": files,
    "same options": 0,
  };
  if (files === 0 || JSON.stringify(counts) !== JSON.stringify(expected))
    throw new Error(`pipeline files that were transformed: ${JSON.stringify(counts)}`);
  return `${files} pipeline files come from the cache, and are transformed again for another version or option`;
}

export const caches = Object.keys(tools).map((tool) => ({
  name: `persistent cache, ${tool}`,
  run: (job) => checkCache(tool, job),
}));
