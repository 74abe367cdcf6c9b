// Measures compiling: a lambda, a long chain, a large project, the command line, and unplugin-typegpu on as many
// functions (`npm run peers` installs it). Prints medians with the 10th to 90th percentile of one run. Nothing passes
// or fails.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, cpSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, defineModel, pipeline } from "shapeline";
import { compileLambda, compileProject } from "shapeline/codegen";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "shapeline-bench-"));
const quantile = (times, share) => [...times].sort((a, b) => a - b)[Math.round((times.length - 1) * share)];
const median = (times) => quantile(times, 0.5);
const spread = (times) => `${ms(quantile(times, 0.1))} to ${ms(quantile(times, 0.9))}`;
const ms = (time) => (time < 10 ? time.toFixed(3) : time.toFixed(0));
const printRow = (name, value, more = "") => console.log(`${name.padEnd(58)} ${value.padStart(12)}  ${more}`);

async function times(count, run) {
  const all = [];
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    await run(i);
    all.push(performance.now() - start);
  }
  return all;
}

// 1. Realistic lambdas. compileLambda caches nothing between calls.
const port = (name, dtype, ...sizes) => ({ name, dtype, shape: ["batch", ...sizes] });
const ports = {
  inputs: [port("features", "float32", 29), port("amount", "float64"), port("country", "string")],
  outputs: [port("risk", "float32", 1), port("probabilities", "float32", 3)],
  constants: { LIMIT: 0.9, SANCTIONED: ["KP", "IR"], Limits: { low: 0.1, high: 0.99 } },
};
const lambdas = [
  "x => x.out.risk[0] < 0.9",
  "x => x.out.risk[0] >= 0 && x.out.risk[0] <= 1",
  "x => x.out.probabilities.every((p) => p >= 0 && p <= 1)",
  "x => !SANCTIONED.includes(x.in.country)",
  "x => { const p = x.out.risk[0]; return p > Limits.low && p < Limits.high; }",
  "x => Math.abs(x.out.probabilities.reduce((a, b) => a + b, 0) - 1) < 1e-3",
  "x => x.in.amount < 1000 || x.out.risk[0] < LIMIT",
  "x => Math.max(...x.out.probabilities) > 0.4",
  "({ out: { risk: [score] } }) => score < 0.95",
  "x => Number.isFinite(x.out.risk[0]) && x.in.amount > 0",
];
const perLambda = async () => {
  for (let i = 0; i < 400; i += 1) for (const text of lambdas) compileLambda(text, ports);
  const rows = [];
  for (const text of lambdas) rows.push([text, await times(400, () => compileLambda(text, ports))]);
  return rows;
};
console.log("\none lambda, warm: parse, lower, type, all back-ends (ms)");
const measured = await perLambda();
for (const [text, all] of measured) printRow(`  ${text.slice(0, 56)}`, ms(median(all)), spread(all));
printRow(
  "  median of the lambdas",
  ms(median(measured.map(([, all]) => median(all)))),
  `mean ${ms(measured.reduce((sum, [, all]) => sum + median(all), 0) / measured.length)}`,
);

// 2. Chains of validations in one expression: from the running functions to the config.
const scorer = defineModel({
  name: "scorer",
  sha256: "0".repeat(64),
  inputs: { amount: { dtype: "float64", shape: ["batch", 1] } },
  outputs: { score: { dtype: "float64", shape: ["batch", 1] } },
});
console.log("\na chain of validations in one expression, to the config (ms a validation)");
let round = 0;
const chain = (length) => {
  round += 1;
  const text = Array.from({ length }, (_, i) => `.validate("v${i}", (x) => x.out.score[0] < ${round}.${i}1)`).join("");
  return new Function("p", `return p${text};`)(pipeline("chain").model(scorer));
};
await build(chain(100));
const lengths = [250, 500, 1000];
const chains = [];
for (const length of lengths) {
  const all = (await times(5, async () => build(chain(length)))).map((time) => time / length);
  chains.push(median(all));
  printRow(`  ${length}`, ms(median(all)), `${spread(all)}; ${(median(all) / chains[0]).toFixed(2)} × the first`);
}

// 3. Projects of up to 2,000 files. Half of them are pipeline files; each imports its own file of limits.
console.log("\na project, compiled whole (files a second)");
const model =
  'import { defineModel } from "shapeline";\nexport const scorer = defineModel({ name: "scorer", sha256: "0".repeat(64), inputs: { amount: { dtype: "float64", shape: ["batch", 1] } }, outputs: { score: { dtype: "float64", shape: ["batch", 1] } } });\n';
function project(files) {
  const at = join(folder, `project-${files}`);
  mkdirSync(join(at, "node_modules", "shapeline"), { recursive: true });
  cpSync(join(root, "package.json"), join(at, "node_modules", "shapeline", "package.json"));
  for (const part of ["dist", "node_modules"])
    symlinkSync(join(root, part), join(at, "node_modules", "shapeline", part), "dir");
  writeFileSync(join(at, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(at, "tsconfig.json"),
    '{ "compilerOptions": { "module": "nodenext", "target": "es2022" }, "include": ["*.ts"] }',
  );
  writeFileSync(join(at, "models.ts"), model);
  for (let i = 0; i < files / 2; i += 1) {
    writeFileSync(
      join(at, `limits-${i}.ts`),
      `export const LIMIT = ${i}.5;\nexport const small = (v: number): boolean => v < LIMIT;\n`,
    );
    writeFileSync(
      join(at, `p${i}.pipeline.ts`),
      `import { pipeline } from "shapeline";\nimport { LIMIT, small } from "./limits-${i}.js";\nimport { scorer } from "./models.js";\nexport const p = pipeline("p${i}").model(scorer).validate("low", (x) => x.out.score[0] > LIMIT).validate("small", (x) => small(x.out.score[0]));\n`,
    );
  }
  return at;
}
const rates = [];
for (const files of [20, 200, 2000]) {
  const cwd = project(files);
  const [all] = await times(1, async () => {
    const { configs, problems } = await compileProject({ cwd });
    if (problems.length > 0 || configs.length !== files / 2)
      throw new RangeError(problems[0]?.message ?? "a config is missing");
  });
  rates.push((files / all) * 1000);
  printRow(`  ${files} files, ${files / 2} pipelines`, `${((files / all) * 1000).toFixed(0)} /s`, `${ms(all)} ms`);
}

// 4. The command line on an example, without the start-up time of Node.
console.log("\nthe command line on examples/fraud, net of Node (ms)");
const cli = join(root, "dist", "cli.js");
const cwd = join(folder, "fraud");
cpSync(join(root, "examples", "fraud"), cwd, { recursive: true, filter: (path) => !path.includes(".shapeline") });
mkdirSync(join(cwd, "node_modules", "shapeline"), { recursive: true });
cpSync(join(root, "package.json"), join(cwd, "node_modules", "shapeline", "package.json"));
for (const part of ["dist", "node_modules"])
  symlinkSync(join(root, part), join(cwd, "node_modules", "shapeline", part), "dir");
const runNode =
  (args, env = {}) =>
  () =>
    execFileSync(process.execPath, args, { cwd, stdio: "ignore", env: { ...process.env, ...env } });
const runs = 9;
const node = await times(runs, runNode(["-e", "0"]));
const cold = await times(runs, () => {
  rmSync(join(cwd, ".shapeline"), { recursive: true, force: true });
  runNode([cli, "compile"])();
});
// Without any cache of compiled code, Node's or Shapeline's.
const first = await times(runs, (i) => {
  rmSync(join(cwd, ".shapeline"), { recursive: true, force: true });
  rmSync(join(root, "node_modules", ".cache", "shapeline"), { recursive: true, force: true });
  runNode([cli, "compile"], { NODE_COMPILE_CACHE: join(folder, `compiled-${i}`) })();
});
const same = await times(runs, runNode([cli, "compile"]));
printRow("  node -e 0", ms(median(node)), spread(node));
for (const [name, all] of [
  ["cold", cold],
  ["the first time after installing", first],
  ["nothing changed", same],
])
  printRow(
    `  ${name}`,
    ms(median(all) - median(node)),
    `${spread(all)} with Node; ${((median(all) - median(node)) / median(node)).toFixed(1)} × node -e 0`,
  );
const typescript = JSON.stringify(pathToFileURL(join(root, "dist", "codegen", "typescript.js")).href);
const imports = [
  ["typescript, with cached code", `import(${typescript})`],
  [
    "our modules and zod, with typescript",
    `import(${JSON.stringify(pathToFileURL(join(root, "dist", "codegen.js")).href)})`,
  ],
  ["esbuild and its process", 'require("esbuild").transform("").then(() => process.exit())'],
  ["commander", 'require("commander")'],
];
for (const [name, code] of imports) {
  const all = await times(runs, () => execFileSync(process.execPath, ["-e", code], { cwd: root, stdio: "ignore" }));
  printRow(`    import ${name}`, ms(median(all) - median(node)), spread(all));
}

console.log("\nan app that authors pipelines, and one that builds them, net of Node (ms)");
const authors = await times(runs, runNode(["--input-type=module", "-e", 'import "shapeline";']));
const builds = await times(
  runs,
  runNode([
    "--input-type=module",
    "-e",
    'import { build, defineModel, pipeline } from "shapeline"; const m = defineModel({ name: "m", sha256: "0".repeat(64), inputs: { a: { dtype: "float64", shape: ["batch", 1] } }, outputs: { b: { dtype: "float64", shape: ["batch", 1] } } }); await build(pipeline("p").model(m).validate("low", (x) => x.out.b[0] < 1));',
  ]),
);
for (const [name, all] of [
  ["import shapeline", authors],
  ["and the first build()", builds],
])
  printRow(`  ${name}`, ms(median(all) - median(node)), `${spread(all)} with Node`);

// 5. unplugin-typegpu, which also turns functions into trees at build time, on as many functions with the same text.
console.log("\n1,000 functions of one file to trees, warm (ms a function)");
const { attachLambdas } = await import(
  pathToFileURL(join(root, "dist", "codegen", "lambda", "attach", "attach.js")).href
);
const count = 1000;
const body = (i) => `x.out.score * ${i}.5 < ${i} && x.in.amount + 1 > 0`;
const ours = `p${Array.from({ length: count }, (_, i) => `.validate("v${i}", (x) => ${body(i)})`).join("")};`;
const attach = (await times(7, () => attachLambdas(ours, { file: "a.ts" }))).slice(2).map((time) => time / count);
printRow("  shapeline, attachLambdas", ms(median(attach)), spread(attach));
const peers = join(root, "bench", "peers", "node_modules", "unplugin-typegpu");
if (!existsSync(peers)) console.log("  unplugin-typegpu is not installed: npm run peers");
else {
  const required = createRequire(join(peers, "package.json"))("unplugin-typegpu/rollup");
  const plugin = required.default ?? required;
  const theirs = `import tgpu from "typegpu";\n${Array.from({ length: count }, (_, i) => `export const f${i} = (x) => { "use gpu"; return ${body(i)}; };`).join("\n")}`;
  const made = plugin({});
  const { transform } = Array.isArray(made) ? made[0] : made;
  const handler = typeof transform === "function" ? transform : transform.handler;
  const context = { warn: () => undefined };
  const peer = (await times(7, () => handler.call(context, theirs, "/a.ts"))).slice(2).map((time) => time / count);
  printRow(
    "  unplugin-typegpu",
    ms(median(peer)),
    `${spread(peer)}; ${(median(peer) / median(attach)).toFixed(1)} × shapeline`,
  );
}
rmSync(folder, { recursive: true, force: true });
process.exit();
