import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prepare, type Case } from "../cases.js";
import { type Engine, engines, evaluate, installed } from "../engines/polars.js";
import { edgeBigints, edgeFloats, generateColumns, lambdas } from "../fuzz/generate-lambdas.js";
import { column, type TestColumn } from "../rows.js";

if (!installed) {
  console.warn(
    "test/expression/backends/polars.test.ts: the real polars engines are not installed, so no string is held against them; run: npm run oracles",
  );
}

/**
 * Cases whose string does not flag exactly the rows where the lambda does not hold; each line says which row of which
 * batch.
 */
function differences(engine: Engine, cases: readonly Case[], ...batches: (readonly TestColumn[])[]): string[] {
  const written = cases.filter(({ expression }) => expression.strings[engine] !== undefined);
  const texts = written.map(({ expression }) => expression.strings[engine] as string);
  const answers = evaluate(
    engine,
    batches.map((columns) => ({ columns, texts })),
  );
  return batches.flatMap((columns, b) =>
    written.flatMap(({ text, holdsOn }, i) => {
      const flags = answers[b]?.[i];
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

function compiled(texts: readonly string[], columns: readonly TestColumn[]): Case[] {
  return texts.map((text) => {
    const result = prepare(text, columns);
    if ("text" in result) return result;
    throw new TypeError(`${text}: ${result.map((d) => d.message).join("; ")}`);
  });
}

const comparisons = ["<", ">", "<=", ">=", "===", "!=="];

/** Every float beside its mirror image and beside 0.1 and 0.9, as float64, float32 and int32. */
const floats: TestColumn[] = [
  column("out.d", "float64", [], edgeFloats),
  column(
    "in.f",
    "float32",
    [2],
    edgeFloats.map((v, i) => [Math.fround(v), Math.fround(edgeFloats[(i + 1) % edgeFloats.length] ?? 0)]),
  ),
  column(
    "out.i",
    "int32",
    [1],
    edgeFloats.map((_, i) => [i - 3]),
  ),
];
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

/** Compiled once, for both engines. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
const floatCases = once(() => compiled(floatTexts, floats));
const generated = once(() => {
  const columns = generateColumns(40, 7, fc.nat(4));
  return { columns, cases: compiled(fc.sample(lambdas(4), { numRuns: 300, seed: 20_261_122 }), columns) };
});

describe.skipIf(!installed).each(Object.keys(engines) as Engine[])(
  "the strings for %s, in the real engine",
  (engine) => {
    // The engines take other ways for one row and for none.
    it("mean what the lambda means on NaN, infinities, -0, denormals and the float32 neighbours of 0.1 and 0.9, in batches of many rows, one and none", () => {
      const single = [0, 1, 4, 9].map((at) => slice(floats, at, at + 1));
      expect(differences(engine, floatCases(), floats, ...single, slice(floats, 0, 0))).toEqual([]);
    });

    it("compare int64 and uint64 by all their digits", () => {
      const columns = [
        column("out.n", "int64", [], edgeBigints),
        column(
          "out.m",
          "int64",
          [1],
          edgeBigints.map((_, i) => [edgeBigints[(i * 3) % edgeBigints.length] ?? 0n]),
        ),
        column(
          "out.q",
          "uint64",
          [],
          edgeBigints.map((v) => BigInt.asUintN(64, v)),
        ),
      ];
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
          compiled([...texts, "x => x.out.n > 4.5", "x => x.out.n <= -1", "x => 0.5 > x.out.q"], columns),
          columns,
        ),
      ).toEqual([]);
    });

    it("take an element past the end of a short or empty list for undefined", () => {
      const lists: number[][] = [[], [1], [0.95, Number.NaN], [0.1, 0.9, -0], [Number.NaN, 2, 3, 4], []];
      const columns = [
        column("out.u", "float64", [null], lists),
        column("out.d", "float64", [], [1, 2, 3, Number.NaN, 5, 6]),
        column("out.n", "int64", [null], [[], [1n], [5n, 9007199254740993n], [2n, 3n], [0n, -1n, 4n], []]),
        column("out.b", "bool", [null], [[], [true], [false, true], [true, false], [true, true, true], []]),
        column("out.s", "string", [null], [[], [""], ["a", "b"], ["b", "a"], ["", "a", "a"], []]),
      ];
      const texts = [
        ...comparisons.flatMap((op) => [
          `x => x.out.u[1] ${op} 0.9`,
          `x => !(x.out.u[0] ${op} x.out.d)`,
          `x => x.out.u[1] + 1 ${op} x.out.d`,
          `x => x.out.d ${op} -x.out.u[2]`,
        ]),
        ...comparisons.flatMap((op) => [`x => x.out.n[1] ${op} 9007199254740993n`, `x => !(3n ${op} x.out.n[0])`]),
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
      expect(differences(engine, compiled(texts, columns), columns)).toEqual([]);
    });

    it("read string and boolean ports, nested lists and odd names", () => {
      const words = ["", "a", 'q"', "\\", "é", "😀", "line\n", "\u2028"];
      const columns = [
        column("out.s", "string", [], words),
        column(
          "out.t",
          "string",
          [1],
          words.map((_, i) => [words[(i * 3) % words.length] ?? ""]),
        ),
        column(
          "out.b",
          "bool",
          [2],
          words.map((_, i) => [i % 2 === 0, i % 3 === 0]),
        ),
        column(
          'out.a "b".c',
          "float32",
          [2, 2],
          words.map((_, i) => [
            [i, 1],
            [2, 3 - i],
          ]),
        ),
      ];
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
      expect(differences(engine, compiled(texts, columns), columns)).toEqual([]);
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
      const cases = compiled(["x => x.in.f.every((v) => v > 0 && v < 2)"], columns);
      expect(cases[0]?.expression.strings[engine]).toBeDefined();
      expect(differences(engine, cases, columns)).toEqual([]);
    });

    it("mean what 300 generated lambdas mean, four operations deep", () => {
      const { columns, cases } = generated();
      expect(cases.filter(({ expression }) => expression.strings[engine] !== undefined).length).toBeGreaterThan(200);
      expect(differences(engine, cases, columns, slice(columns, 3, 4))).toEqual([]);
    });
  },
);
