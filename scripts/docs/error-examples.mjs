import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Lambdas that compile, but not for every back-end. */
const refusedByBackEnds = [
  "x => x.out.score[0] ** 2 < 1",
  "x => Math.sqrt(x.in.amount) < 9",
  "x => x.in.tokens.every((t) => t > 0n)",
  "x => x.in.tokens.length > 1",
  "x => 1 < 2",
  "x => x.in.country.startsWith('D')",
  "x => x.in.vip === true",
  "x => x.in.amount % 2 < 1",
];

/** What depends on the file around a lambda. */
const files = [
  'let limit = 1; pipeline("p").model(m).validate("low", (x) => x.out < limit);',
  'import { LIMIT } from "./limits.js"; pipeline("p").model(m).validate("low", (x) => x.out < LIMIT);',
  'const Math = { abs: (v) => v }; pipeline("p").model(m).validate("low", (x) => Math.abs(x.out) < 1);',
];

/**
 * Finds an example for each error code: the code that raises it, and what is said about it. Everything comes from
 * running the compiler, or from cases whose texts the type tests compare.
 *
 * @param sources `lambdas` by group, `alerts`, the `row` they read, and the `steps` that the types refuse
 * @returns {Record<string, { example: string, cause: string, fix: string }>} by code
 */
export function errorExamples({ compileLambda, lambdaProblems }, { lambdas, alerts, row, steps }) {
  const examples = {};
  const compiled = [
    ...Object.values(lambdas).flat().map((text) => ({ text, kind: "validation" })),
    ...alerts.map((text) => ({ text, kind: "alert" })),
  ]
    // Short examples say most; one that raises its code alone says it best.
    .map(({ text, kind }) => ({ text, found: compileLambda(text, { ...row, kind }).diagnostics }))
    .sort((a, b) => a.found.length - b.found.length || a.text.length - b.text.length);
  for (const { text, found } of compiled)
    for (const { code, message, hint } of found)
      if (text.length < 200) examples[code] ??= { example: text, cause: message, fix: hint };
  for (const text of files)
    for (const { code, message, hint } of lambdaProblems(`import { pipeline } from "shapeline"; ${text}`, {
      file: "fraud.pipeline.ts",
      isPipelineModule: (specifier) => specifier === "shapeline",
      readAtRunTime: true,
    }))
      examples[code] ??= { example: text, cause: message, fix: hint };
  for (const text of refusedByBackEnds)
    for (const [backEnd, { code, reason }] of Object.entries(compileLambda(text, row).expression?.refused ?? {}))
      examples[code] ??= { example: text, cause: `${backEnd}: ${reason}` };
  for (const { code, source, text } of [...steps].sort((a, b) => a.source.length - b.source.length))
    examples[code] ??= { example: source.replace("▸", "").replaceAll(/\s*\n\s*/g, ""), cause: text };
  return examples;
}

/**
 * Runs the examples of errors that users meet at run time, in a process of their own: they change the current folder.
 *
 * @returns {Record<string, { example: string, cause: string, fix?: string }>} by code
 */
export function runTimeExamples() {
  const script = fileURLToPath(new URL("run-time-examples.mjs", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [script], { encoding: "utf8" }));
}
