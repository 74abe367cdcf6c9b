import { transformSync } from "esbuild";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, conditional, logicalOp, not } from "../../src/expression/tree/builders.js";
import { normalForm } from "../../src/expression/tree/normal-form.js";
import { constantOf, type ExpressionTree } from "../../src/expression/tree/tree.js";
import { compileCase, compileCases, holdsInLoop, type Case } from "./cases.js";
import { generateColumns, lambdas } from "./fuzz/generate-lambdas.js";

const columns = generateColumns(24, 7, fc.nat(4));

const formOf = ({ expression }: Case): string => JSON.stringify(normalForm(expression.tree));

/** A lambda's text as esbuild writes it into minified code. */
function minified(lambda: string): string {
  const { code } = transformSync(`export const f = ${lambda};`, { minify: true, loader: "ts" });
  return code.replace(/^export const f=/, "").replace(/;\s*$/, "");
}

const generated = fc.sample(lambdas(4), { numRuns: Number(process.env["COUNT"] ?? 400), seed: 11 }).flatMap((text) => {
  const compiled = compileCase(text, columns);
  return "text" in compiled ? [compiled] : [];
});

describe("the normal form of a lambda's tree", () => {
  test.each([
    ["(x) => x.out.d > 1", "(x) => 1 < x.out.d"],
    ["(x) => { if (x.out.d > 1) return x.in.k > 2; return false; }", "(x) => x.out.d > 1 && x.in.k > 2"],
    ["(x) => !(x.out.d > 1 && x.in.k === 2)", "(x) => !(1 < x.out.d) || x.in.k !== 2"],
    ["(x) => x.out.d - 1 > 0", "(x) => x.out.d + -1 > 0"],
    ["(x) => { const low = 0.5; return x.out.d >= low; }", "x=>.5<=x.out.d"],
    [
      "(x) => (x.out.d > 1 ? (x.in.k > 2 ? 3 : 4) : 4) > x.out.d",
      "(x) => (x.out.d > 1 && x.in.k > 2 ? 3 : 4) > x.out.d",
    ],
    ["(x) => x.in.f.every((v) => v < 1)", "(row) => !row.in.f.some((value) => !(value < 1))"],
  ])("is one for %s and %s", (one, other) => {
    const [a, b] = compileCases([one, other], columns).map(formOf);
    expect(a).toBe(b);
  });

  test.each([
    ["(x) => x.out.d < 1", "(x) => !(x.out.d >= 1)"],
    ["(x) => x.out.d > 1", "(x) => x.out.d >= 1"],
    ["(x) => x.out.d - x.in.k > 0", "(x) => x.in.k - x.out.d > 0"],
    ["(x) => x.out.d + 0 === 0.5", "(x) => x.out.d === 0.5"],
    ["(x) => x.in.f.every((v) => v < 1)", "(x) => x.in.f.some((v) => v < 1)"],
  ])("differs for %s and %s", (one, other) => {
    const [a, b] = compileCases([one, other], columns).map(formOf);
    expect(a).not.toBe(b);
  });

  test("has the value of the lambda on every row", () => {
    for (const one of generated) {
      const tree = normalForm(one.expression.tree);
      const held = holdsInLoop({ ...one, expression: { ...one.expression, tree } }, columns);
      expect([one.text, held]).toEqual([one.text, one.holdsOn(columns)]);
    }
  });

  test("is the same after minification", () => {
    const differing = generated.flatMap((one) => {
      const text = minified(one.text);
      const again = compiledOrRefused(text);
      return again === null || formOf(again) === formOf(one) ? [] : [`${one.text}\n  ${text}`];
    });
    expect(differing).toEqual([]);
  });
});

/** Null for what is refused: esbuild writes `==` between two literals, and a comma for a statement without effect. */
function compiledOrRefused(text: string): Case | null {
  try {
    const compiled = compileCase(text, columns);
    return "text" in compiled ? compiled : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

test("the normal form of tests inside tests takes no time that grows with every level", () => {
  const d: ExpressionTree = { op: "read", from: "out", port: "d", dtype: "float32", shape: [], at: [], type: "number", nullable: false }; // prettier-ignore
  const below = (limit: number): ExpressionTree => compare("<", d, constantOf(limit));
  const nest = (wrap: (inner: ExpressionTree, level: number) => ExpressionTree): ExpressionTree =>
    Array.from({ length: 200 }).reduce<ExpressionTree>((inner, _, level) => wrap(inner, level), below(0));
  const trees = [
    nest((test, level) => conditional(test, below(level), below(level + 0.5))),
    nest((test, level) => not(conditional(not(test), below(level), not(below(level + 0.5))))),
    nest((then, level) => conditional(below(level), not(then), below(-1))),
    nest((then) => conditional(below(1), conditional(below(2), then, below(3)), below(3))),
    nest((inner) => not(logicalOp("||", [below(1), not(logicalOp("&&", [inner, below(2)]))]))),
  ];
  const started = performance.now();
  for (const tree of trees) expect(normalForm(tree).type).toBe("boolean");
  expect(performance.now() - started).toBeLessThan(1000);
});
