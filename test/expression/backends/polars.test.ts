import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Case, compileCases } from "../cases.js";
import { type Engine, engines, evaluate, installed } from "../engines/polars.js";
import { generateColumns, lambdas } from "../fuzz/generate-lambdas.js";
import { column, type TestColumn } from "../rows.js";
import {
  bigintColumns,
  comparisons,
  conversionTexts,
  floatColumns,
  shortListColumns,
  wordColumns,
  words,
} from "./edge-columns.js";

if (!installed) {
  console.warn(
    "test/expression/backends/polars.test.ts: the real polars engines are not installed, so their tests are skipped; run: npm run oracles",
  );
}

/** The cases whose string does not flag exactly the rows that fail the lambda, with the first row that differs. */
function differences(engine: Engine, cases: readonly Case[], ...batches: (readonly TestColumn[])[]): string[] {
  const written = cases.filter(({ expression }) => expression.strings[engine] !== undefined);
  const texts = written.map(({ expression }) => expression.strings[engine] as string);
  const results = evaluate(
    engine,
    batches.map((columns) => ({ columns, texts })),
  );
  return batches.flatMap((columns, b) =>
    written.flatMap(({ text, holdsOn }, i) => {
      const flags = results[b]?.[i];
      const holds = holdsOn(columns);
      if (flags === undefined || "error" in flags) return [`${text}: ${flags?.error ?? "no answer"}`];
      if (flags.length !== holds.length) return [`${text}: ${flags.length} values for ${holds.length} rows`];
      const row = holds.findIndex((held, r) => flags[r] !== !held);
      return row < 0
        ? []
        : [`${text}: batch ${b} row ${row} holds: ${String(holds[row])}, flagged: ${String(flags[row])}`];
    }),
  );
}

const slice = (columns: readonly TestColumn[], from: number, to: number): TestColumn[] =>
  columns.map((c) => ({ ...c, values: c.values.slice(from, to) }));

const floatTexts = [
  ...comparisons.flatMap((op) =>
    [
      "0.1",
      "0.9",
      "0",
      "-0",
      "NaN",
      "Infinity",
      "3.6536061763763428",
      "x.out.d",
      "x.in.f[0]",
      "x.in.f[1]",
      "x.out.i[0]",
    ].flatMap((other) =>
      ["x.out.d", "x.in.f[0]", "x.out.i[0]"].flatMap((one) => [
        `x => ${one} ${op} ${other}`,
        `x => !(${other} ${op} ${one})`,
      ]),
    ),
  ),
  ...["abs", "floor", "ceil", "sqrt", "round", "trunc", "sign"].flatMap((f) => [
    `x => 1 / Math.${f}(x.out.d) > 0`,
    `x => Math.${f}(x.in.f[0]) < 0.9`,
    `x => Number.isNaN(Math.${f}(-x.out.d))`,
  ]),
  ...["min", "max"].flatMap((f) =>
    ["x.out.d, 0", "-0, x.out.d", "x.out.d, -x.out.d", "x.in.f[0], x.in.f[1], x.out.d"].flatMap((args) => [
      `x => 1 / Math.${f}(${args}) > 0`,
      `x => Math.${f}(${args}) >= 0.1`,
    ]),
  ),
  ...["+", "-", "*", "/", "%"].flatMap((op) =>
    ["0", "-0", "3", "0.1", "NaN", "5e-324"].flatMap((c) => [
      `x => 1 / (x.out.d ${op} ${c}) > 0`,
      `x => 1 / (${c} ${op} x.out.d) > 0`,
      `x => (x.out.d ${op} ${c}) === 0.3`,
      `x => x.out.d ${op} ${c} > x.in.f[0]`,
    ]),
  ),
  ...["0.5", "-0.5", "2", "1", "-1", "9007199254740992"].flatMap((c) => [
    `x => Math.round(x.out.d) === ${c}`,
    `x => Math.trunc(x.in.f[0] * 2.5) > ${c}`,
    `x => Math.round(x.out.d * 0.3) < Math.sign(x.out.d)`,
  ]),
  ...["NaN", "0", "0.1", "x.out.d"].flatMap((v) => [
    `x => x.in.f.includes(${v})`,
    `x => ![1, ${v}, x.in.f[1]].includes(x.in.f[0])`,
  ]),
  "x => Number.isInteger(x.out.d)",
  "x => Number.isInteger(x.in.f[0]) || Number.isSafeInteger(x.out.d)",
  "x => x.in.f.reduce((sum, v) => sum + v, 0) > 0.9",
  "x => 1 / x.in.f.reduce((sum, v) => sum + v, -0) > 0",
  "x => Math.max(...x.in.f, x.out.d) > 0.1",
  "x => Number.isFinite(x.out.d)",
  "x => Number.isNaN(x.in.f[0])",
  "x => -x.out.d === 0 && 1 / -x.out.d > 0",
  "x => (x.out.d > 0.1 ? x.in.f[0] : -1) < 0.9",
  "x => x.in.f.every((v) => v > 0.1)",
  "x => x.in.f.some((v, i) => v > i)",
];

/** A function that runs `make` once, for all engines. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
const floatCases = once(() => compileCases(floatTexts, floatColumns));
const generated = once(() => {
  const columns = generateColumns(40, 7, fc.nat(4));
  return { columns, cases: compileCases(fc.sample(lambdas(4), { numRuns: 300, seed: 20_261_122 }), columns) };
});

describe.skipIf(!installed).each(Object.keys(engines) as Engine[])(
  "the strings for %s, in the real engine",
  (engine) => {
    // The engines have separate code paths for one row and for none.
    it("agree with the lambda on NaN, infinities, -0, denormals and the float32 neighbours of 0.1 and 0.9, in batches of many rows, one and none", () => {
      const single = [0, 1, 4, 9].map((at) => slice(floatColumns, at, at + 1));
      expect(differences(engine, floatCases(), floatColumns, ...single, slice(floatColumns, 0, 0))).toEqual([]);
    });

    it("compare int64 and uint64 exactly", () => {
      const texts = comparisons.flatMap((op) => [
        ...["9007199254740993n", "-9223372036854775808n", "9223372036854775807n", "x.out.m[0]"].flatMap((n) => [
          `x => x.out.n ${op} ${n}`,
          `x => !(${n} ${op} x.out.n)`,
        ]),
        ...["9007199254740993n", "18446744073709551615n", "9223372036854775808n", "0n"].map(
          (n) => `x => x.out.q ${op} ${n}`,
        ),
      ]);
      expect(
        differences(
          engine,
          compileCases([...texts, "x => x.out.n > 4.5", "x => x.out.n <= -1", "x => 0.5 > x.out.q"], bigintColumns),
          bigintColumns,
        ),
      ).toEqual([]);
    });

    it("convert bigints to numbers as JavaScript does", () => {
      // A conditional of bigints is converted branch by branch, so that all of these have a text.
      const cases = compileCases(conversionTexts, bigintColumns);
      expect(cases.filter(({ expression }) => expression.strings[engine] === undefined)).toEqual([]);
      expect(differences(engine, cases, bigintColumns)).toEqual([]);
    });

    it("treat an element past the end of a list as undefined", () => {
      const texts = [
        ...comparisons.flatMap((op) => [
          `x => x.out.u[1] ${op} 0.9`,
          `x => !(x.out.u[0] ${op} x.out.d)`,
          `x => x.out.u[1] + 1 ${op} x.out.d`,
          `x => x.out.d ${op} -x.out.u[2]`,
        ]),
        ...comparisons.flatMap((op) => [`x => x.out.n[1] ${op} 9007199254740993n`, `x => !(3n ${op} x.out.n[0])`]),
        ...comparisons.map((op) => `x => Number(x.out.n[1]) ${op} 3 || Number.isNaN(Number(x.out.n[0]))`),
        ...["===", "!=="].flatMap((op) => [
          `x => x.out.b[1] ${op} true`,
          `x => !(x.out.b[0] ${op} (x.out.d > 2))`,
          `x => x.out.s[1] ${op} "a"`,
        ]),
        "x => x.out.u.length > 1 && x.out.s.length !== 3",
        "x => Number.isNaN(x.out.u[1])",
        "x => Number.isFinite(x.out.u[1])",
        "x => Math.max(x.out.u[0], x.out.d) > 1",
        "x => Number.isNaN(Math.abs(x.out.u[0]))",
        "x => (x.out.d > 2 ? x.out.u[1] : 1) !== 1",
        ...["u", "n", "b", "s"].flatMap((p) => [
          `x => x.out.${p}[1] == null`,
          `x => x.out.${p}[0] !== undefined`,
          `x => x.out.${p}[2] === null || x.out.${p}?.[1] != null`,
        ]),
        ...["NaN", "-0", "x.out.d"].flatMap((v) => [
          `x => (x.out.u[1] ?? ${v}) >= 0.1`,
          `x => 1 / (x.out.u[0] ?? ${v}) < 0`,
          `x => [0.95, ${v}].includes(x.out.u[0])`,
        ]),
        "x => (x.out.u[0] ?? x.out.u[1] ?? 7) === 7",
        "x => (x.out.u[0] ?? x.out.u[1]) > 0.5",
        "x => (x.out.b[1] ?? true) && !(x.out.b[0] ?? false)",
        "x => (x.out.s[0] ?? 'none') === 'none'",
        "x => (x.out.s[1] ?? '').startsWith('a')",
        ...["round", "trunc", "sign"].map((f) => `x => Number.isNaN(Math.${f}(x.out.u[1]))`),
        "x => Number.isInteger(x.out.u[1])",
      ];
      expect(differences(engine, compileCases(texts, shortListColumns), shortListColumns)).toEqual([]);
    });

    it("read string and boolean ports, nested lists and odd names", () => {
      const columns = wordColumns(words);
      const texts = [
        ...words.flatMap((word) => [
          `x => x.out.s === ${JSON.stringify(word)}`,
          `x => x.out.t[0] !== ${JSON.stringify(word)}`,
        ]),
        "x => x.out.s === x.out.t[0]",
        ...[...words, "in", "\n", '"', "(", "."].flatMap((word) =>
          ["startsWith", "endsWith", "includes"].flatMap((f) => [
            `x => x.out.s.${f}(${JSON.stringify(word)}) || x.out.b[0]`,
            `x => !x.out.t[0].${f}(${JSON.stringify(word)}) && x.out.s === x.out.s`,
          ]),
        ),
        "x => ['a', '😀', x.out.t[0]].includes(x.out.s)",
        "x => x.out.b[0] === x.out.b[1]",
        "x => x.out.b[0] !== true",
        "x => x.out.b.every((v) => !v) || (x.out.b[1] ? x.out.s === 'a' : false)",
        `x => x.out['a "b".c'][1][1] > x.out['a "b".c'][0][0]`,
        `x => x.out['a "b".c'].every((r) => r.some((v, i) => v > i))`,
      ];
      expect(differences(engine, compileCases(texts, columns), columns)).toEqual([]);
    });

    it("stay within the engine's depth for a list of 256 elements", () => {
      const columns = [
        column(
          "in.f",
          "float32",
          [256],
          [0, 1].map((low) => Array.from({ length: 256 }, (_, i) => (i === 200 ? low : 1))),
        ),
      ];
      const cases = compileCases(["x => x.in.f.every((v) => v > 0 && v < 2)"], columns);
      expect(cases[0]?.expression.strings[engine]).toBeDefined();
      expect(differences(engine, cases, columns)).toEqual([]);
    });

    it("agree with 300 generated lambdas, four operations deep", () => {
      const { columns, cases } = generated();
      expect(cases.filter(({ expression }) => expression.strings[engine] !== undefined).length).toBeGreaterThan(200);
      expect(differences(engine, cases, columns, slice(columns, 3, 4))).toEqual([]);
    });
  },
);
