import type { DuckDBConnection } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Case, compileCases, textOrRefusal } from "../cases.js";
import { evaluateInDuckDb, createRowsTable } from "../engines/duckdb.js";
import { generateColumns, lambdas } from "../fuzz/generate-lambdas.js";
import { column, type RowValue, type TestColumn } from "../rows.js";
import { slow } from "../../slow.js";
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

const textOf = (text: string, columns: readonly TestColumn[]): string => textOrRefusal("sql", text, columns);

/** The cases in which DuckDB's result differs from the lambda's, in a SELECT or in a WHERE. */
async function differences(
  cases: readonly Case[],
  columns: readonly TestColumn[],
  table?: DuckDBConnection,
): Promise<string[]> {
  const connection = table ?? (await createRowsTable(columns));
  const texts = cases.map(
    ({ text, expression }) => expression.strings.sql ?? `error('${text.replaceAll("'", "''")} has no text')::BOOLEAN`,
  );
  const answers = await evaluateInDuckDb(connection, texts);
  if (table === undefined) connection.closeSync();
  return cases.flatMap(({ text, holdsOn }, i) => {
    const { selected = [], kept = new Set() } = answers[i] ?? {};
    const row = holdsOn(columns).findIndex((held, r) => selected[r] !== held || kept.has(r) !== held);
    return row < 0 ? [] : [`${text}: row ${row} is ${String(selected[row])}, ${kept.has(row) ? "kept" : "left out"}`];
  });
}

describe("the DuckDB text", () => {
  it("is the predicate, over the columns of the log", () => {
    const columns = [
      column("out.dense_1", "float32", [1], []),
      column("in.f", "float32", [64], []),
      column("out_c1.z", "float64", [], []),
    ];
    expect(textOf("x => !(x.out.dense_1[0] > 0.9)", columns)).toMatchInlineSnapshot(
      `"NOT ("out.dense_1"[1]::DOUBLE > 0.9e0 AND NOT isnan("out.dense_1"[1]::DOUBLE))"`,
    );
    expect(textOf("x => x.in.f.every(v => v >= 0 && v <= 1)", columns)).toMatchInlineSnapshot(
      `"len(list_filter("in.f", lambda v0: NOT ((v0::DOUBLE >= 0e0 AND NOT isnan(v0::DOUBLE)) AND (v0::DOUBLE <= 1e0)))) = 0"`,
    );
    expect(textOf("x => x.models.c1.z > x.out.dense_1", columns)).toMatchInlineSnapshot(
      `""out_c1.z" IS NOT NULL AND ("out_c1.z" > "out.dense_1"[1]::DOUBLE AND NOT isnan("out_c1.z"))"`,
    );
  });

  it("agrees with the lambda on NaN, infinities, -0, denormals and the float32 neighbours of 0.1 and 0.9", async () => {
    const numbers = ["abs", "floor", "ceil", "round", "trunc", "sign", "sqrt"];
    const texts = [
      ...comparisons.flatMap((op) =>
        [
          "0.1",
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
      ...numbers.flatMap((f) => [
        `x => 1 / Math.${f}(x.out.d) > 0`,
        `x => Math.${f}(x.in.f[0]) < 0.9`,
        `x => Number.isNaN(Math.${f}(-x.out.d))`,
      ]),
      ...["min", "max"].flatMap((f) =>
        ["x.out.d, 0", "-0, x.out.d", "x.out.d, -x.out.d", "x.in.f[0], x.in.f[1], x.out.d", "x.out.d"].flatMap(
          (args) => [`x => 1 / Math.${f}(${args}) > 0`, `x => Math.${f}(${args}) >= 0.1`],
        ),
      ),
      ...["+", "-", "*", "/", "%"].flatMap((op) =>
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
      "x => (x.out.d > 0.1 ? x.in.f[0] : -1) < 0.9",
    ];
    expect(await differences(compileCases(texts, floatColumns), floatColumns)).toEqual([]);
  });

  it("compares int64 and uint64 exactly, also with one another, and calculates in 128 bits", async () => {
    const texts = [
      ...comparisons.flatMap((op) =>
        [
          "9007199254740993n",
          "-9223372036854775808n",
          "9223372036854775807n",
          "x.out.m[0]",
          "x.out.q",
          "18446744073709551615n",
          "170141183460469231731687303715884105727n",
          "-x.out.m[0]",
          "x.out.m[0] + x.out.q",
          "x.out.m[0] * 3n - 1n",
          "x.out.q * x.out.m[0] / -7n",
        ].flatMap((other) => [`x => x.out.n ${op} ${other}`, `x => !(${other} ${op} x.out.q)`]),
      ),
      "x => x.out.n > 4.5",
      "x => x.out.n / 2n * 2n === x.out.n",
      ...["2n", "-7n", "9007199254740993n", "-1n"].flatMap((n) => [
        `x => x.out.n % ${n} === 1n`,
        `x => x.out.m[0] % ${n} < x.out.n % ${n}`,
        `x => x.out.q * x.out.m[0] % ${n} <= 0n`,
      ]),
    ];
    expect(await differences(compileCases(texts, bigintColumns), bigintColumns)).toEqual([]);
    expect(textOf("x => x.out.q * x.out.q > 0n", bigintColumns)).toMatchInlineSnapshot(
      `"SL1207: its bigint arithmetic may need more than DuckDB's 128 bits"`,
    );
    expect(textOf(`x => x.out.n < ${10n ** 40n}n`, bigintColumns)).toMatchInlineSnapshot(
      `"SL1207: the constant 10000000000000000000000000000000000000000n has more than DuckDB's 128 bits"`,
    );
  });

  it("converts bigints to numbers as JavaScript does", async () => {
    const texts = [...conversionTexts, "x => Number(x.out.n / 3n) > Number(x.out.m[0] / 7n)"];
    expect(await differences(compileCases(texts, bigintColumns), bigintColumns)).toEqual([]);
    expect(textOf("x => Number(x.out.n + 1n) > 0", bigintColumns)).toMatchInlineSnapshot(
      `"SL1207: DuckDB rounds a bigint of more than 64 bits differently from JavaScript"`,
    );
    expect(textOf("x => Number(x.out.q) > 0", bigintColumns)).toMatchInlineSnapshot(`""out.q"::UBIGINT::DOUBLE > 0e0"`);
  });

  it("treats an element past the end of a list as undefined", async () => {
    const columns = [...shortListColumns, nestedListColumn];
    const texts = [
      ...textsPastTheEnd,
      "x => x.out.u.every((v, i) => v > 0.5 || i > 1)",
      "x => x.out.u.some((v, i) => x.out.u.every((w, j) => v >= w || i < j))",
    ];
    expect(await differences(compileCases(texts, columns), columns)).toEqual([]);
  });

  it("reads strings, booleans, nested lists, float16 and odd names", async () => {
    const words = moreWords;
    const columns = [...wordColumns(words), pairColumn("in.v0", words.length)];
    const texts = [...wordTexts(words), "x => x.in.v0.some((v, i) => v > i && x.out.b[i])"];
    expect(await differences(compileCases(texts, columns), columns)).toEqual([]);
    const half = column("out.h", "float16", [1], [[0.333251953125], [1]]);
    expect(textOf("x => x.out.h[0] > 0.333", [half])).toMatchInlineSnapshot(
      `""out.h"[1]::DOUBLE > 0.333e0 AND NOT isnan("out.h"[1]::DOUBLE)"`,
    );
    expect(textOf("x => x.out.s < x.out.t[0]", columns)).toMatchInlineSnapshot(
      `"SL1207: DuckDB orders strings by their code points, JavaScript by UTF-16 units"`,
    );
    expect(textOf("x => x.out.s === '\\ud800'", columns)).toMatchInlineSnapshot(
      `"SL1207: a string constant holds NUL or half a surrogate pair, which DuckDB text cannot hold"`,
    );
  });

  it("fails a row without a challenger's value", async () => {
    const values: (RowValue | null)[] = [1, null, 3, Number.NaN];
    const columns = [column("out.d", "float64", [], [0, 0, 9, 0])];
    const connection = await createRowsTable([...columns, { ...column("out_c1.z", "float64", [], []), values }]);
    const text = textOf("x => x.models.c1.z > 0 || x.out.d < 5", [
      ...columns,
      column("out_c1.z", "float64", [], [1, 2, 3, 4]),
    ]);
    expect(await evaluateInDuckDb(connection, [text])).toEqual([
      { selected: [true, false, true, true], kept: new Set([0, 2, 3]) },
    ]);
  });

  it("is refused for columns that DuckDB cannot name or tell apart", () => {
    const columns = [
      column("out.A", "float64", [], []),
      column("out.a", "float64", [], []),
      column("out.\u0001", "float64", [], []),
    ];
    expect(textOf("x => x.out.A < x.out.a", columns)).toMatchInlineSnapshot(
      `"SL1205: DuckDB's column names ignore case, so 'out.A' and 'out.a' are the same column; rename a port"`,
    );
    expect(textOf("x => x.out['\\u0001'] > 1", columns)).toMatchInlineSnapshot(
      `"SL1205: DuckDB column names hold no control character and no half of a surrogate pair, and 'out.?' has one; rename the port"`,
    );
  });

  it("stays within DuckDB's depth and reads lists of any length", async () => {
    const wide = column(
      "in.f",
      "float32",
      [10_000],
      [0, 1].map((low) => Array.from({ length: 10_000 }, (_, i) => (i === 9_999 ? low : 1))),
    );
    const columns = [wide, column("out.d", "float64", [], [1, -3])];
    const deep = (open: string, close: string, times: number): string =>
      `x => ${open.repeat(times)}x.out.d${close.repeat(times)} > 0.5`;
    const texts = [
      "x => x.in.f.every((v) => v > 0 && v < 2)",
      deep("(", " + 1)", 110),
      deep("Math.abs(", " * 2)", 55),
      deep("-(1 + ", ")", 55),
    ];
    expect(await differences(compileCases(texts, columns), columns)).toEqual([]);
    expect(textOf(deep("Math.sqrt(", ")", 40), columns)).toMatchInlineSnapshot(
      `"SL1203: its text is longer than 1048576 characters; split it into several validations"`,
    );
  });

  const count = slow ? 500 : 150;

  it(`agrees with ${count} generated lambdas, four operations deep`, { tags: ["slow"] }, async () => {
    const columns = generateColumns(40, 7, fc.nat(4));
    const cases = compileCases(fc.sample(lambdas(4), { numRuns: count, seed: 20_261_122 }), columns);
    const written = cases.filter(({ expression }) => expression.strings.sql !== undefined);
    expect(written.length).toBeGreaterThan(0.9 * count);
    expect(await differences(written, columns)).toEqual([]);
  });
});
