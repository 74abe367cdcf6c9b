import { transformSync } from "esbuild";
import { describe, expect, test } from "vitest";
import { buildConfig } from "../../../codegen/build-config.js";
import { readLambda } from "../../../codegen/lambda/read-function.js";
import { attachLambdas } from "../../../codegen/lambda/attach/attach.js";
import { defineModel, pipeline, tensor, type PipelineError } from "shapeline";

const scorer = defineModel({
  name: "scorer",
  sha256: "b".repeat(64),
  inputs: { x: tensor("float32", ["batch", 3]) },
  outputs: { scores: tensor("float64", ["batch", 3]), label: tensor("string", ["batch"]) },
});

/** The JavaScript of each validation of a module, or its problems. The module uses `p` as the pipeline. */
function compiled(code: string, names: Readonly<Record<string, unknown>> = {}): string {
  const { code: text } = attachLambdas(code, { file: "a.ts" }) ?? { code };
  const { code: js } = transformSync(text, { loader: "ts", format: "cjs" });
  const start = pipeline("p").model(scorer);
  const result = new Function("p", "exports", "module", ...Object.keys(names), `${js}; return made;`)(
    start,
    {},
    {},
    ...Object.values(names),
  ) as typeof start;
  try {
    return buildConfig(result, readLambda)
      .steps.flatMap((s) => (s.kind === "validation" ? [s.expression.strings.javascript ?? ""] : []))
      .join("\n");
  } catch (error) {
    return (error as PipelineError).problems
      .map(({ code: c, details }) => `${c} ${String(details?.["message"])}`)
      .join("\n");
  }
}

describe("helper functions are inlined", () => {
  test("declared with function or const, calling each other, passed to every and some", () => {
    const code = `
      const LIMIT = 2;
      const isSmall = (v: number) => v < LIMIT;
      function isFine(v: number, { length }: readonly number[]) { if (v > length) return false; return isSmall(v) && !isBad(v); }
      const isBad = function (v: number) { return Number.isNaN(v); }
      const made = p.validate("a", (x) => isFine(x.out.scores[0], x.out.scores)).validate("b", (x) => x.out.scores.every(isSmall));`;
    expect(compiled(code)).toMatchInlineSnapshot(`
      "(x) => x.out.scores[0] > 3 ? false : x.out.scores[0] < 2 && !Number.isNaN(x.out.scores[0])
      (x) => x.out.scores.every((v) => v < 2)"
    `);
  });

  test("without mixing up their names with those of the lambda", () => {
    const code = `
      function limits() { const LIMIT = 1; const below = (x) => x < LIMIT; { const LIMIT = 2; return p.validate("a", (x) => below(x.out.scores[1]) && x.out.scores[0] < LIMIT); } }
      const made = limits();`;
    expect(compiled(code)).toMatchInlineSnapshot(`"(x) => x.out.scores[1] < 1 && x.out.scores[0] < 2"`);
  });

  test("with a function argument that reads the lambda's variables", () => {
    const code = `
      const any = (list, test) => list.some((v) => test(v));
      const made = p.validate("a", (x) => { const top = x.out.scores[0]; return any(x.out.scores, (v) => v > top && any(x.out.scores, (w) => w < v)); });`;
    expect(compiled(code)).toMatchInlineSnapshot(
      `"(x) => x.out.scores.some((v) => v > x.out.scores[0] && x.out.scores.some((v1) => v1 < v))"`,
    );
  });
});

describe("helper functions that cannot be inlined are refused", () => {
  test("recursion, with the cycle in the message", () => {
    const code = `
      const even = (n) => n === 0 || odd(n - 1);
      function odd(n) { return even(n - 1); }
      const self = (n) => self(n);
      function own(n) { return own(n); }
      const made = p.validate("a", (x) => even(x.out.scores[0])).validate("b", (x) => self(x.out.scores[0])).validate("c", (x) => own(x.out.scores[0]))
        .validate("d", (x) => { const f = (g) => g(g); return f(f); });`;
    expect(compiled(code)).toMatchInlineSnapshot(`
      "SL1048 in 'odd' (a.ts:3:32): 'even' calls itself (even -> odd -> even); recursion cannot be compiled
      SL1048 in 'self' (a.ts:4:27): 'self' calls itself (self -> self); recursion cannot be compiled
      SL1048 in 'own' (a.ts:5:32): 'own' calls itself (own -> own); recursion cannot be compiled
      SL1048 'a function of the lambda' calls itself (a function of the lambda -> a function of the lambda); recursion cannot be compiled"
    `);
  });

  test("a helper that reads a mutable variable, and one that cannot be compiled", () => {
    const code = `
      let limit = 1;
      const isSmall = (v) => v < limit;
      const isOdd = (v) => (v & 1) === 1;
      const made = p.validate("a", (x) => isSmall(x.out.scores[0]) || isOdd(x.out.scores[0]));`;
    expect(compiled(code)).toMatchInlineSnapshot(`
      "SL1043 in 'isSmall': 'limit' may change: it is declared with \`let\`
      SL1016 in 'isOdd': \`&\` works on 32-bit integers, which no target supports"
    `);
  });

  test("functions of packages, globals and objects, and values that are not functions", () => {
    const code = `
      const checks = { small: (v) => v < 1 }; const LIMIT = 1; const AGE = null;
      const made = p.validate("a", (x) => given(x.out.scores[0])).validate("b", (x) => checks.small(x.out.scores[0])).validate("c", (x) => LIMIT(x.out.scores[0]))
        .validate("d", (x) => structuredClone(x.out.scores[0])).validate("e", (x) => nobody(x.out.scores[0])).validate("f", (x) => given > x.out.scores[0]).validate("g", (x) => AGE(1));`;
    expect(compiled(code, { given: (v: number) => v > 1 })).toMatchInlineSnapshot(`
      "SL1012 \`given(…)\` is a function the compiler does not know
      SL1012 \`checks.small(…)\` is a function the compiler does not know
      SL1012 'LIMIT' is not a function
      SL1012 \`structuredClone(…)\` is a function the compiler does not know
      SL1012 'nobody' is not a function
      SL1101 'given' is a function, not a constant
      SL1012 'AGE' is not a function"
    `);
  });

  test("a wrong number of arguments, and problems inside the helper, reported at the call", () => {
    const code = `
      const isSmall = (v) => v < 1;
      const isNamed = (s) =>
        s.length > 1;
      const made = p.validate("a", (x) => isSmall(1, 2) || isSmall(x.out.scores)).validate("b", (x) => isNamed(x.out.label));`;
    expect(compiled(code)).toMatchInlineSnapshot(`
      "SL1116 'isSmall' takes one argument, not 2
      SL1108 in 'isSmall' (a.ts:2:30): 'v' is a list of 3 numbers, but one value is needed here
      SL1104 in 'isNamed' (a.ts:4:9): the length of 's' counts UTF-16 units, which no target does"
    `);
  });
});

test("an exported function of a file without a pipeline gets a tree and keeps its name and lines", () => {
  const code =
    "const LIMIT = 1;\nexport const isSmall = (v) => v < LIMIT\nexport default function isLarge(v) { return v > 2; }\nconst hidden = (v) => v;\nexport { hidden as shown }; export type T = 1;\n";
  const out = attachLambdas(code, { file: "a.ts", helpers: "exported" })?.code ?? "";
  expect(out.split("\n")).toHaveLength(code.split("\n").length);
  expect(out.match(/Object\.assign\((\{ )?(\w+)/g)).toEqual([
    "Object.assign(isLarge",
    "Object.assign({ isSmall",
    "Object.assign({ hidden",
  ]);
  const { code: js } = transformSync(out, { loader: "ts", format: "cjs" });
  const module: { exports: Record<string, { readonly name: string }> } = { exports: {} };
  new Function("module", "exports", js)(module, module.exports);
  const { isSmall, shown, default: isLarge } = module.exports;
  expect([isSmall?.name, shown?.name, isLarge?.name]).toEqual(["isSmall", "hidden", "isLarge"]);
  expect(attachLambdas(code, { file: "a.ts" })).toBeNull();
});
