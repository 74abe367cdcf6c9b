// How each bundler bundles the fixture application for browsers, as one would configure it: our plugin is one line.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = new URL("../../dist/", import.meta.url);
const plugin = async (entry) => (await import(new URL(`${entry}.js`, dist).href)).default;

/**
 * @typedef {{ entry: string, root: string, out: string, options: object }} Job
 * @type {Record<string, (job: Job) => Promise<void>>}
 */
export const bundlers = {
  "esbuild 0.28": (job) => esbuild("esbuild", job, true),
  "esbuild 0.27": (job) => esbuild("esbuild-before", job, false),
  "rollup 4, not minified": (job) => rollup("rollup", job, null),
  "rollup 4, terser": (job) => rollup("rollup", job, "terser"),
  "rollup 4, swc": (job) => rollup("rollup", job, "swc"),
  "rollup 4, oxc": (job) => rollup("rollup", job, "oxc"),
  "rollup 3, esbuild": (job) => rollup("rollup-before", job, "esbuild"),
  "rolldown 1": rolldown,
  "vite 8, oxc": (job) => vite("vite", job, true),
  "vite 8, terser": (job) => vite("vite", job, "terser"),
  "vite 7, esbuild": (job) => vite("vite-before", job, "esbuild"),
  "webpack 5, terser": (job) => webpack(job, true),
  "webpack 5, not minified": (job) => webpack(job, false),
  "rspack 2, swc": (job) => rspack("@rspack/core", job),
  "rspack 1, swc": (job) => rspack("rspack-1", job),
  "bun 1, minified": bun,
};

async function esbuild(name, { entry, out, options }, minify) {
  const { build } = await import(name);
  await build({
    entryPoints: [entry],
    outdir: out,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    sourcemap: true,
    logLevel: "error",
    minify,
    plugins: [(await plugin("esbuild"))(options)],
  });
}

/** Removes types, and resolves `./a.js` to `./a.ts`, as a TypeScript plugin does. */
function typescript(esbuildModule) {
  return {
    name: "typescript",
    async resolveId(id, importer) {
      if (id === "shapeline")
        return join(importer.slice(0, importer.indexOf("/src/")), "node_modules/shapeline/dist/index-browser.js");
      for (const extension of [".ts", ".tsx"]) {
        const found =
          id.startsWith(".") && (await this.resolve(id.replace(/\.js$/, extension), importer, { skipSelf: true }));
        if (found && (await import("node:fs")).existsSync(found.id)) return found;
      }
      return null;
    },
    async transform(code, id) {
      if (!/\.tsx?$/.test(id)) return null;
      return esbuildModule.transform(code, {
        loader: id.endsWith("x") ? "tsx" : "ts",
        sourcefile: id,
        sourcemap: true,
        target: "es2022",
      });
    },
  };
}

const minifiers = {
  terser: async (code) => (await (await import("terser")).minify(code, { module: true })).code,
  swc: async (code) =>
    (await (await import("@swc/core")).minify(code, { module: true, compress: true, mangle: true })).code,
  oxc: async (code) => (await (await import("oxc-minify")).minify("a.mjs", code)).code,
  esbuild: async (code) => (await (await import("esbuild")).transform(code, { minify: true, format: "esm" })).code,
};

async function rollup(name, { entry, out, options }, minifier) {
  const esbuildModule = await import("esbuild");
  const minify = {
    name: "minify",
    renderChunk: async (code) => ({ code: await minifiers[minifier](code), map: null }),
  };
  const bundle = await (
    await import(name)
  ).rollup({
    input: entry,
    plugins: [(await plugin("rollup"))(options), typescript(esbuildModule), ...(minifier === null ? [] : [minify])],
  });
  await bundle.write({ dir: out, format: "es", sourcemap: minifier === null });
  await bundle.close();
}

async function rolldown({ entry, out, options }) {
  const bundle = await (
    await import("rolldown")
  ).rolldown({ input: entry, platform: "browser", plugins: [(await plugin("rolldown"))(options)] });
  await bundle.write({ dir: out, format: "esm", minify: true });
  await bundle.close();
}

async function bun({ entry, out, options }) {
  const binary = fileURLToPath(new URL("node_modules/@oven/bun-linux-x64/bin/bun", import.meta.url));
  const script = fileURLToPath(new URL("bun-build.mjs", import.meta.url));
  const plugin = new URL("bun.js", dist).href;
  execFileSync(binary, [script, plugin, JSON.stringify({ entry, out, options })], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function vite(name, { entry, root, out, options }, minify) {
  const { build } = await import(name);
  await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [(await plugin("vite"))(options)],
    build: {
      outDir: out,
      target: "es2022",
      minify,
      modulePreload: false,
      rollupOptions: { input: entry, output: { entryFileNames: "main.js" } },
    },
  });
}

/** What webpack and Rspack share. */
export const webpackConfig = ({ entry, root, out }, minimize) => ({
  mode: "production",
  target: ["web", "es2022"],
  context: root,
  entry: { main: entry },
  devtool: "source-map",
  performance: false,
  optimization: { minimize },
  experiments: { outputModule: true },
  output: {
    path: out,
    filename: "[name].js",
    module: true,
    chunkFormat: "module",
    chunkLoading: "import",
    publicPath: "auto",
  },
  resolve: { extensions: [".ts", ".tsx", ".js"], extensionAlias: { ".js": [".ts", ".tsx", ".js"] } },
});

const swcOptions = (tsx) => ({ jsc: { parser: { syntax: "typescript", tsx }, target: "es2022" } });
export const swcRules = (loader) => [
  { test: /\.ts$/, loader, options: swcOptions(false), type: "javascript/auto" },
  { test: /\.tsx$/, loader, options: swcOptions(true), type: "javascript/auto" },
];

async function webpack(job, minimize) {
  const { default: create } = await import("webpack");
  await pack(create, "webpack", "swc-loader", job, minimize);
}

async function rspack(name, job) {
  const { rspack: create } = await import(name);
  await pack(create, "rspack", "builtin:swc-loader", job, true);
}

/** Bundles with webpack or Rspack, which take the same options. Rejects with the errors of the build. */
async function pack(create, name, loader, job, minimize) {
  const compiler = create({
    ...webpackConfig(job, minimize),
    module: { rules: swcRules(loader) },
    plugins: [(await plugin(name))(job.options)],
  });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, found) => (error ? reject(error) : resolve(found))),
  );
  await new Promise((resolve) => compiler.close(resolve));
  const { errors } = stats.toJson({ all: false, errors: true });
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
}
