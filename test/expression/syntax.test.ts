import { describe, expect, it } from "vitest";
import { printReadable } from "../../src/expression/tree/print.js";
import type { RowScope } from "../../dsl/row.js";
import type { Constants } from "../../src/expression/surface/surface.js";
import { typeExpression } from "../../src/expression/typecheck/typecheck.js";
import { compileCase } from "./cases.js";
import { lower } from "./lambda.js";
import { column } from "./rows.js";

const port = (name: string, dtype: "float64" | "int64" | "bool" | "string", ...shape: (number | null)[]) => ({
  name,
  dtype,
  shape: ["batch", ...shape],
});
const scope: RowScope = {
  inputs: [port("a", "float64", 3), port("n", "int64"), port("grid", "float64", null, 2)],
  outputs: [port("u", "float64", null), port("s", "string"), port("words", "string", null), port("ok", "bool")],
  models: {},
};

function typed(source: string, constants: Constants = {}): string {
  const lambda = lower(source);
  const result = typeExpression(lambda, scope, constants);
  if (result.ok) return printReadable(result.tree);
  return result.diagnostics
    .map(
      ({ code, message, hint, start, end }) =>
        `${code} at '${lambda.source.slice(start, end)}': ${message}${hint === undefined ? "" : ` (${hint})`}`,
    )
    .join("\n");
}
const all = (sources: readonly string[], constants?: Constants) =>
  sources.map((source) => `${source}\n  ${typed(source, constants).replaceAll("\n", "\n  ")}`).join("\n");

describe("lists", () => {
  it("have includes, with NaN equal to NaN, and reduce", () => {
    expect(
      all(
        [
          "x => [1, 2].includes(x.in.a[0])",
          "x => [1, NaN].includes(x.in.a[0])",
          "x => LIST.includes(x.out.s) && x.in.a.includes(NaN) && x.out.u.includes(x.in.a[1])",
          "x => [...x.in.a, 4].every((v) => v > 0)",
          "x => x.in.a.reduce((s, v) => s + v, 0) > 1 && x.in.a.reduce((a, b) => a * b) > 1",
          "x => Math.max(...x.in.a, 0) < [5, 6][1] && x.in.a.at(-1) > 0 && [x.in.a, x.in.a].length === 2",
          "x => LIST.some((w, i) => i > 0 && w === x.out.s)",
        ],
        { LIST: ["a", "b"] },
      ),
    ).toMatchInlineSnapshot(`
      "x => [1, 2].includes(x.in.a[0])
        1 === x.in.a[0] || 2 === x.in.a[0]
      x => [1, NaN].includes(x.in.a[0])
        1 === x.in.a[0] || NaN === x.in.a[0] || Number.isNaN(x.in.a[0])
      x => LIST.includes(x.out.s) && x.in.a.includes(NaN) && x.out.u.includes(x.in.a[1])
        ("a" === x.out.s || "b" === x.out.s) && x.in.a.some((v) => v === NaN || Number.isNaN(v)) && x.out.u.some((v1) => v1 === x.in.a[1] || (Number.isNaN(v1) && Number.isNaN(x.in.a[1])))
      x => [...x.in.a, 4].every((v) => v > 0)
        x.in.a[0] > 0 && x.in.a[1] > 0 && x.in.a[2] > 0
      x => x.in.a.reduce((s, v) => s + v, 0) > 1 && x.in.a.reduce((a, b) => a * b) > 1
        0 + x.in.a[0] + x.in.a[1] + x.in.a[2] > 1 && x.in.a[0] * x.in.a[1] * x.in.a[2] > 1
      x => Math.max(...x.in.a, 0) < [5, 6][1] && x.in.a.at(-1) > 0 && [x.in.a, x.in.a].length === 2
        Math.max(x.in.a[0], x.in.a[1], x.in.a[2], 0) < 6 && x.in.a[2] > 0
      x => LIST.some((w, i) => i > 0 && w === x.out.s)
        "b" === x.out.s"
    `);
  });

  it("are refused if their length is unknown or the function does not fit", () => {
    expect(
      all([
        "x => x.out.u.reduce((s, v) => s + v, 0) > 1",
        "x => Math.max(...x.out.u) > 1 && Math.max(x.in.a) > 1",
        "x => [].reduce((s, v) => s + v) > 1",
        "x => x.in.a.reduce((s, v, i, all) => s + v, 0) > 1 && x.in.a.every(1)",
        "x => x.in.a.includes(1n) && x.in.a.includes() && x.in.a.at(-4) > 0 && x.in.a.at(0.5) > 0",
        "x => [1, , 2].includes(x.in.a[0])".replace(", ,", ", x.out.s,"),
        "x => [1, 2]",
        "x => x.in.a.filter((v) => v > 1).length > 1 && x.in.a.map((v) => v + 1).every((v) => v > 1) && x.in.a.every((v) => v > 1).foo()",
        "x => x.in.a.evry((v) => v > 1) || x.in.a.startsWith('a') || x.out.ok.every((v) => v)",
      ]),
    ).toMatchInlineSnapshot(`
      "x => x.out.u.reduce((s, v) => s + v, 0) > 1
        SL1118 at 'x.out.u': the length of 'x.out.u' is not known, and its elements are needed one by one (refine the pipeline so that the length is known)
      x => Math.max(...x.out.u) > 1 && Math.max(x.in.a) > 1
        SL1118 at 'x.out.u': the length of 'x.out.u' is not known, and its elements are needed one by one (refine the pipeline so that the length is known)
        SL1108 at 'x.in.a': 'x.in.a' is a list of 3 numbers, but one value is needed here (take one element with [i], or test all of them with .every(...) or .some(...))
      x => [].reduce((s, v) => s + v) > 1
        SL1116 at '[].reduce((s, v) => s + v)': 'reduce' of an empty list without a start throws in JavaScript (give it a start: .reduce((sum, v) => sum + v, 0))
      x => x.in.a.reduce((s, v, i, all) => s + v, 0) > 1 && x.in.a.every(1)
        SL1116 at '(s, v, i, all) => s + v': the function of 'reduce' gets only the accumulated value, an element and its position
        SL1116 at '1': 'every' takes a function of an element and its position (write it in place: (v) => v > 0)
      x => x.in.a.includes(1n) && x.in.a.includes() && x.in.a.at(-4) > 0 && x.in.a.at(0.5) > 0
        SL1111 at 'x.in.a.includes(1n)': '===' compares a number with a bigint, so it is always false (compare values of one type)
        SL1116 at 'x.in.a.includes()': 'includes' takes one value, not 0 arguments
        SL1105 at 'x.in.a.at(-4)': 'x.in.a' has 3 elements (the first element is [0])
        SL1106 at '0.5': 'at' takes a constant whole number
      x => [1, x.out.s, 2].includes(x.in.a[0])
        SL1111 at '[1, x.out.s, 2].includes(x.in.a[0])': '===' compares a string with a number, so it is always false (compare values of one type)
      x => [1, 2]
        SL1023 at '[1, 2]': a list cannot be used as one value (test its elements with includes, every or some)
      x => x.in.a.filter((v) => v > 1).length > 1 && x.in.a.map((v) => v + 1).every((v) => v > 1) && x.in.a.every((v) => v > 1).foo()
        SL1115 at 'x.in.a.filter((v) => v > 1)': 'filter' is not a method a lambda may call (put the condition into every, some or reduce: list.every((v) => !wanted(v) || v < 1))
        SL1115 at 'x.in.a.map((v) => v + 1)': 'map' is not a method a lambda may call (put the calculation into every, some or reduce: list.every((v) => v * 2 < 1))
        SL1115 at 'x.in.a.every((v) => v > 1).foo()': 'foo' is not a method a lambda may call (lists have every, some, includes, indexOf, reduce and at; strings have startsWith, endsWith and includes)
      x => x.in.a.evry((v) => v > 1) || x.in.a.startsWith('a') || x.out.ok.every((v) => v)
        SL1115 at 'x.in.a.evry((v) => v > 1)': 'evry' is not a method a lambda may call (did you mean 'every'?) (lists have every, some, includes, indexOf, reduce and at; strings have startsWith, endsWith and includes)
        SL1115 at 'x.in.a.startsWith('a')': a list has no 'startsWith' (strings have startsWith and endsWith; take one element with [i])
        SL1108 at 'x.out.ok.every((v) => v)': 'x.out.ok' is a boolean, and 'every' is a method of lists (compare it directly)"
    `);
  });
});

describe("a value that may be missing", () => {
  it("is only an element past the end; other comparisons with null and undefined are constant", () => {
    expect(
      all(
        [
          "x => x.in.a[0] == null || x.out.s === undefined || x.out.ok !== null",
          "x => x.out.u[0] == null",
          "x => x.out.u[0] !== undefined && x.out.u[0] === null",
          "x => (x.out.u[1] ?? 0) > 1 && (x.in.a[0] ?? 5) > 1",
          "x => x.in.grid[3]?.[1] > 0 && x?.out?.s?.startsWith('a')",
          "x => (x.out.words[1] ?? '').endsWith('a')",
          "x => x.in.a[0] < (UNSET ?? 3) && (LIMIT?.max ?? 1) > x.in.a[1] && UNSET == null",
          "x => null === undefined || undefined === void 0",
        ],
        { UNSET: undefined, LIMIT: { max: 2 } },
      ),
    ).toMatchInlineSnapshot(`
      "x => x.in.a[0] == null || x.out.s === undefined || x.out.ok !== null
        true
      x => x.out.u[0] == null
        x.out.u[0] === undefined
      x => x.out.u[0] !== undefined && x.out.u[0] === null
        false
      x => (x.out.u[1] ?? 0) > 1 && (x.in.a[0] ?? 5) > 1
        (x.out.u[1] ?? 0) > 1 && x.in.a[0] > 1
      x => x.in.grid[3]?.[1] > 0 && x?.out?.s?.startsWith('a')
        x.in.grid[3]?.[1] > 0 && x.out.s.startsWith("a")
      x => (x.out.words[1] ?? '').endsWith('a')
        (x.out.words[1] ?? "").endsWith("a")
      x => x.in.a[0] < (UNSET ?? 3) && (LIMIT?.max ?? 1) > x.in.a[1] && UNSET == null
        x.in.a[0] < 3 && 2 > x.in.a[1]
      x => null === undefined || undefined === void 0
        true"
    `);
  });

  it("is refused if JavaScript would throw or the types differ", () => {
    expect(
      all([
        "x => x.in.grid[3][1] > 0",
        "x => x.out.words[0].startsWith('a')",
        "x => (x.out.u[0] ?? 'a') === 'a'",
        "x => null < x.in.a[0] && (undefined ?? null)",
        "x => x.out.words[0]?.length > 1 || x.out.s.length > 1",
        "x => x.out.s.startsWith(x.out.words[0] ?? 'a') || x.out.s.includes(1) || x.out.s.startsWith()",
      ]),
    ).toMatchInlineSnapshot(`
      "x => x.in.grid[3][1] > 0
        SL1118 at 'x.in.grid[3]': 'x.in.grid[3]' may be past the end of a list of unknown length (refine the pipeline so that the length is known)
      x => x.out.words[0].startsWith('a')
        SL1118 at 'x.out.words[0]': 'x.out.words[0]' may be missing, and JavaScript then throws (write (x.out.words[0] ?? "").startsWith(…))
      x => (x.out.u[0] ?? 'a') === 'a'
        SL1025 at 'x.out.u[0] ?? 'a'': '??' falls back from a number to a string (give both sides one type)
      x => null < x.in.a[0] && (undefined ?? null)
        SL1117 at 'null': a row never holds null (compare it with === or !==; for a list that may be too short, check its .length or use ??)
        SL1117 at 'null': a row never holds null (compare it with === or !==; for a list that may be too short, check its .length or use ??)
      x => x.out.words[0]?.length > 1 || x.out.s.length > 1
        SL1104 at 'x.out.words[0]?.length': the length of 'x.out.words[0]' counts UTF-16 units, which no target does (compare the string itself, or use startsWith, endsWith or includes)
        SL1104 at 'x.out.s.length': the length of 'x.out.s' counts UTF-16 units, which no target does (compare the string itself, or use startsWith, endsWith or includes)
      x => x.out.s.startsWith(x.out.words[0] ?? 'a') || x.out.s.includes(1) || x.out.s.startsWith()
        SL1116 at 'x.out.words[0] ?? 'a'': 'startsWith' takes a constant string, and 'x.out.words[0] ?? 'a'' is not constant (compare two columns with ===)
        SL1116 at '1': 'includes' takes a constant string, and '1' is a number (compare two columns with ===)
        SL1116 at 'x.out.s.startsWith()': 'startsWith' takes one string, not 0 arguments"
    `);
  });
});

describe("powers and logarithms", () => {
  const columns = [
    column("out.d", "float64", [], [Number.NaN, Number.POSITIVE_INFINITY, 0, -0, 0.5, 2, 3.7, -8, 1e-300]),
  ];

  it.each([
    "x.out.d ** 2 > 4",
    "Math.pow(x.out.d, 0.5) < 2",
    "2 ** x.out.d === 4",
    "Math.log(x.out.d) > 1",
    "Math.log2(x.out.d) === 1",
    "Math.log10(x.out.d) < 0",
    "Math.exp(x.out.d) > 1",
    "Math.hypot(x.out.d, 3, 4) > 5",
    "(-x.out.d) ** 3 > -1",
  ])("%s is exact in JavaScript and refused by engines whose last bit differs", (text) => {
    const result = compileCase(`x => ${text}`, columns);
    if (!("text" in result)) expect.fail(result.map((d) => d.message).join("; "));
    const printed = new Function(`return ${result.expression.strings.javascript ?? ""}`)() as (row: unknown) => boolean;
    expect(columns[0]?.values.map((d) => printed({ out: { d } }))).toEqual(result.holdsOn(columns));
    expect(result.expression.refused["polars-0.18"]?.code).toBe("SL1207");
    expect(result.expression.refused["polars-1"]?.code).toBe("SL1207");
  });

  it("of bigints are refused", () => {
    expect(typed("x => x.in.n ** 2n > 1n")).toMatchInlineSnapshot(
      `"SL1015 at 'x.in.n ** 2n': '**' takes numbers, not a bigint (multiply: n * n)"`,
    );
    expect(typed("x => 2 ** 10 < x.in.a[0] && Math.hypot() < x.in.a[1]")).toMatchInlineSnapshot(
      `"1024 < x.in.a[0] && 0 < x.in.a[1]"`,
    );
  });
});

describe("indexes of lists", () => {
  it("come from indexOf: the first match, or -1", () => {
    expect(typed("x => x.in.a.indexOf(1) === 2")).toMatchInlineSnapshot(
      `"(x.in.a[0] === 1 ? 0 : (x.in.a[1] === 1 ? 1 : (x.in.a[2] === 1 ? 2 : -1))) === 2"`,
    );
    expect(typed("x => x.in.a.indexOf(Math.max(...x.in.a)) < [1, 2].indexOf(2)")).toMatchInlineSnapshot(
      `"(x.in.a[0] === Math.max(x.in.a[0], x.in.a[1], x.in.a[2]) ? 0 : (x.in.a[1] === Math.max(x.in.a[0], x.in.a[1], x.in.a[2]) ? 1 : (x.in.a[2] === Math.max(x.in.a[0], x.in.a[1], x.in.a[2]) ? 2 : -1))) < 1"`,
    );
    expect(typed("x => x.in.a.indexOf('a') > 0 || x.in.a.indexOf(1, 2) > 0 || x.in.a.indexOf() > 0"))
      .toMatchInlineSnapshot(`
      "SL1111 at 'x.in.a.indexOf('a')': '===' compares a number with a string, so it is always false (compare values of one type)
      SL1116 at 'x.in.a.indexOf(1, 2)': 'indexOf' takes one value, not 2 arguments
      SL1116 at 'x.in.a.indexOf()': 'indexOf' takes one value, not 0 arguments"
    `);
  });

  it("may be calculated from the position if the length is known, which unrolls the list", () => {
    expect(typed("x => x.in.a.every((v, i) => i === 0 || v >= x.in.a[i - 1])")).toMatchInlineSnapshot(
      `"x.in.a[1] >= x.in.a[0] && x.in.a[2] >= x.in.a[1]"`,
    );
    expect(typed("x => x.in.a.every((v, i) => i < 2 ? v < x.in.a[i + 1] : x.in.a[2 - i] < v)")).toMatchInlineSnapshot(
      `"x.in.a[0] < x.in.a[1] && x.in.a[1] < x.in.a[2] && x.in.a[0] < x.in.a[2]"`,
    );
    expect(
      typed("x => x.in.a.every((v, i) => x.in.a.some((w, j) => j < i && x.in.a[i - j] > w))"),
    ).toMatchInlineSnapshot(`"false"`);
  });

  it("are refused outside of the list, or if the length is unknown", () => {
    expect(typed("x => x.in.a.every((v, i) => v >= x.in.a[i - 1])")).toMatchInlineSnapshot(
      `"SL1106 at 'i - 1': an index is a whole number from 0 on, not -1 (count from the start of the list, or use .at(…))"`,
    );
    expect(typed("x => x.in.a.every((v, i) => v >= x.in.a[i + 1])")).toMatchInlineSnapshot(
      `"SL1105 at 'x.in.a[i + 1]': 'x.in.a' has 3 elements, so [i + 1] is past its end (the first element is [0])"`,
    );
    expect(typed("x => x.out.words.every((v, i) => i === 0 || v !== x.out.words[i - 1])")).toMatchInlineSnapshot(
      `"SL1106 at 'i - 1': the index 'i - 1' is not a constant (in a list of known length, up to 256, an index may be calculated from the position)"`,
    );
    expect(typed("x => x.in.a.every((v, i) => v >= x.in.a[v])")).toMatchInlineSnapshot(
      `"SL1106 at 'v': the index 'v' is not a constant (an index is a constant, or the position parameter of every and some)"`,
    );
  });
});
