// Odd but valid code: a program must behave the same with the plugin and without it, but for its lambdas. Each sample
// is the body of a module that exports `result`, which is plain data.

/** Imports, and a model. */
export const head = `import { pipeline } from "shapeline";
const io = { v: { dtype: "float64", shape: ["batch", 1] } };
const m = { name: "m", version: "1", sha256: "0".repeat(64), inputs: io, outputs: io };
const names = (p) => p.steps.map((s) => s.kind + ":" + (s.name ?? ""));
const run = (p, i, v) => p.steps[i].check({ out: { v: [v] } });
`;

/** Samples after `head`. */
export const samples: Readonly<Record<string, string>> = {
  plain: `const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [names(p), run(p, 1, 0), run(p, 1, 2)];`,
  "no semicolons": `const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1)\nconst q = p\nexport const result = [names(q), run(q, 1, 0)]`,
  "comment before the lambda": `const p = pipeline("a").model(m).validate("v", /* why */ (x) => x.out.v[0] < 1 /* after */, ); export const result = run(p, 1, 0);`,
  "line comment inside the lambda": `const p = pipeline("a").model(m).validate("v", (x) => // first\n  x.out.v[0] < 1 // last\n); export const result = run(p, 1, 0);`,
  "comment between = and the function": `const f = /* a */ (x) /* b */ => /* c */ x.out.v[0] < 1; const p = pipeline("a").model(m).validate("v", f); export const result = [f.name, run(p, 1, 0)];`,
  "comment inside the chain": `const p = pipeline("a") // one\n  .model(m) /* two */\n  // three\n  .validate("v", (x) => x.out.v[0] < 1); export const result = names(p);`,
  "html-like comment text": `const t = "<!-- validate -->"; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [t, names(p)];`,
  "async arrow elsewhere": `const wait = async () => 1; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [await wait(), names(p)];`,
  "object in parentheses": `const o = { f: ((x) => x.out.v[0] < 1) }; const p = pipeline("a").model(m).validate("v", o.f); export const result = [o.f.name, run(p, 1, 0)];`,
  "name of a const function": `const small = (x) => x.out.v[0] < 1; const p = pipeline("a").model(m).validate("v", small); export const result = [small.name, small.length, run(p, 1, 0)];`,
  "name of a function expression": `const small = function inner(x) { return x.out.v[0] < 1; }; const p = pipeline("a").model(m).validate("v", small); export const result = [small.name, run(p, 1, 0)];`,
  "anonymous function expression": `const small = function (x) { return x.out.v[0] < 1; }; const p = pipeline("a").model(m).validate("v", small); export const result = [small.name, run(p, 1, 0)];`,
  "function declaration, used before": `const p = pipeline("a").model(m).validate("v", small); function small(x) { return x.out.v[0] < 1; } export const result = [small.name, run(p, 1, 0)];`,
  "function declaration with directive": `function outer() { "use strict"; function small(x) { return x.out.v[0] < 1; } return [small, this === undefined]; } const [f, strict] = outer(); const p = pipeline("a").model(m).validate("v", f); export const result = [strict, run(p, 1, 0)];`,
  "exported function declaration": `export function small(x) { return x.out.v[0] < 1; } const p = pipeline("a").model(m).validate("v", small); export const result = [small.name, run(p, 1, 0)];`,
  "export default function": `export default function (x) { return x.out.v[0] < 1; } const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = names(p);`,
  "export default arrow": `export default (x) => x.out.v[0] < 1; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = names(p);`,
  "generator beside": `function* g() { yield 1; yield 2; } const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [[...g()], names(p)];`,
  "shorthand method": `const rules = { low(x) { return x.out.v[0] < 1; } }; const p = pipeline("a").model(m).validate("v", rules.low); export const result = [rules.low.name, Object.keys(rules), run(p, 1, 0)];`,
  "method with a quoted name": `const rules = { "a b"(x) { return x.out.v[0] < 1; } }; const p = pipeline("a").model(m).validate("v", rules["a b"]); export const result = [rules["a b"].name, run(p, 1, 0)];`,
  "method with this": `const rules = { limit: 1, low(x) { return x.out.v[0] < 1; }, twice() { return this.limit * 2; } }; const p = pipeline("a").model(m).validate("v", rules.low); export const result = [rules.twice(), run(p, 1, 0)];`,
  "method with super": `const base = { limit() { return 2; } }; const rules = { __proto__: base, limit() { return super.limit() + 1; }, low(x) { return x.out.v[0] < 1; } }; const p = pipeline("a").model(m).validate("v", rules.low); export const result = [rules.limit(), run(p, 1, 0)];`,
  "getter beside": `const rules = { get low() { return (x) => x.out.v[0] < 1; } }; const p = pipeline("a").model(m).validate("v", rules.low); export const result = run(p, 1, 0);`,
  "static class field": `class Rules { static low = (x) => x.out.v[0] < 1; static #n = 1; static n() { return Rules.#n; } } const p = pipeline("a").model(m).validate("v", Rules.low); export const result = [Rules.n(), Rules.low.name, run(p, 1, 0)];`,
  "private method": `class A { #low(x) { return x < 1; } ok() { return this.#low(0); } } const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [new A().ok(), names(p)];`,
  "pipeline in a class": `class A { p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); } export const result = names(new A().p);`,
  "pipeline in a function": `const make = (n) => pipeline(n).model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [names(make("a")), make("b").name];`,
  "pipeline as a parameter": `const add = (p) => p.validate("v", (x) => x.out.v[0] < 1); export const result = names(add(pipeline("a").model(m)));`,
  "pipeline in a loop": `let p = pipeline("a").model(m); for (const n of ["x", "y"]) p = p.validate(n, (x) => x.out.v[0] < 1); export const result = names(p);`,
  "reduce over names": `export const result = names(["x", "y"].reduce((p, n) => p.validate(n, (x) => x.out.v[0] < 1), pipeline("a").model(m)));`,
  "conditional lambda": `const on = true; const p = pipeline("a").model(m).validate("v", on ? (x) => x.out.v[0] < 1 : (x) => x.out.v[0] < 2); export const result = run(p, 1, 1.5);`,
  "lambda from a factory": `const below = (n) => (x) => x.out.v[0] < n; const p = pipeline("a").model(m).validate("v", below(3)); export const result = [run(p, 1, 2), run(p, 1, 4)];`,
  "same lambda twice": `const f = (x) => x.out.v[0] < 1; const p = pipeline("a").model(m).validate("v", f).validate("w", f); export const result = [names(p), p.steps[1].check === p.steps[2].check];`,
  "nested lambdas": `const p = pipeline("a").model(m).validate("v", (x) => x.out.v.every((v) => v < 1)); export const result = [run(p, 1, 0), run(p, 1, 2)];`,
  "computed method name": `const p = pipeline("a").model(m)["validate"]("v", (x) => x.out.v[0] < 1); export const result = names(p);`,
  "template method name":
    'const p = pipeline("a").model(m)[`validate`]("v", (x) => x.out.v[0] < 1); export const result = names(p);',
  "optional call": `const p = pipeline("a").model(m)?.validate?.("v", (x) => x.out.v[0] < 1); export const result = names(p);`,
  "spread arguments": `const args = ["v", (x) => x.out.v[0] < 1]; const p = pipeline("a").model(m).validate(...args); export const result = [names(p), run(p, 1, 0)];`,
  bind: `const base = pipeline("a").model(m); const add = base.validate.bind(base); export const result = names(add("v", (x) => x.out.v[0] < 1));`,
  "comma operator": `const p = (0, pipeline)("a").model(m).validate("v", (0, (x) => x.out.v[0] < 1)); export const result = run(p, 1, 0);`,
  "shadowed by a parameter": `const f = (pipeline) => pipeline.validate("v", (x) => x + 1); export const result = f({ validate: (n, g) => [n, g(1)] });`,
  "shadowed in a block": `let r; { const pipeline = () => ({ validate: (n, g) => [n, g(1) << 1, Object.getOwnPropertySymbols(g).length] }); r = pipeline().validate("v", (x) => x << 1); } export const result = [r, names(pipeline("a"))];`,
  "other validate": `const form = { validate: (n, g) => g({ a: 1 }) }; const p = pipeline("a").model(m); export const result = [form.validate("v", (x) => new Date(0).getTime() + x.a), names(p)];`,
  "other alert": `const ui = { alert: (t, g) => [t, g()] }; export const result = [ui.alert("a", () => { for (const i of [1, 2]) if (i > 1) return i; }), names(pipeline("a"))];`,
  "unused lambda function": `const unused = (x) => x.out.v[0] < 1; export const result = names(pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1));`,
  "unicode names": `const größe = 1; const ΔΩ = (ж) => ж.out.v[0] < größe; const p = pipeline("ü😀").model(m).validate("v😀", ΔΩ); export const result = [p.name, ΔΩ.name, names(p), run(p, 1, 0)];`,
  "escaped identifiers": `const \\u0061bc = 1; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < abc); export const result = run(p, 1, 0);`,
  "astral characters before": `const t = "😀😀𝒳"; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [t, run(p, 1, 0)];`,
  "line separators in strings": `const t = "a\\u2028b\u2028c"; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [t, run(p, 1, 0)];`,
  "regular expression with quotes": `const r = /["'\`]\\/validate\\(/.test("a"); const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [r, names(p)];`,
  "template with code":
    'const t = `p.validate("v", (x) => ${1 + 1})`; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [t, names(p)];',
  "tagged template":
    'const tag = (s, ...v) => s.raw.join("|") + v; const t = tag`a\\n${1}b`; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [t, names(p)];',
  "__proto__ in the data": `const o = { "__proto__": 1 }; const p = pipeline("a").model(m).validate("__proto__", (x) => x.out.v[0] < 1); export const result = names(p);`,
  "a const named __proto__": `const __proto__ = (x) => x.out.v[0] < 1; const p = pipeline("a").model(m).validate("v", __proto__); export const result = [__proto__.name, run(p, 1, 0)];`,
  "function named like a global": `const Symbol2 = Symbol; const f = (x) => x.out.v[0] < 1; const p = pipeline("a").model(m).validate("v", f); export const result = [typeof Symbol2, run(p, 1, 0)];`,
  "dynamic import": `const { pipeline: dynamic } = await import("shapeline"); const p = dynamic("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = names(p);`,
  "import namespace": `import * as all from "shapeline"; const p = all.pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = names(p);`,
  "renamed import": `import { pipeline as flow } from "shapeline"; const p = flow("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = names(p);`,
  "value declared later": `const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < LATER); const LATER = 1; export const result = run(p, 1, 0);`,
  "value in a closure": `const p = ((limit) => pipeline("a").model(m).validate("v", (x) => x.out.v[0] < limit))(1); export const result = run(p, 1, 0);`,
  "destructured parameter": `const p = pipeline("a").model(m).validate("v", ({ out: { v: [first] } }) => first < 1); export const result = run(p, 1, 0);`,
  "block body with early return": `const p = pipeline("a").model(m).validate("v", (x) => { const [a] = x.out.v; if (a > 5) return false; return a < 1; }); export const result = run(p, 1, 0);`,
  "labels and switches": `let r = 0; outer: for (let i = 0; i < 3; i++) { switch (i) { case 1: continue outer; default: r += i; } } const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [r, names(p)];`,
  "division or regular expression": `const a = 4, g = 2; const q = a / 2 / g; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] / 2 / 1 < 1); export const result = [q, run(p, 1, 0)];`,
  "big literals": `const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1_000.5e3); export const result = [10n ** 20n + "", run(p, 1, 0)];`,
  "object literal body": `const p = pipeline("a").model(m).validate("v", (x) => (x.out.v[0] < 1)); const o = (() => ({ a: 1 }))(); export const result = [o, run(p, 1, 0)];`,
  "arrow in a default value": `const f = (g = (x) => x.out.v[0] < 1) => pipeline("a").model(m).validate("v", g); export const result = run(f(), 1, 0);`,
  "arrow after a line break": `const p = pipeline("a").model(m).validate(\n  "v",\n  (x) =>\n    x.out.v[0] < 1,\n);\nexport const result = run(p, 1, 0);`,
  "immediately invoked": `export const result = (() => names(pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1)))();`,
  "own toString": `const f = (x) => x.out.v[0] < 1; f.toString = () => "other"; const p = pipeline("a").model(m).validate("v", f); export const result = [String(f), run(p, 1, 0)];`,
  "frozen function": `const f = Object.freeze((x) => x.out.v[0] < 1); const p = pipeline("a").model(m).validate("v", f); export const result = [Object.isFrozen(f), run(p, 1, 0)];`,
  "keys of a lambda": `const f = (x) => x.out.v[0] < 1; const p = pipeline("a").model(m).validate("v", f); export const result = [Object.keys(f), JSON.stringify({ f })];`,
  "names of functions in other places": `let f; f = (x) => x.out.v[0] < 1; const rules = { "a b": (x) => x.out.v[0] < 2 }; const g = (h = (x) => x.out.v[0] < 3) => h; const p = pipeline("a").model(m).validate("v", f).validate("w", rules["a b"]).validate("u", g()); export const result = p.steps.slice(1).map((s) => s.check.name);`,
  "an insertion": `const p = pipeline("a").model(m).insertStep(1, (at) => at.validate("v", (x) => x.out.v[0] < 1)); export const result = [names(p), run(p, 1, 0)];`,
  "an alert": `const p = pipeline("a").model(m).alert("d", (all) => all.avg((x) => x.out.v[0]) > 1, { over: "5m" }); export const result = [names(p), p.steps[1].condition({ avg: (f) => f({ out: { v: [2] } }) })];`,
  "syntax of the future": `const o = { a: null }; o.a ??= 1; o.a ||= 2; o.a &&= 3; const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [o.a, names(p)];`,
  "import attributes text": `const t = 'import x from "./a.json" with { type: "json" }'; export const result = [t, names(pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1))];`,
  "two functions ending together": `const f = (x) => ((y) => y.out.v[0] < 1)(x); const p = pipeline("a").model(m).validate("v", f); export const result = run(p, 1, 0);`,
  "helper declared in a block": `let p; { function half(v) { return v / 2; } p = pipeline("a").model(m).validate("v", (x) => half(x.out.v[0]) < 1); } export const result = run(p, 1, 1.5);`,
  "overwritten function": `let f = (x) => x.out.v[0] < 1; f = (x) => x.out.v[0] < 2; const p = pipeline("a").model(m).validate("v", f); export const result = run(p, 1, 1.5);`,
};

/** Samples in TypeScript, with JSX and decorators, after the same head. */
export const typedSamples: Readonly<Record<string, string>> = {
  "type arguments": `const id = <T,>(v: T): T => v; const p = pipeline<"a">("a").model(id(m) as never).validate("v", ((x: any): boolean => x.out.v[0] < 1) as never); export const result = names(p);`,
  "JSX around a pipeline": `const h = (tag: string, props: unknown, ...children: unknown[]) => [tag, props, ...children]; /** @jsx h */ export const result = <div title="validate(&quot;v&quot;)">{names(pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1))}</div>;`,
  decorators: `const log = (value: any, { name }: any) => value; class A { @log low(v: number) { return v < 1; } } const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [new A().low(0), names(p)];`,
  "enum and namespace": `enum E { A = 1, B = A << 2 } namespace N { export const limit = 1; } const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < N.limit && x.out.v[0] < E.B); export const result = [E.B, run(p, 1, 0)];`,
  "satisfies and non-null": `const p = pipeline("a").model(m)!.validate("v", ((x) => x.out.v[0]! < 1) satisfies unknown as never); export const result = run(p, 1, 0);`,
  overloads: `function low(x: string): boolean; function low(x: any): boolean; function low(x: any): boolean { return x.out.v[0] < 1; } const p = pipeline("a").model(m).validate("v", low); export const result = run(p, 1, 0);`,
  "this parameter": `function low(this: void, x: any): boolean { return x.out.v[0] < 1; } const p = pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1); export const result = [low({ out: { v: [0] } }), names(p)];`,
  "abstract class": `abstract class A { abstract n: number; protected constructor(readonly k = 1) {} } class B extends A { n = 2; constructor() { super(); } } export const result = [new B().k, names(pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1))];`,
};
