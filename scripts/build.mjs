// Builds dist/: declarations and single modules (tsc), what the package ships as a few files (esbuild), and the JSON
// Schemas of configs and signature files. There are no source maps: the JavaScript is not minified. Does nothing if
// dist/ is built from these sources; `npm run build -- --force` builds anyway.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { hashInputs, isBuilt, markBuilt } from "./build-stamp.mjs";
import { browserBuildBundle, clientBundle, onDemandBundles } from "./client-bundle.mjs";
import { wallarooBrowserEntry, wallarooConnectBundles, wallarooDefinitionsBundle } from "./bundles/wallaroo.mjs";
import { chunkPlan, mergeChunks } from "./merge-chunks.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = (...path) => join(root, "dist", ...path);
const { dependencies, exports, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
// TypeScript 7 emits the same JavaScript as TypeScript 6 in a fifth of the time. Declarations differ in the order of
// unions' members; scripts/check-package.mjs compiles them with all supported compilers.
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript-7/package.json")), "bin", "tsc");

const hash = hashInputs();
if (!process.argv.includes("--force") && isBuilt(hash)) process.exit();

rmSync(dist(), { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
} catch {
  process.exit(1); // tsc has printed the errors
}

// The package contains only the declarations that its entries refer to: a fifth of them.
const declared = new Set(
  execFileSync(process.execPath, [
    ...[tsc, "--listFilesOnly", "--ignoreConfig", "--module", "nodenext", "--target", "es2022", "--types", "node"],
    ...Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [join(root, types)])),
  ])
    .toString()
    .split(/\r?\n/)
    .map((file) => resolve(file)),
);
for (const path of readdirSync(dist(), { recursive: true }))
  if (path.endsWith(".d.ts") && !declared.has(dist(path))) rmSync(dist(path));

// The package's entries. Node takes about 0.5 ms for each module it loads, and the entries consist of hundreds. So they
// are bundled, with Zod. What several entries use is in chunks, so that every module exists once. The single modules of
// tsc stay in dist/ for tests and scripts; the package does not contain them.
const entries = {
  index: "src/index.ts",
  local: "src/targets/local/index.ts",
  config: "src/entries/config.ts",
  testing: "src/testing/index.ts",
  server: "src/server/index.ts",
  wallaroo: "src/entries/wallaroo.ts",
  codegen: "codegen/index.ts",
  ...Object.fromEntries(
    ["vite", "rollup", "rolldown", "webpack", "rspack", "esbuild", "bun", "loader", "register"].map((name) => [
      name,
      `codegen/plugin/entries/${name}.ts`,
    ]),
  ),
  // The reader of lambdas, with the TypeScript parser, and what the plugin replaces it with: both need fixed names.
  "shapeline-lambda-reader": "codegen/lambda/read-function.ts",
  "shapeline-uncompiled-lambda": "codegen/lambda/uncompiled-lambda.ts",
  eslint: "codegen/eslint/plugin.ts",
  // What the lint rule loads when the first file has a pipeline: a file beside its own.
  "lambda-problems": "codegen/eslint/lambda-problems.ts",
  // Node loads these by their names.
  "shapeline-register-hooks": "codegen/plugin/register/hooks.ts",
  "shapeline-transform": "codegen/plugin/transform.ts",
  // Types only.
  internals: "dsl/internals.ts",
  cli: "src/cli/main.ts",
  // Its classes are those of `client` too, which is bundled below.
  errors: "dsl/errors.ts",
  // What `cli` runs, for tests that run many commands in one process.
  "cli-run": "src/cli/run.ts",
  // Must be a file of its own, beside the module that starts it: all files are in one folder.
  "model-worker": "src/engine/scheduling/model-worker.ts",
  // Likewise: a process of its own.
  "compile-job": "codegen/project/compile-job.ts",
};
const bundle = {
  entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)])),
  absWorkingDir: root,
  outdir: dist(),
  bundle: true,
  splitting: true,
  chunkNames: "shared-[hash]",
  format: "esm",
  platform: "node",
  target: "node20",
  // Node prints the source line of an uncaught error, so no line may be long.
  lineLimit: 120,
  external: Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => name !== "zod"),
};
const { metafile } = await build({ ...bundle, write: false, metafile: true });
// Bundles contain `uncompiled-lambda`, and browsers load `errors`. `cli` turns on the compile cache before it loads
// anything else.
const plan = chunkPlan(metafile, [
  entries.errors,
  entries.cli,
  entries["cli-run"],
  entries["shapeline-uncompiled-lambda"],
]);
await build({ ...bundle, plugins: [mergeChunks(plan, root)] });

for (const platform of ["node", "browser"]) await build({ ...clientBundle(platform), outdir: dist(), lineLimit: 120 });
for (const bundle of [browserBuildBundle, ...wallarooConnectBundles, ...onDemandBundles])
  await build({ ...bundle, outdir: dist(), lineLimit: 120 });
// `shapeline` has them too: no files of its own.
writeFileSync(dist("schema.js"), `export { requestSchema, resultSchema, toJSONSchema } from "./index.js";\n`);
const definitions = await build({ ...wallarooDefinitionsBundle, outdir: dist(), lineLimit: 120 });
const [{ exports: definitionNames = [] } = {}] = Object.values(definitions.metafile.outputs).filter(
  ({ entryPoint }) => entryPoint,
);
writeFileSync(dist("wallaroo-browser.js"), wallarooBrowserEntry(definitionNames));
copyFileSync(join(root, "src", "entries", "needs-typescript-5.4.d.ts"), dist("needs-typescript-5.4.d.ts"));
// Read at run time, by the bundle and by the single module.
for (const folder of [dist(), dist("src", "server", "grpc")])
  copyFileSync(join(root, "src", "server", "grpc", "grpc_predict_v2.proto"), join(folder, "grpc_predict_v2.proto"));
copyFileSync(join(root, "node_modules", "zod", "LICENSE"), dist("zod-LICENSE.txt"));

const { configJsonSchema } = await import(new URL("../dist/src/config/schema.js", import.meta.url).href);
writeFileSync(dist("pipeline.schema.json"), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
const { signatureJsonSchema } = await import(new URL("../dist/codegen.js", import.meta.url).href);
writeFileSync(dist("signature.schema.json"), `${JSON.stringify(signatureJsonSchema(), null, 2)}\n`);
chmodSync(dist("cli.js"), 0o755);

// What `shapeline init` starts a project with: models of an example under names that say what they do, and eight rows,
// of which one fails.
mkdirSync(dist("starter"));
for (const [model, name] of Object.entries({ a: "scan", c2: "risk", c1: "risk-linear" }))
  copyFileSync(join(root, "examples", "fraud", "models", `${model}.onnx`), dist("starter", `${name}.onnx`));
const exampleRows = JSON.parse(readFileSync(join(root, "examples", "fraud", "rows.df.json"), "utf8"));
const rowLines = exampleRows.slice(10, 18).map((row) => JSON.stringify(row));
writeFileSync(dist("starter", "rows.json"), `[\n${rowLines.join(",\n")}\n]\n`);
markBuilt(hash);
