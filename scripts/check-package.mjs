// Checks the package as users get it: packs it, runs publint and attw, installs it in an empty project, and type-checks
// and runs code there.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const bin = (name) => join(root, "node_modules", ".bin", name);
const run = (file, args, cwd = root) => execFileSync(file, args, { cwd, stdio: "inherit" });
const tscOf = (pkg) => join(dirname(require.resolve(`${pkg}/package.json`)), "bin", "tsc");

const maxUncaughtBytes = 3000;
const maxLineLength = 1000;

const work = mkdtempSync(join(tmpdir(), "shapeline-package-"));
try {
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", work], { cwd: root, encoding: "utf8" }),
  );
  const tarball = join(work, filename);
  run(bin("publint"), ["run", tarball, "--strict"]);
  // A .proto file is no module.
  run(bin("attw"), [tarball, "--profile", "esm-only", "--exclude-entrypoints", "grpc_predict_v2.proto"]);

  const project = join(work, "project");
  mkdirSync(join(project, "src"), { recursive: true });
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  writeFileSync(join(project, ".npmrc"), "ignore-scripts=true\naudit=false\nfund=false\nupdate-notifier=false\n");
  cpSync(join(root, "examples", "fraud", "models"), join(project, "models"), { recursive: true });
  cpSync(join(root, "examples", "fraud", "rows.df.json"), join(project, "rows.df.json"));
  writeFileSync(
    join(project, "src", "fraud.pipeline.ts"),
    `import { pipeline } from "shapeline";
import { a, c1, c2, champ } from "./models.gen.js";
export const fraud = pipeline("fraud").model(a).shadow(champ, [c1, c2]).validate("amt", x => x.out < 1);
`,
  );
  writeFileSync(
    join(project, "src", "app.ts"),
    `import { openInference } from "shapeline/client";
import { parseConfig } from "shapeline/config";
import { compileLambda, readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { TargetError } from "shapeline";
import { toDefinition } from "shapeline/wallaroo";
import { fraud } from "./fraud.pipeline.js";

const live = await fraud.deploy(local({ data: "./app-data" }));
const [row] = await live.infer([{ pixels: new Array<number>(64).fill(0) }]);
const risk: number | undefined = row?.out.risk[0];
const signature = await readSignature("models/a.onnx");
const lambda = compileLambda("x => x.out < 1", { inputs: signature.inputs, outputs: signature.inputs });
const server = openInference({ url: "http://127.0.0.1:9", fetch });
// The entries share their error classes.
const unreachable = await server.connect(fraud).then((remote) => remote.name, (error) => error instanceof TargetError && error.code);
if (unreachable !== "SL6050") throw new TypeError(String(unreachable));
console.log(typeof risk, row?.anomaly.amt, signature.name, lambda.ok, typeof parseConfig, typeof toDefinition);
await live.close();
`,
  );
  const tsconfig = (module, moduleResolution) =>
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        module,
        moduleResolution,
        strict: true,
        exactOptionalPropertyTypes: true,
        declaration: true,
        skipLibCheck: true,
        types: [],
        lib: ["es2023", "dom"],
        outDir: "out",
        rootDir: "src",
      },
      include: ["src"],
    });
  writeFileSync(join(project, "tsconfig.json"), tsconfig("nodenext", "nodenext"));
  writeFileSync(join(project, "tsconfig.bundler.json"), tsconfig("esnext", "bundler"));

  run("npm", ["install", "--no-save", tarball], project);
  const shapeline = (...args) => run(join(project, "node_modules", ".bin", "shapeline"), args, project);
  shapeline("generate", "models/*.onnx", "--out", "src/models.gen.ts");
  for (const config of ["tsconfig.json", "tsconfig.bundler.json"]) {
    for (const compiler of ["typescript-5.4", "typescript-5.9", "typescript", "typescript-7"]) {
      console.log(`${config}, ${compiler}`);
      run(process.execPath, [tscOf(compiler), "-p", config, "--noEmit"], project);
    }
  }
  checkTooOldCompiler(project);
  checkDeclarations(project);
  shapeline("compile", "--out", ".");

  const { devDependencies } = JSON.parse(
    execFileSync("npm", ["pkg", "get", "--json"], { cwd: root, encoding: "utf8" }),
  );
  // The engine's native parts are optional peers: without them `deploy` names the packages to install.
  let refused = "";
  try {
    execFileSync(join(project, "node_modules", ".bin", "shapeline"), ["deploy", "fraud.pipeline.json", "--json"], {
      cwd: project,
      encoding: "utf8",
    });
  } catch (error) {
    refused = String(error.stdout);
  }
  if (!/npm install/.test(refused))
    throw new Error(
      `without onnxruntime-node and DuckDB, deploy must name the command to run, but printed: ${refused}`,
    );

  checkUncaughtErrors(project, tarball, devDependencies.vitest);
  run(
    "npm",
    [
      "install",
      "--no-save",
      tarball,
      ...["onnxruntime-node", "@duckdb/node-api"].map((p) => `${p}@${devDependencies[p]}`),
    ],
    project,
  );
  checkDeclarations(project);
  shapeline("deploy", "fraud.pipeline.json");
  shapeline("infer", "fraud", "rows.df.json");
  shapeline("logs", "fraud", "--limit", "3");
  run(process.execPath, [tscOf("typescript"), "-p", "tsconfig.json"], project);
  // Under plain Node the compiler reads the lambda from the running function.
  run(process.execPath, ["out/app.js"], project);
  shapeline("undeploy", "fraud");
} finally {
  rmSync(work, { recursive: true, force: true });
}

/**
 * All declarations of the package compile, not only what an app uses of them, with and without the optional peers.
 * Before 5.7 those of the package flatbuffers do not, which apache-arrow needs: 5.4 to 5.6 take `skipLibCheck: true`.
 */
function checkDeclarations(project) {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const entries = Object.keys(exports).filter((entry) => !/\.(json|proto)$/.test(entry));
  const imports = entries.map(
    (entry, i) => `import * as entry${i} from "shapeline${entry.slice(1)}";\nvoid entry${i};\n`,
  );
  const folder = join(project, "declarations");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "all.ts"), imports.join(""));
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    strict: true,
    lib: ["es2023"],
    types: [],
    noEmit: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["all.ts"] }));
  for (const compiler of ["typescript-5.9", "typescript", "typescript-7"])
    run(process.execPath, [tscOf(compiler), "-p", folder], project);
}

/** A compiler that would accept wrong pipelines in silence must refuse all pipelines, and say which one is needed. */
function checkTooOldCompiler(project) {
  const old = join(work, "old-compiler");
  mkdirSync(old);
  run("npm", ["install", "--no-save", "--prefix", old, "typescript@5.3.3"], old);
  const tsc = join(old, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.json", "--noEmit"], {
    cwd: project,
    encoding: "utf8",
  });
  if (status === 0 || !/'ShapelineNeedsTypeScript5_4OrLater' has no call signatures/.test(stdout))
    throw new Error(`TypeScript 5.3 must say that it is too old, but printed:\n${stdout}`);
}

/** What an uncaught error of a bad lambda prints stays readable: no long lines of a bundle, no nested trees. */
function checkUncaughtErrors(project, tarball, vitestVersion) {
  const installed = join(project, "node_modules", "shapeline", "dist");
  for (const file of readdirSync(installed, { recursive: true })) {
    if (file.endsWith(".map")) throw new Error(`dist/${file} is a source map, whose sources are not in the package`);
    if (!file.endsWith(".js") || file.includes("page")) continue;
    const longest = Math.max(
      ...readFileSync(join(installed, file), "utf8")
        .split("\n")
        .map((line) => line.length),
    );
    if (longest > maxLineLength) throw new Error(`dist/${file} has a line of ${longest} characters`);
  }

  run("npm", ["install", "--no-save", tarball, "tsx@4.23.15", `vitest@${vitestVersion}`], project);
  const folder = join(project, "uncaught");
  mkdirSync(folder);
  const files = {
    "bad.ts": `import { build, pipeline } from "shapeline";
import { a } from "../src/models.gen.js";
const small = (x: unknown) => { for (const v of [1]) if (v > 1) return false; return true; };
await build(pipeline("p").model(a).validate("low", small));
`,
    "bad.test.ts": `import { it } from "vitest";\nit("builds", () => import("./bad.js"));\n`,
    "misuse.ts": `import { compileLambda } from "shapeline/codegen";
compileLambda("x => x.out < 1", undefined as never);
`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  run(
    bin("esbuild"),
    ["bad.ts", "misuse.ts", "--bundle", "--packages=external", "--format=esm", "--outdir=.", "--log-level=warning"],
    folder,
  );
  const installedBin = (name) => join(project, "node_modules", ".bin", name);
  const runs = {
    "node, bad lambda": [process.execPath, "bad.js"],
    "node --enable-source-maps, bad lambda": [process.execPath, "--enable-source-maps", "bad.js"],
    "node, misuse of compileLambda": [process.execPath, "misuse.js"],
    "tsx, bad lambda": [installedBin("tsx"), "bad.ts"],
    "tsx, misuse of compileLambda": [installedBin("tsx"), "misuse.ts"],
    "vitest, bad lambda": [installedBin("vitest"), "run", "--root", ".", "bad.test.ts"],
  };
  for (const [name, [file, ...args]] of Object.entries(runs)) {
    const { status, stdout, stderr } = spawnSync(file, args, { cwd: folder, encoding: "utf8" });
    const bytes = Buffer.byteLength(stdout + stderr);
    console.log(`an uncaught error under ${name}: ${bytes} bytes`);
    if (status === 0 || bytes > maxUncaughtBytes || (/bad/.test(name) && !/SL1008/.test(stdout + stderr)))
      throw new Error(`under ${name}, exit status ${status}, the error printed:\n${(stdout + stderr).slice(0, 5000)}`);
  }
}
