// Measures the lint rule per file, beside rules of typescript-eslint on the same files, with its parser. Prints medians
// of the time of the rules alone, as ESLint counts it; then, with type information, the CPU time of processes that lint
// a project with few rules each, beside one without rules. Nothing passes or fails.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import shapeline from "shapeline/eslint";
import tseslint from "typescript-eslint";

const [mode, folder, only] = process.argv.slice(2);
if (mode === "--project") {
  await lintProject(folder, only);
  process.exit();
}

const runs = 3;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (time) => time.toFixed(3);

const lambdas = [
  "(x) => x.out.risk[0] < 0.9",
  "(x) => x.out.risk[0] >= 0 && x.out.risk[0] <= LIMIT",
  "(x) => x.out.probabilities.every((p) => p >= 0 && p <= 1)",
  "(x) => { const p = x.out.risk[0]; return isSmall(p) && p !== x.in.amount; }",
  "(x) => Math.abs(x.out.probabilities.reduce((a, b) => a + b, 0) - 1) < 1e-3",
];
/** A file of some 60 lines of usual code; with a pipeline of five lambdas if asked for. */
function file(i, withPipeline) {
  const usual = Array.from(
    { length: 12 },
    (_, n) => `export function handler${n}(items: readonly { id: string; size: number }[], limit = ${n}): number {
  const chosen = items.filter(({ size }) => size > limit).map(({ id }) => id.trim().length);
  for (const size of chosen) if (size > ${i}) return size;
  return chosen.reduce((sum, size) => sum + size, 0);
}`,
  );
  if (!withPipeline)
    return `import * as z from "zod";\nexport const schema = z.object({ id: z.string() });\n${usual.join("\n")}\n`;
  const steps = lambdas.map((text, n) => `  .validate("v${n}", ${text})`);
  return `import { pipeline } from "shapeline";
import { scorer } from "./models.js";
const LIMIT = ${i}.5;
const isSmall = (v: number): boolean => v < LIMIT;
export const p${i} = pipeline("p${i}")
  .model(scorer)
${steps.join("\n")};
${usual.join("\n")}
`;
}

/** Lints all files of a project with type information and some rules, or none, and prints the CPU time. */
async function lintProject(cwd, rules) {
  const languageOptions = {
    parser: tseslint.parser,
    parserOptions: { projectService: true, tsconfigRootDir: cwd },
  };
  const overrideConfig = [
    {
      files: ["**/*.ts"],
      languageOptions,
      plugins: { shapeline, "@typescript-eslint": tseslint.plugin },
      rules: rules === "none" ? {} : Object.fromEntries(rules.split(" ").map((rule) => [rule, "error"])),
    },
  ];
  const linter = new ESLint({ cwd, overrideConfigFile: true, overrideConfig });
  const results = await linter.lintFiles(["src"]);
  const fatal = results.flatMap(({ messages }) => messages).find((message) => message.fatal);
  if (fatal !== undefined) throw new RangeError(fatal.message);
  const { user, system } = process.cpuUsage();
  console.log((user + system) / 1000 / results.length);
}

const peers = [
  "no-unused-vars",
  "no-shadow",
  "naming-convention",
  "consistent-type-imports",
  "no-explicit-any",
  "prefer-for-of",
  "no-loop-func",
];
const rules = {
  "shapeline/lambda": "error",
  ...Object.fromEntries(peers.map((name) => [`@typescript-eslint/${name}`, "error"])),
};
const config = [
  {
    files: ["**/*.ts"],
    languageOptions: { parser: tseslint.parser },
    plugins: { shapeline, "@typescript-eslint": tseslint.plugin },
    rules,
  },
];

const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: config, stats: true });

/** The time of each rule on one file, and of the parser. */
async function times(code, filePath) {
  const [{ messages, stats }] = await eslint.lintText(code, { filePath });
  const fatal = messages.find((message) => message.fatal);
  if (fatal !== undefined) throw new RangeError(fatal.message);
  const [{ parse, rules: perRule }] = stats.times.passes;
  return {
    parser: parse.total,
    ...Object.fromEntries(Object.entries(perRule).map(([rule, { total }]) => [rule, total])),
  };
}

for (const [title, withPipeline] of [
  ["200 files without a pipeline", false],
  ["200 files with a pipeline of five lambdas", true],
]) {
  const all = new Map();
  for (let run = 0; run < runs; run += 1)
    for (let i = 0; i < 200; i += 1) {
      const measured = await times(file(i, withPipeline), `p${i}.ts`);
      for (const [rule, time] of Object.entries(measured)) all.set(rule, [...(all.get(rule) ?? []), time]);
    }
  console.log(`\n${title} (ms a file, median of ${runs * 200})`);
  for (const [rule, values] of all) console.log(`  ${rule.padEnd(48)} ${ms(median(values)).padStart(8)}`);
}

const typedRules = [
  "none",
  "shapeline/lambda",
  "@typescript-eslint/await-thenable",
  "@typescript-eslint/no-floating-promises",
  "@typescript-eslint/no-unsafe-call",
  "@typescript-eslint/no-unsafe-member-access",
  // What the rule adds where another one has asked for the types.
  "@typescript-eslint/no-unsafe-call shapeline/lambda",
];
const project = mkdtempSync(join(tmpdir(), "shapeline-lint-"));
mkdirSync(join(project, "node_modules"));
symlinkSync(fileURLToPath(new URL("..", import.meta.url)), join(project, "node_modules/shapeline"));
writeFileSync(
  join(project, "tsconfig.json"),
  JSON.stringify({
    compilerOptions: { module: "nodenext", strict: true, skipLibCheck: true, types: [] },
    include: ["src"],
  }),
);
writeFileSync(join(project, "package.json"), '{"type":"module"}');
const models = `import { defineModel } from "shapeline";
export const scorer = defineModel({
  name: "scorer",
  sha256: "${"0".repeat(64)}",
  inputs: { amount: { dtype: "float64", shape: ["batch"] } },
  outputs: { risk: { dtype: "float64", shape: ["batch", 1] }, probabilities: { dtype: "float32", shape: ["batch", 3] } },
});
`;
for (const [title, withPipeline] of [
  ["100 files without a pipeline", false],
  ["100 files with a pipeline of five lambdas", true],
]) {
  const src = join(project, "src");
  rmSync(src, { recursive: true, force: true });
  mkdirSync(src);
  writeFileSync(join(src, "models.ts"), models);
  for (let i = 0; i < 100; i += 1)
    writeFileSync(join(src, `p${i}.ts`), file(i, withPipeline).replace(/^import \* as z.*\n.*\n/, ""));
  const all = new Map(typedRules.map((rule) => [rule, []]));
  // Alternating: other work on the machine meets every rule alike.
  for (let run = 0; run < runs; run += 1)
    for (const rule of typedRules) {
      const args = [fileURLToPath(import.meta.url), "--project", project, rule];
      all.get(rule).push(Number(execFileSync(process.execPath, args, { encoding: "utf8" })));
    }
  const base = median(all.get("none"));
  console.log(`\n${title}, with type information (CPU ms a file beside a run without rules, median of ${runs} runs)`);
  console.log(`  ${"parser and program, without rules".padEnd(48)} ${ms(base).padStart(8)}`);
  for (const [rule, values] of all)
    if (rule !== "none") console.log(`  ${rule.padEnd(48)} ${ms(median(values) - base).padStart(8)}`);
}
rmSync(project, { recursive: true });
