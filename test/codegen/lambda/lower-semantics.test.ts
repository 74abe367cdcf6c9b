import fc from "fast-check";
import { expect, test } from "vitest";
import type { Surface } from "../../../src/expression/surface/surface.js";
import { lower } from "./lower-text.js";

type Env = Readonly<Record<string, unknown>>;

/** Evaluates a surface tree. */
function evaluate(s: Surface, env: Env): unknown {
  const of = (part: Surface) => evaluate(part, env);
  switch (s.kind) {
    case "number":
    case "string":
    case "boolean":
      return s.value;
    case "local":
      if (!Object.hasOwn(env, s.name)) throw new RangeError(`'${s.name}' is not bound here`);
      return env[s.name];
    case "member":
      return (of(s.object) as Env)[s.name];
    case "index":
      return (of(s.object) as unknown[])[of(s.index) as number];
    case "not":
      return !of(s.operand);
    case "negate":
      return -(of(s.operand) as number);
    case "conditional":
      return of(s.test) ? of(s.then) : of(s.otherwise);
    case "let":
      return evaluate(s.body, { ...env, [s.name]: of(s.value) });
    case "lambda":
      return (...args: unknown[]) =>
        evaluate(s.body, { ...env, ...Object.fromEntries(s.params.map((name, i) => [name, args[i]])) });
    case "method":
      return (of(s.object) as Record<string, (...args: unknown[]) => unknown>)[s.name]?.(...s.args.map(of));
    case "binary": {
      const [left, right] = [of(s.left) as number, of(s.right) as number];
      const results: Record<string, unknown> = {
        "+": left + right,
        "-": left - right,
        "*": left * right,
        "<": left < right,
        "===": left === right,
        "&&": left && right,
        "||": left || right,
      };
      return results[s.op];
    }
    default:
      throw new RangeError(`the generator does not produce ${s.kind}`);
  }
}

// Few names, so that inner blocks shadow outer ones.
const name = fc.constantFrom("a", "b", "c");
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, depthIdentifier: "expression" },
    fc.oneof(name, fc.constantFrom("x.p", "x.q", "x.s[0]", "1", "2")),
    fc
      .tuple(tie("expression"), fc.constantFrom("+", "-", "*", "<", "===", "&&", "||"), tie("expression"))
      .map(([l, op, r]) => `(${l} ${op} ${r})`),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([t, a, b]) => `(${t} ? ${a} : ${b})`),
    tie("expression").map((e) => `!${e}`),
    tie("expression").map((e) => `(+${e})`),
    fc.tuple(name, tie("expression")).map(([n, e]) => `x.s.some((${n}) => ${e})`),
    fc
      .tuple(name, name, tie("expression"))
      .map(([n, m, e]) => `x.t.every(([${n}${n === m ? "" : `, ${m}`}]) => { const d = ${e}; return d < 1; })`),
  ),
}));

const { block } = fc.letrec<{ block: string; statement: string }>((tie) => ({
  block: fc.array(tie("statement"), { maxLength: 4 }).map((s) => `{ ${s.join(" ")} }`),
  statement: fc.oneof(
    { maxDepth: 3, depthIdentifier: "statement" },
    fc.tuple(name, expression).map(([n, e]) => `const ${n} = ${e};`),
    name.map((n) => `const { p: ${n} } = x;`),
    expression.map((e) => `return ${e};`),
    fc.tuple(expression, tie("block")).map(([e, b]) => `if (${e}) ${b}`),
    fc.tuple(expression, tie("block"), tie("block")).map(([e, b, c]) => `if (${e}) ${b} else ${c}`),
    tie("block"),
  ),
}));

const rows = [
  {
    p: 0,
    q: 1,
    s: [0, 1],
    t: [
      [1, 2],
      [0, 0],
    ],
  },
  { p: 2, q: -1, s: [3], t: [[-1, 1]] },
  { p: 1, q: 0, s: [], t: [] },
];

test("a surface tree evaluates like its lambda, with shadowed names and early returns", () => {
  let compared = 0;
  fc.assert(
    fc.property(block, expression, (body, last) => {
      const source = `x => { const a = x.p, b = x.q, c = a + b; ${body} return ${last}; }`;
      let lambda: (row: unknown) => unknown;
      try {
        lambda = new Function(`return ${source}`)() as typeof lambda;
      } catch {
        return; // a name is declared twice in one block
      }
      const lowered = lower(source);
      for (const row of rows) {
        let expected: unknown;
        try {
          expected = lambda(row);
        } catch (error) {
          // These lambdas throw only if a name is used before its declaration, which is refused.
          expect(error).toBeInstanceOf(ReferenceError);
          expect(lowered.diagnostics.map((d) => d.code)).toContain("SL1038");
          return;
        }
        if (lowered.lambda === null) {
          expect(lowered.diagnostics.every((d) => d.code === "SL1038")).toBe(true);
          return;
        }
        expect(evaluate(lowered.lambda.body, { x: row })).toEqual(expected);
        compared += 1;
      }
    }),
    { numRuns: 600 },
  );
  expect(compared).toBeGreaterThan(150);
});

test("lowering does not throw for any text", () => {
  const piece = fc.constantFrom(
    "x",
    "=>",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ".",
    "?.",
    ",",
    ";",
    "return",
    "const",
    "if",
    "else",
    "1",
    "`",
    "${",
    "'",
    "/",
    "+",
    "=",
    "async",
    "function",
    "new",
    "class",
    "...",
    "a",
    "\n",
    "<",
    ">",
    "!",
    "#p",
    "@",
    "\\u",
    "0x",
    "1n",
    "yield",
    "super",
    "import",
    "enum",
    "type",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 25 }).map((p) => p.join(" ")),
        fc.string({ unit: "binary" }),
      ),
      (tail) => {
        for (const source of [tail, `x => ${tail}`, `x => { ${tail} }`]) {
          const { lambda, diagnostics } = lower(source);
          expect(lambda === null).toBe(diagnostics.length > 0);
          for (const { start, end } of diagnostics) expect(0 <= start && start <= end).toBe(true);
        }
      },
    ),
    { numRuns: 800 },
  );
});
