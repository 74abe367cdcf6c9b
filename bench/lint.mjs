// Measures the lint rule per file, beside rules of typescript-eslint on the same files, with its parser. Prints medians
// of the time of the rules alone, as ESLint counts it. Nothing passes or fails.
import { ESLint } from "eslint";
import shapeline from "shapeline/eslint";
import tseslint from "typescript-eslint";

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
