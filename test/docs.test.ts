import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { errorCodes } from "shapeline";
import { lambdaProblems } from "../codegen/eslint/lambda-problems.js";
import { compileLambda } from "../codegen/lambda/compile-lambda.js";
import { backEndsPage, documentedOps } from "../scripts/docs/back-end-docs.mjs";
import { errorCodesPage } from "../scripts/docs/error-docs.mjs";
import { errorExamples, runTimeExamples } from "../scripts/docs/error-examples.mjs";
import { limitsPage } from "../scripts/docs/limits-docs.mjs";
import { typeErrorsPage } from "../scripts/docs/type-error-docs.mjs";
import { backEnds } from "../src/expression/backends/back-ends.js";
import type { Op } from "../src/expression/tree/tree.js";
import { bounds } from "../src/util/bounds.js";
import { refused } from "../type-tests/cases.js";
import { refusedAlerts, refusedLambdas, row } from "./codegen/lambda/refused-corpus.js";
import * as models from "../type-tests/models.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "examples/README.md",
  ...readdirSync(join(root, "docs")).map((f) => `docs/${f}`),
];

const examples: Readonly<Record<string, { readonly example: string }>> = errorExamples(
  { compileLambda, lambdaProblems },
  { lambdas: refusedLambdas, alerts: refusedAlerts, row, steps: refused },
);

describe("the docs", () => {
  it("list every error code (`npm run docs` writes the page)", () => {
    expect(readFileSync(join(root, "docs/errors.md"), "utf8")).toBe(
      errorCodesPage(errorCodes, { ...examples, ...runTimeExamples() }),
    );
  });

  it("show an example for each error of a lambda, which raises it", () => {
    // A text of thousands of characters, and what only a running function or a build tool can show.
    const without = ["SL1044", "SL1047", "SL1050", "SL1051", "SL1053", "SL1054"];
    const codes = Object.keys(errorCodes).filter((code) => /^SL1[01]/.test(code));
    expect(codes.filter((code) => !(code in examples))).toEqual(without);
    for (const code of codes.filter((one) => one in examples && !["SL1042", "SL1043", "SL1049"].includes(one))) {
      const example = examples[code]?.example ?? "";
      const kinds = ["validation", "alert"] as const;
      const raised = kinds.flatMap((kind) => compileLambda(example, { ...row, kind }).diagnostics.map((d) => d.code));
      expect(raised, example).toContain(code);
    }
  });

  it("list every limit", () => {
    expect(readFileSync(join(root, "docs/limits.md"), "utf8")).toBe(limitsPage(bounds));
  });

  it("show the type errors of the tests", () => {
    expect(readFileSync(join(root, "docs/type-errors.md"), "utf8")).toBe(typeErrorsPage(refused, errorCodes, models));
  });

  it("list every operation of every back-end", () => {
    expect(readFileSync(join(root, "docs/back-ends.md"), "utf8")).toBe(backEndsPage(compileLambda, backEnds));
    const ops: Record<Op, true> = {
      read: true,
      constant: true,
      position: true,
      pick: true,
      length: true,
      "+": true,
      "-": true,
      "*": true,
      "/": true,
      "%": true,
      "**": true,
      negate: true,
      "<": true,
      ">": true,
      "<=": true,
      ">=": true,
      "===": true,
      "!==": true,
      "!": true,
      "&&": true,
      "||": true,
      conditional: true,
      min: true,
      max: true,
      hypot: true,
      abs: true,
      floor: true,
      ceil: true,
      round: true,
      trunc: true,
      sign: true,
      sqrt: true,
      log: true,
      log2: true,
      log10: true,
      exp: true,
      toNumber: true,
      isFinite: true,
      isNaN: true,
      isInteger: true,
      startsWith: true,
      endsWith: true,
      includes: true,
      missing: true,
      "??": true,
      every: true,
      some: true,
      aggregate: true,
    };
    expect([...documentedOps].sort()).toEqual(Object.keys(ops).sort());
  });

  it("list no unused error code", () => {
    const sources = ["dsl", "codegen", "src"].flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).map((f) => join(root, room, f)),
    );
    const text = sources
      .filter((f) => f.endsWith(".ts") && !f.endsWith("codes.ts"))
      .map((f) => readFileSync(f, "utf8"))
      .join("\n");
    expect(Object.keys(errorCodes).filter((code) => !text.includes(code))).toEqual([]);
  });

  it.each(pages)("%s has no broken link", (page) => {
    const text = readFileSync(join(root, page), "utf8");
    const links = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map((m) => m[1] as string);
    for (const link of links) expect(existsSync(join(root, dirname(page), link)), link).toBe(true);
  });
});
