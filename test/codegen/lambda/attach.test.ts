import { transformSync } from "esbuild";
import { describe, expect, test } from "vitest";
import { attachLambdas } from "../../../codegen/lambda/attach/attach.js";
import { attachedKey, helperKey, type AttachedLambda } from "../../../src/expression/surface/attachment.js";
import { notation } from "./lower-text.js";

type Check = { readonly [attachedKey]?: AttachedLambda };

/** Runs a file with a `p` that collects its validations, and returns the attachment of each lambda. */
function attached(
  code: string,
  names: Readonly<Record<string, unknown>> = {},
  file = "src/a.pipeline.ts",
): (AttachedLambda | undefined)[] {
  const checks: Check[] = [];
  const add = (_: string, check: Check): unknown => (checks.push(check), p);
  const p = { validate: add, alert: add, replaceStep: (_: number, step: (at: unknown) => unknown) => (step(p), p) };
  const out = attachLambdas(code, { file })?.code ?? code;
  const { code: js } = transformSync(out, { loader: file.endsWith("x") ? "tsx" : "ts", format: "cjs" });
  new Function("p", "exports", "module", ...Object.keys(names), js)(p, {}, {}, ...Object.values(names));
  return checks.map((check) => check[attachedKey]);
}

const summary = (lambda: AttachedLambda | undefined): unknown =>
  lambda && {
    tree: lambda.lambda && notation(lambda.lambda.body),
    ...(lambda.diagnostics.length > 0 && {
      found: lambda.diagnostics.map((d) => `${d.code} ${lambda.source.slice(d.start, d.end)}: ${d.message}`),
    }),
    constants: Object.fromEntries(Object.entries(lambda.constants).map(([name, read]) => [name, read()])),
  };

test("trees are attached to the condition of an alert and to functions that its aggregates take", () => {
  const [condition] = attached(
    'const LIMIT = 0.5;\nconst risk = (x) => x.out;\np.alert("drift", (all) => all.avg(risk) > LIMIT, { over: "5m" });',
  );
  expect(condition?.lambda?.body).toMatchObject({
    kind: "binary",
    left: { kind: "method", name: "avg", args: [{ kind: "free", path: ["risk"] }] },
  });
  expect(Object.keys(condition?.constants ?? {})).toEqual(["risk", "LIMIT"]);
  expect(Object.getOwnPropertySymbols(condition?.constants["risk"]?.() ?? {})).toEqual([helperKey]);
});

describe("lambdas written in the call", () => {
  test("get their tree, source and location", () => {
    const code = 'p.validate("a", (x) => x.out < 1)\n\t.validate("b", function (x) {\n  return x.in.a > 2;\n});';
    const [a, b] = attached(code);
    expect(a).toEqual({
      lambda: {
        source: "(x) => x.out < 1",
        param: "x",
        body: expect.objectContaining({ kind: "binary", span: [7, 16] }),
        location: { file: "src/a.pipeline.ts", offset: 16, line: 1, column: 17 },
      },
      source: "(x) => x.out < 1",
      location: { file: "src/a.pipeline.ts", offset: 16, line: 1, column: 17 },
      diagnostics: [],
      constants: {},
    });
    expect(b?.location).toEqual({ file: "src/a.pipeline.ts", offset: 50, line: 2, column: 17 });
    expect(code.slice(50)).toMatch(/^function/);
  });

  test("the emitted code keeps the line numbers", () => {
    const code =
      'import { Limits } from "./limits.js";\np.validate("a", (x) => x.out <\n  Limits.max).validate("b", (x) => x.out << 2);\nafter();';
    const out = attachLambdas(code, { file: "a.ts" })?.code ?? "";
    expect(out.split("\n")).toHaveLength(4);
    expect(out.split("\n")[3]).toBe("after();");
    expect(out).toMatchInlineSnapshot(`
      "import { Limits } from "./limits.js";
      p.validate("a", /* @__PURE__ */ Object.assign((x) => x.out <
        Limits.max, { [Symbol.for("shapeline.lambda")]: { ...{"lambda":{"source":"(x) => x.out <\\n  Limits.max","param":"x","body":{"kind":"binary","op":"<","left":{"kind":"member","object":{"kind":"local","name":"x","span":[7,8]},"name":"out","span":[7,12]},"right":{"kind":"free","path":["Limits","max"],"span":[17,27]},"span":[7,27]},"location":{"file":"a.ts","offset":54,"line":2,"column":17}},"source":"(x) => x.out <\\n  Limits.max","location":{"file":"a.ts","offset":54,"line":2,"column":17},"diagnostics":[]}, constants: { ["Limits"]: () => Limits } } })).validate("b", /* @__PURE__ */ Object.assign((x) => x.out << 2, { [Symbol.for("shapeline.lambda")]: { ...{"lambda":null,"source":"(x) => x.out << 2","location":{"file":"a.ts","offset":97,"line":3,"column":29},"diagnostics":[{"code":"SL1016","message":"\`<<\` works on 32-bit integers, which no target supports","start":7,"end":17,"hint":"use \`&&\`, \`||\` and \`!\` for conditions, and arithmetic for numbers"}]}, constants: {  } } }));
      after();"
    `);
  });

  test("with types, in parentheses, behind assertions, in JSX files, in a nested builder", () => {
    const codes = [
      'p.validate<"a">("a", ((x: Row): boolean => (x.out as number) < 1) satisfies Check);',
      "p.validate(`a`, (x => x.out < 1)!);",
      'p /* here */ .validate ("a", x => x.out < 1);',
      'p.replaceStep(1, (at) => at.validate("a", (x) => x.out < 1));',
      'const NAME = "a"; p.validate(NAME, (x) => x.out < 1);',
    ];
    for (const code of codes)
      expect(attached(code).map(summary), code).toEqual([{ tree: "(< (. x out) 1)", constants: {} }]);
    expect(
      attached('const e = () => <b>{1}</b>; p.validate("a", (x) => x.out < 1);', {}, "a.tsx").map(summary),
    ).toEqual([{ tree: "(< (. x out) 1)", constants: {} }]);
  });
});

describe("names from outside have their exact values", () => {
  test("constants, enums, objects, parameters, imports", () => {
    const code = `
      const LIMIT = 0.1 + 0.2, BIG = 9007199254740993n;
      const Limits = { max: { warm: -0 } } as const;
      enum Level { low = 1, high = 2 }
      const enum Kind { a = "A" }
      function make(edge: number) {
        return p.validate("all", (x) => x.out < LIMIT && x.id < BIG && x.a > Limits.max.warm && x.l === Level.high && x.k === Kind.a && x.e < edge && x.out < Math.PI && x.g < NaN);
      }
      make(7);
      for (const each of [1, 2]) p.validate("each", (x) => x.out < each);
      p.validate("late", (x) => x.out < LATE);
      const LATE = 5;
      p.validate("replaced", (x) => x.out < FILLED_IN && x.out < nobody);`;
    const all = attached(code, { FILLED_IN: 8 }).map(summary) as { constants: object }[];
    expect(all.map((l) => l.constants)).toEqual([
      {
        LIMIT: 0.1 + 0.2,
        BIG: 9007199254740993n,
        Limits: { max: { warm: -0 } },
        Level: { 1: "low", 2: "high", low: 1, high: 2 },
        Kind: { a: "A" },
        edge: 7,
      },
      { each: 1 },
      { each: 2 },
      { LATE: 5 },
      { FILLED_IN: 8, nobody: undefined },
    ]);
  });

  test("mutable variables are refused", () => {
    const code = `
      let limit = 1; var old = 2;
      p.validate("a", (x) => x.out < limit && x.out > old && x.out << 2);
      { const limit = 3; p.validate("b", (x) => x.out < limit); }
      for (let i = 0; i < 1; i++) p.validate("c", (x) => x.out < i);
      function f() { if (true) { var hoisted = 1; } p.validate("d", (x) => x.out < hoisted); } f();`;
    expect(attached(code).map(summary)).toMatchInlineSnapshot(`
      [
        {
          "constants": {},
          "found": [
            "SL1043 limit: 'limit' may change: it is declared with \`let\`",
            "SL1043 old: 'old' may change: it is declared with \`var\`",
            "SL1016 x.out << 2: \`<<\` works on 32-bit integers, which no target supports",
          ],
          "tree": null,
        },
        {
          "constants": {
            "limit": 3,
          },
          "tree": "(< (. x out) free:limit)",
        },
        {
          "constants": {},
          "found": [
            "SL1043 i: 'i' may change: it is declared with \`let\`",
          ],
          "tree": null,
        },
        {
          "constants": {},
          "found": [
            "SL1043 hoisted: 'hoisted' may change: it is declared with \`var\`",
          ],
          "tree": null,
        },
      ]
    `);
  });

  test("a declaration that shadows a global is not mistaken for the global", () => {
    const code = `
      const Math = { abs: (v) => v, PI: 3 }; const Date = { now: 1 };
      p.validate("a", (x) => Math.abs(x.out) < 1).validate("b", (x) => x.out < Math.PI).validate("c", (x) => x.out < Date.now);`;
    expect(attached(code).map(summary)).toMatchInlineSnapshot(`
      [
        {
          "constants": {},
          "found": [
            "SL1049 Math.abs: 'Math' is declared in this file and hides the global of that name",
          ],
          "tree": null,
        },
        {
          "constants": {},
          "found": [
            "SL1049 Math.PI: 'Math' is declared in this file and hides the global of that name",
          ],
          "tree": null,
        },
        {
          "constants": {
            "Date": {
              "now": 1,
            },
          },
          "tree": "(< (. x out) free:Date.now)",
        },
      ]
    `);
  });
});

describe("lambdas passed by name", () => {
  test("get the tree of their declaration in the same file", () => {
    const code = `
      "use strict";
      p.validate("a", isSmall).validate("b", isLarge);
      function isSmall(x) { return x.out < LIMIT; }
      function isLarge(x: Row): boolean;
      function isLarge(x) { return x.out > 2; }
      const isEven = (x: Row) => x.out === LIMIT;
      const LIMIT = 1;
      p.validate("c", isEven).validate("d", isEven);
      (function () { const LIMIT = 9; p.validate("e", isSmall); return p.validate("f", inner); function inner(x) { return x.out > LIMIT; } })();`;
    expect(attached(code).map(summary)).toEqual([
      { tree: "(< (. x out) free:LIMIT)", constants: { LIMIT: 1 } },
      { tree: "(> (. x out) 2)", constants: {} },
      { tree: "(=== (. x out) free:LIMIT)", constants: { LIMIT: 1 } },
      { tree: "(=== (. x out) free:LIMIT)", constants: { LIMIT: 1 } },
      { tree: "(< (. x out) free:LIMIT)", constants: { LIMIT: 1 } },
      { tree: "(> (. x out) free:LIMIT)", constants: { LIMIT: 9 } },
    ]);
  });

  test("lambdas that are known only at run time get no tree, and the file is marked incomplete", () => {
    const code = `
      let changing = (x) => x.out < 1; const picked = 1 < 2 ? (x) => true : null; const args = ["a", (x) => true];
      function outer(check) { p.validate("a", check); } outer((x) => true);
      p.validate("b", changing).validate("c", picked).validate(...args).validate("d", given);`;
    expect(attachLambdas(code, { file: "a.ts" })).toMatchObject({ edits: [], complete: false });
    expect(attached(code, { given: (x: unknown) => x })).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test("a very long expression or chain does not overflow the stack", () => {
  const sum = `const sum = ${"1 + ".repeat(20_000)}1;`;
  const chain = `p${Array.from({ length: 2_000 }, (_, i) => `.validate("v${i}", (x) => x.out < ${i})`).join("")};`;
  expect(attachLambdas(`${sum} ${chain}`, { file: "a.ts" })?.lambdas).toHaveLength(2_000);
});

describe("files that stay unchanged", () => {
  test.each([
    ["no validation", "export const a = 1;"],
    ["only the word `validate`", "// validate(this)\nconst validate = 1;"],
    ["a validation without a lambda", 'schema.validate(value); p.validate("a");'],
    ["a syntax error", 'p.validate("a", (x) => x.out < );'],
    ["a string", "const s = '.validate(\"a\", (x) => 1)';"],
  ])("%s", (_, code) => {
    expect(attachLambdas(code, { file: "a.ts" })).toBeNull();
  });
});
