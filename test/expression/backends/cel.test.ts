import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateInCel, installed, libraries, rowsFor } from "../engines/cel.js";
import { type Case, compileCases, textOrRefusal } from "../cases.js";
import { generateColumns, lambdas } from "../fuzz/generate-lambdas.js";
import { column, type TestColumn } from "../rows.js";
import {
  bigintColumns,
  comparisons,
  conversionTexts,
  floatColumns,
  moreWords,
  nestedListColumn,
  pairColumn,
  shortListColumns,
  textsPastTheEnd,
  wordColumns,
  wordTexts,
} from "./edge-columns.js";

if (!installed) {
  console.warn(
    "test/expression/backends/cel.test.ts: the CEL libraries are not installed, so their tests are skipped; run: npm run oracles",
  );
}

const textOf = (text: string, columns: readonly TestColumn[]): string => textOrRefusal("cel", text, columns);

/** The cases in which a library's result differs from the lambda's. */
function differences(cases: readonly Case[], columns: readonly TestColumn[]): string[] {
  return Object.entries(libraries).flatMap(([name, library]) => {
    const rows = rowsFor(library, columns);
    return cases.flatMap(({ text, expression, holdsOn }) => {
      const results = evaluateInCel(library, expression.strings.cel ?? "has no text", rows);
      const row = holdsOn(columns).findIndex((held, r) => results[r] !== held);
      return row < 0 ? [] : [`${name}: ${text}: row ${row} is ${String(results[row])}`];
    });
  });
}

describe("the CEL text", () => {
  it("is the predicate, over the row as the lambda sees it", () => {
    const columns = [
      column("out.dense_1", "float32", [1], []),
      column("in.f", "float32", [3], []),
      column("out_c-1.for", "float64", [], []),
      column("out.n", "int64", [], []),
      column("out.q", "uint64", [], []),
    ];
    expect(textOf("x => !(x.out.dense_1[0] > 0.9)", columns)).toMatchInlineSnapshot(
      `"!(double(x.out.dense_1[0]) > 0.9)"`,
    );
    expect(textOf("x => x.in.f.every(v => v >= 0 && v <= 1e21)", columns)).toMatchInlineSnapshot(
      `"x["in"].f.all(v0, ((double(v0) >= 0.0) && (double(v0) <= 1e+21)))"`,
    );
    expect(textOf("x => x.in.f.every((v, i) => v >= i)", columns)).toMatchInlineSnapshot(
      `"(double(x["in"].f[0]) >= 0.0) && (double(x["in"].f[1]) >= 1.0) && (double(x["in"].f[2]) >= 2.0)"`,
    );
    expect(textOf("x => x.models['c-1'].for > 5", columns)).toMatchInlineSnapshot(
      `""c-1" in x.models && "for" in x.models["c-1"] && (double(x.models["c-1"]["for"]) > 5.0)"`,
    );
    expect(textOf("x => x.out.n < 5n && x.out.q < 5n", columns)).toMatchInlineSnapshot(
      `"(x.out.n < 5) && (uint(x.out.q) < 5u)"`,
    );
  });

  it("is refused for what standard CEL lacks", () => {
    const columns = [
      column("out.d", "float64", [], []),
      column("out.u", "float64", [null], []),
      column("out.n", "int64", [], []),
      column("out.q", "uint64", [], []),
      column("out.s", "string", [], []),
      column("in.w", "float64", [300], []),
    ];
    const refused = [
      "x => Math.sqrt(x.out.d) < 2",
      "x => x.out.u.every((v, i) => v > i)",
      "x => x.out.n + 1n > 5n",
      "x => x.out.n < x.out.q",
      "x => x.out.q > -1n",
      "x => x.out.s < 'é😀'",
      "x => x.in.w.every((v, i) => v > i)",
    ];
    expect(refused.map((text) => textOf(text, columns))).toMatchInlineSnapshot(`
      [
        "SL1201: standard CEL has no square root; square the other side",
        "SL1202: CEL cannot use a position inside a list of unknown length",
        "SL1207: bigint arithmetic is an error beyond 64 bits in CEL",
        "SL1207: some CEL implementations do not compare int64 with uint64 exactly",
        "SL1207: the constant -1n is outside of uint64, so the comparison has one answer; leave it out",
        "SL1207: CEL orders strings by their code points, JavaScript by UTF-16 units",
        "SL1202: 'in.w' has 300 elements, and at most 256 are unrolled",
      ]
    `);
    const long = Array.from({ length: 15 }, (_, i) => `v !== i + ${i}.123456789012345`).join(" && ");
    expect(
      textOf(`x => x.in.v.every((v, i) => ${long})`, [column("in.v", "float64", [256], [])]),
    ).toMatchInlineSnapshot(`"SL1203: its text is longer than 100000 characters; split it into several validations"`);
  });
});

describe.skipIf(!installed)("the CEL text, in both libraries", () => {
  it("agrees with the lambda on NaN, infinities, -0, denormals and the float32 neighbours of 0.1 and 0.9", () => {
    const functions = ["abs", "floor", "ceil", "round", "trunc", "sign"];
    const texts = [
      ...comparisons.flatMap((op) =>
        ["0.1", "-0", "NaN", "Infinity", "3.6536061763763428", "x.out.d", "x.in.f[0]", "x.out.i[0]"].flatMap((other) =>
          ["x.out.d", "x.in.f[1]", "x.out.i[0]"].flatMap((one) => [
            `x => ${one} ${op} ${other}`,
            `x => !(${other} ${op} ${one})`,
          ]),
        ),
      ),
      ...functions.flatMap((f) => [
        `x => 1 / Math.${f}(x.out.d) > 0`,
        `x => Math.${f}(x.in.f[0]) < 0.9`,
        `x => Math.${f}(x.out.d * 10) === x.out.d * 10`,
        `x => Number.isNaN(Math.${f}(-x.out.d))`,
        `x => Math.${f}(x.out.i[0] / 2) > x.out.i[0] / 3`,
      ]),
      ...["min", "max"].flatMap((f) =>
        ["x.out.d, 0", "-0, x.out.d", "x.out.d, -x.out.d", "x.in.f[0], x.in.f[1], x.out.d", "x.out.d"].flatMap(
          (args) => [`x => 1 / Math.${f}(${args}) > 0`, `x => Math.${f}(${args}) >= 0.1`],
        ),
      ),
      ...["+", "-", "*", "/"].flatMap((op) =>
        ["0", "-0", "3", "0.1", "NaN", "5e-324"].flatMap((c) => [
          `x => 1 / (x.out.d ${op} ${c}) > 0`,
          `x => 1 / (${c} ${op} x.out.d) > 0`,
          `x => x.out.d ${op} ${c} > x.in.f[0]`,
        ]),
      ),
      ...["isFinite", "isNaN", "isInteger"].flatMap((f) => [
        `x => Number.${f}(x.out.d)`,
        `x => !Number.${f}(x.in.f[0] / x.out.d)`,
      ]),
    ];
    expect(differences(compileCases(texts, floatColumns), floatColumns)).toEqual([]);
  });

  it("compares int64 and uint64 exactly", () => {
    const texts = comparisons.flatMap((op) => [
      ...[
        "9007199254740993n",
        "-9223372036854775808n",
        "9223372036854775807n",
        "x.out.m[0]",
        "(x.out.n > 4n ? x.out.m[0] : 5n)",
      ].flatMap((n) => [`x => x.out.n ${op} ${n}`, `x => !(${n} ${op} x.out.n)`]),
      ...["9007199254740993n", "18446744073709551615n", "0n", "(x.out.n > 4n ? 7n : x.out.q)"].map(
        (n) => `x => x.out.q ${op} ${n}`,
      ),
    ]);
    expect(differences(compileCases(texts, bigintColumns), bigintColumns)).toEqual([]);
  });

  it("converts bigints to numbers as JavaScript does", () => {
    expect(differences(compileCases(conversionTexts, bigintColumns), bigintColumns)).toEqual([]);
    expect(textOf("x => Number(x.out.q) > 0.5", bigintColumns)).toMatchInlineSnapshot(`"double(uint(x.out.q)) > 0.5"`);
    expect(textOf("x => Number(x.out.n + 1n) > 0.5", bigintColumns)).toMatchInlineSnapshot(
      `"SL1207: bigint arithmetic is an error beyond 64 bits in CEL"`,
    );
  });

  it("treats an element past the end of a list as undefined", () => {
    const columns = [...shortListColumns, nestedListColumn];
    const texts = [...textsPastTheEnd, "x => x.out.u.every((v) => v > 0.5 || x.out.u.some((w) => w > v))"];
    expect(differences(compileCases(texts, columns), columns)).toEqual([]);
  });

  it("reads strings, booleans, nested lists and odd names", () => {
    const words = moreWords;
    const columns = [...wordColumns(words), pairColumn("in.while", words.length)];
    const texts = [
      ...wordTexts(words),
      `x => x.out['a "b".c'].every((r) => r.some((v) => v > r[0]))`,
      "x => x.in.while.some((v, i) => v > i && x.out.b[i])",
    ];
    expect(differences(compileCases(texts, columns), columns)).toEqual([]);
  });

  it("is false for a row without a challenger's value", () => {
    const text = textOf("x => x.models.c1.z > 0 || x.out.d < 5", [
      column("out.d", "float64", [], []),
      column("out_c1.z", "float64", [], []),
    ]);
    const rows = [{}, { c1: {} }, { c1: { z: 1 } }].map((models) => ({ in: {}, out: { d: 1 }, models }));
    for (const library of Object.values(libraries))
      expect(evaluateInCel(library, text, rows)).toEqual([false, false, true]);
  });

  it("agrees with 500 generated lambdas, four operations deep", () => {
    const columns = generateColumns(20, 7, fc.nat(4));
    const cases = compileCases(fc.sample(lambdas(4), { numRuns: 500, seed: 20_261_122 }), columns).filter(
      ({ expression }) => expression.strings.cel !== undefined,
    );
    expect(cases.length).toBeGreaterThan(420);
    expect(differences(cases, columns)).toEqual([]);
  });
});
