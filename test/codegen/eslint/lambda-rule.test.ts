// The rule as users load it: `shapeline/eslint` with ESLint's own parser and TypeScript's. Needs `npm run build`.
import { join } from "node:path";
import { Linter, RuleTester, type ESLint, type Rule } from "eslint";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { describe, expect, it, test } from "vitest";
import type { ShapelinePlugin } from "../../../codegen/eslint/plugin.js";
import { root } from "../../targets/local-engine.js";

const { default: shapeline } = (await import(new URL("../../../dist/eslint.js", import.meta.url).href)) as {
  default: ShapelinePlugin;
};

RuleTester.describe = describe;
RuleTester.it = it;

const rule: Rule.RuleModule = shapeline.rules.lambda;
const js = new RuleTester();
const ts = new RuleTester({ languageOptions: { parser: tseslint.parser } });

const inPipeline = (steps: string, before = ""): string =>
  `import { pipeline } from "shapeline";\n${before}export const fraud = pipeline("fraud").model(ccfraud)${steps};\n`;

describe("the lambdas of pipelines", () => {
  const valid = [
    inPipeline(".validate('amt', (x) => x.out < 1)"),
    inPipeline(".validate('set', ({ in: { country } }) => country != null && !BLOCKED.includes(country))"),
    inPipeline(".alert('drift', (all) => all.avg((x) => x.out) > 0.5, { over: '5m' })"),
    inPipeline(".validate('amt', (x) => x.out < LIMIT)", "import { LIMIT } from './limits.js';\n"),
    // Functions that no lambda calls may contain anything.
    inPipeline(
      ".validate('amt', (x) => x.out < 1)",
      "const sum = (v) => { let s = 0; for (const n of v) s += n; return s; };\n",
    ),
  ];
  js.run("accepted, with ESLint's parser", rule, { valid, invalid: [] });
  ts.run("accepted, with TypeScript's parser", rule, { valid, invalid: [] });

  const errors = [
    {
      message:
        "SL1008: a loop cannot be compiled. Hint: use `every` or `some` on the values: `x.out.scores.every((v) => v < 1)`",
      line: 3,
      column: 3,
      endLine: 3,
      endColumn: 55,
    },
  ];
  const code = inPipeline(
    ".validate('low', (x) => {\n  for (const p of x.out) if (p > 1) return false;\n  return true;\n})",
  );
  const invalid = [{ code, errors: [{ ...errors[0], endColumn: 50 }] }];
  js.run("refused at the place, with the compiler's words", rule, { valid: [], invalid });
  ts.run("refused at the place, with the compiler's words", rule, { valid: [], invalid });
});

describe("which calls are those of a pipeline", () => {
  const bad = "(x) => x.out << 2";
  const at = (code: string, options?: object) => ({
    code,
    ...(options !== undefined && { options: [options] }),
    errors: [{ message: /^SL1016: `<<` works on 32-bit integers/ }],
  });
  ts.run("found", rule, {
    valid: [],
    invalid: [
      at(`import { pipeline as build } from "shapeline"; build("p").validate("a", ${bad});`),
      at(`import * as sl from "shapeline"; sl.pipeline("p").model(m).validate("a", ${bad});`),
      at(`const { pipeline: make } = require("shapeline"); const p = make("p"); p.model(m).alert("a", ${bad});`),
      at(
        `import { pipeline } from "shapeline"; const p = pipeline("p"); const q = p.model(m); q.validate("a", ${bad});`,
      ),
      at(`import { pipeline } from "shapeline"; const low = ${bad}; pipeline("p").validate("a", low);`),
      at(
        `import { pipeline } from "shapeline"; const add = (p: unknown) => p.validate("a", ${bad}); add(pipeline("p"));`,
      ),
      at(`import type { AnyPipeline } from "shapeline"; const add = (p: AnyPipeline) => p.validate("a", ${bad});`),
      at(`import { pipeline } from "shapeline"; pipeline("p").replaceStep(1, (at) => at.validate("a", ${bad}));`),
      at(`import { pipeline } from "#ml"; pipeline("p").validate("a", ${bad});`, { modules: ["#ml"] }),
      {
        ...at(`import { pipeline } from "../ml/pipelines.js"; pipeline("p").validate("a", ${bad});`, {
          modules: ["./src/ml/pipelines.ts"],
        }),
        filename: join(root, "src", "app", "fraud.ts"),
      },
      at(`#!/usr/bin/env node\r\nimport { pipeline } from "shapeline";\r\npipeline("p").validate("a", ${bad});`),
      at(`\uFEFFimport { pipeline } from "shapeline"; pipeline("größe").validate("a", ${bad});`),
    ],
  });
  ts.run("left alone", rule, {
    valid: [
      `import * as z from "zod"; z.string().validate("a", ${bad});`,
      `import { pipeline } from "shapeline"; import Joi from "joi"; pipeline("p"); Joi.object().validate("a", ${bad});`,
      `import { pipeline } from "shapeline"; import { object } from "superstruct"; object({}).validate("a", ${bad});`,
      `import { pipeline } from "shapeline"; import * as yup from "yup"; const s = yup.string(); s.validate("a", ${bad});`,
      `import { pipeline } from "node:stream"; pipeline("p").validate("a", ${bad});`,
      `import { pipeline } from "shapeline"; { const pipeline = other; pipeline("p").validate("a", ${bad}); }`,
      `import { pipeline } from "shapeline"; const form = new Form(); form.validate("a", ${bad}); window.alert("a", ${bad});`,
      `import { pipeline } from "#ml"; pipeline("p").validate("a", ${bad});`,
    ],
    invalid: [],
  });
});

describe("problems with one right mend", () => {
  js.run("loose equality", rule, {
    valid: [],
    invalid: [
      {
        code: inPipeline(".validate('a', (x) => (x.out.a) == 1 && x.in.b[0] /* == */ != x.out.c)"),
        output: inPipeline(".validate('a', (x) => (x.out.a) === 1 && x.in.b[0] /* == */ !== x.out.c)"),
        errors: [{ message: /^SL1013: `==`/ }, { message: /^SL1013: `!=`/ }],
      },
      // A helper function may be called elsewhere with other values.
      {
        code: inPipeline(".validate('a', (x) => isOne(x.out))", "const isOne = (v) => v == 1;\n"),
        errors: [
          {
            message: /^SL1013: `==`/,
            line: 2,
            suggestions: [
              {
                desc: "Write `===`",
                output: inPipeline(".validate('a', (x) => isOne(x.out))", "const isOne = (v) => v === 1;\n"),
              },
            ],
          },
        ],
      },
    ],
  });
  const squared = (from: string, written: string, to: string) => ({
    code: inPipeline(`.validate('a', (x) => ${from} < 1)`),
    errors: [
      {
        message: `SL1207: \`${written}\` is refused by targets that round powers differently from JavaScript. Hint: multiply, as in \`x * x\`, which is exact everywhere`,
        suggestions: [{ messageId: "mend", output: inPipeline(`.validate('a', (x) => ${to} < 1)`) }],
      },
    ],
  });
  js.run("squares", rule, {
    valid: [
      // Writing these bases twice would repeat work or a mistake.
      inPipeline(".validate('a', (x) => (x.out.a - 1) ** 2 < 1)"),
      inPipeline(".validate('a', (x) => Math.pow(x.out.a, 3) < 1)"),
    ],
    invalid: [
      squared("Math.pow(x.out.a, 2)", "Math.pow(x.out.a, 2)", "x.out.a * x.out.a"),
      squared("x.out.a[0] ** 2", "x.out.a[0] ** 2", "x.out.a[0] * x.out.a[0]"),
      squared("1 / Math['pow'](x.out['a b'], 2)", "Math['pow'](x.out['a b'], 2)", "1 / (x.out['a b'] * x.out['a b'])"),
      squared("-Math.pow(x.out.a, 2)", "Math.pow(x.out.a, 2)", "-(x.out.a * x.out.a)"),
    ],
  });
  const outside = (name: string) => ({
    message: `SL1042: '${name}' comes from outside the lambda: compiled only by the plugin or the CLI. Hint: compile the file with \`shapeline compile\`, which resolves names, and deploy the config: \`deploy(target, { config })\`; or write the value into the lambda`,
  });
  js.run("names that are lost at run time", rule, {
    valid: [
      {
        code: inPipeline(".validate('a', (x) => x.out < Math.E && x.out !== NaN)"),
        options: [{ readAtRunTime: true }],
      },
    ],
    invalid: [
      {
        code: inPipeline(
          ".validate('a', (x) => x.out < Limits.max && isLow(x.in.a))",
          "const isLow = (v) => v < LOW;\n",
        ),
        options: [{ readAtRunTime: true }],
        errors: [outside("LOW"), outside("Limits.max"), outside("isLow")],
      },
    ],
  });
});

describe("the plugin", () => {
  const lint = (code: string, options: object = {}) =>
    new Linter({ configType: "flat" }).verify(code, [
      { languageOptions: { parser: tseslint.parser } },
      { ...shapeline.configs.recommended, ...options },
    ] as Linter.Config[]);

  test("has the types that ESLint's config takes", () => {
    const plugin: ESLint.Plugin = shapeline;
    expect(defineConfig([shapeline.configs.recommended, { plugins: { own: plugin } }])).toHaveLength(2);
    expect(plugin.meta?.name).toBe("shapeline");
  });

  test("is an error in the recommended config, and obeys directives", () => {
    const [found, ...more] = lint(inPipeline(".validate('a', (x) => x.out << 2)"));
    expect([found?.ruleId, found?.severity, more]).toEqual(["shapeline/lambda", 2, []]);
    expect(
      lint(inPipeline("\n  // eslint-disable-next-line shapeline/lambda\n  .validate('a', (x) => x.out << 2)")),
    ).toEqual([]);
  });

  test("refuses unknown options", () => {
    const rules = { "shapeline/lambda": ["error", { module: ["#ml"] }] };
    expect(() => lint("", { rules })).toThrow(/shapeline\/lambda[^]*module/);
  });
});
