// Runs an example from model files to the log: generate, type-check, compile, deploy, infer, read the log.
// Usage: npm run quickstart [-- fraud | breast-cancer]
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { local } from "shapeline/local";
import { histogram, textTable } from "./quickstart-print.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const name = process.argv[2] ?? "fraud";
const folder = join("examples", name);
const data = join(root, ".shapeline");

const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
const cli = join(root, "dist", "cli.js");

/** Prints and runs a command; exits if it fails. */
function command(args, display) {
  console.log(`\n$ ${display}`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
const shapeline = (...args) => command([cli, ...args], `shapeline ${args.join(" ")}`);

console.log(
  `Shapeline on examples/${name}: ${(await readFile(join(root, folder, `${name}.pipeline.ts`), "utf8")).split("\n").length} lines of pipeline, real models, a thousand rows.`,
);
shapeline("generate", `${folder}/models/*.onnx`, "--out", `${folder}/models.gen.ts`);
command([tsc, "-p", `${folder}/tsconfig.json`], `tsc -p ${folder}/tsconfig.json`);
shapeline("compile", `${folder}/${name}.pipeline.ts`, "--project", `${folder}/tsconfig.json`);
shapeline("deploy", `${folder}/${name}.pipeline.json`, "--models", `${folder}/models`);

const rows = JSON.parse(await readFile(join(root, folder, "rows.df.json"), "utf8"));
console.log(`\n> const live = await local({ challengers: "return" }).pipeline("${name}")`);
console.log(`> await live.infer(rows)   // ${rows.length} rows from ${folder}/rows.df.json`);
const engine = local({ data, challengers: "return" });
const live = await engine.pipeline(name);
const started = performance.now();
const answers = await live.infer(rows);
const elapsed = performance.now() - started;
console.log(`\n${answers.length} rows in ${elapsed.toFixed(0)} ms, champion, challengers and log included`);

// The champion's outputs are in `out`, each challenger's in `out_<name>`. All models here have one output port.
const config = await live.configuration();
const shadow = config.steps.find((step) => step.kind === "shadow");
const last = (value) => (Array.isArray(value) ? value[value.length - 1] : value);
const answersOf = (key) => answers.map((row) => last(Object.values(row[key])[0]));
const models = [
  { role: "champion", name: shadow.champion, values: answersOf("out") },
  ...shadow.challengers.map((challenger) => ({
    role: "challenger",
    name: challenger,
    values: answersOf(`out_${challenger}`),
  })),
];
const low = Math.min(...models.flatMap((m) => m.values));
const high = Math.max(...models.flatMap((m) => m.values));
const champion = models[0].values;
const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
console.log(
  `\n${textTable(
    ["", "model", "mean", "min", "max", "mean |difference|", `${low.toFixed(2)} … ${high.toFixed(2)}`],
    models.map((m) => [
      m.role,
      m.name,
      mean(m.values).toFixed(3),
      Math.min(...m.values).toFixed(3),
      Math.max(...m.values).toFixed(3),
      m.role === "champion" ? "" : mean(m.values.map((v, i) => Math.abs(v - champion[i]))).toFixed(3),
      histogram(m.values, low, high, 32),
    ]),
  )}`,
);

const failed = answers.map((row, index) => ({ row, index })).filter(({ row }) => row.check_failures > 0);
const checks = config.steps.filter((step) => step.kind === "validation");
console.log(`\n${failed.length} of ${answers.length} rows fail a validation:`);
for (const { name: check, source } of checks) {
  console.log(
    `  ${check}: ${failed.filter(({ row }) => row.anomaly[check]).length}   ${source.replaceAll(/\s+/g, " ")}`,
  );
}
console.log(
  `\n${textTable(
    ["row", "out", "failed"],
    failed.slice(0, 8).map(({ row, index }) => [
      String(index),
      JSON.stringify(Object.values(row.out)[0]),
      checks
        .filter((c) => row.anomaly[c.name])
        .map((c) => c.name)
        .join(", "),
    ]),
  )}`,
);
if (failed.length > 8) console.log(`… and ${failed.length - 8} more: shapeline logs ${name} --invalid`);

const logged = await live.logs({ limit: answers.length });
await engine.close();
console.log(
  `\nThe log holds these ${logged.length} rows, committed before infer() answered: ${relative(process.cwd(), data) || "."}`,
);
console.log(`Read it: npx shapeline logs ${name} --limit 5`);
