import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileExpression, type Expression } from "../../../src/expression/compile.js";
import { holdsInChecks, parseEntry, scopeWithModels } from "../engines/checks.js";
import { edgeFloats, generateColumns, lambdas } from "../fuzz/generate-lambdas.js";
import { lower, run } from "../lambda.js";
import { column, rowsOf, scopeOf, type TestColumn } from "../rows.js";

function compile(text: string, columns: readonly TestColumn[], name?: string): Expression {
  const compiled = compileExpression(lower(text), scopeWithModels(columns), {}, name === undefined ? {} : { name });
  if (!compiled.ok) throw new TypeError(`${text}: ${compiled.diagnostics.map((d) => d.message).join("; ")}`);
  return compiled.expression;
}

/** The text, or the refusal as `CODE: reason`. */
function written(text: string, columns: readonly TestColumn[], name?: string): string {
  const { strings, refused } = compile(text, columns, name);
  return strings.checks ?? `${refused.checks?.code ?? ""}: ${refused.checks?.reason ?? ""}`;
}

/** The first row on which the text and the lambda differ. Null if there is none, undefined if there is no text. */
function difference(text: string, columns: readonly TestColumn[]): string | null | undefined {
  const { checks } = compile(text, columns).strings;
  if (checks === undefined) return undefined;
  const holds = holdsInChecks(checks, columns);
  const lambda = run(text);
  const row = rowsOf(columns).findIndex((x, r) => holds[r] !== (lambda(x) === true));
  return row < 0 ? null : `${text}: row ${row}: ${checks}`;
}

const wide = [
  column("in.f", "float32", [2], []),
  column("out.score", "float32", [1], []),
  column("out.label", "int64", [1], []),
  column("out.i", "int32", [2], []),
  column("out_c1.score", "float32", [1], []),
];

describe("the text for the platform's checks", () => {
  it("is the predicate in the format of Python's json.dumps", () => {
    expect(written("x => x.out.score < 0.95", wide, "amt")).toMatchInlineSnapshot(
      `"{"values": {"amt": {"root": {"node": "binop", "op": "<", "left": {"node": "variable", "variant_id": {"name": "m"}, "position": "output", "key": [0, 0]}, "right": {"node": "literal", "float": 0.95}}, "required_data": [{"name": "m"}]}}, "gauges": [], "validations": ["amt"]}"`,
    );
    expect(
      written("x => Math.abs(x.models.c1.score - x.in.f[1]) <= 1e21 - 1e-7 && x.out.label === 5n", wide, "größe"),
    ).toMatchInlineSnapshot(
      `"{"values": {"gr\\u00f6\\u00dfe": {"root": {"node": "binop", "op": "<=", "left": {"node": "fn", "fn": "abs", "arguments": [{"node": "binop", "op": "-", "left": {"node": "variable", "variant_id": {"name": "c1"}, "position": "output", "key": [0, 0]}, "right": {"node": "variable", "variant_id": {"name": "m"}, "position": "input", "key": [0, 1]}}]}, "right": {"node": "literal", "float": 1e+21}}, "required_data": [{"name": "c1"}, {"name": "m"}]}, "gr\\u00f6\\u00dfe:2": {"root": {"node": "binop", "op": "==", "left": {"node": "variable", "variant_id": {"name": "m"}, "position": "output", "key": [1, 0]}, "right": {"node": "literal", "integer": 5}}, "required_data": [{"name": "m"}]}}, "gauges": [], "validations": ["gr\\u00f6\\u00dfe", "gr\\u00f6\\u00dfe:2"]}"`,
    );
  });

  it("has one value for each condition of a top-level &&", () => {
    const names = (text: string) => parseEntry(written(text, wide, "amt")).validations;
    expect(names("x => x.in.f.every(v => v >= 0 && v <= 1)")).toEqual(["amt", "amt:2", "amt:3", "amt:4"]);
    expect(names("x => Math.max(x.in.f[0], x.in.f[1], x.out.score) < 1")).toEqual(["amt", "amt:2", "amt:3"]);
    expect(names("x => !(x.out.i[0] < 1 || x.out.i[1] > 5)")).toEqual(["amt", "amt:2"]);
    expect(names("x => x.out.label === 1n || x.out.label === 2n")).toEqual(["amt"]);
  });

  it("is refused for what the platform lacks", () => {
    const texts = [
      "x => x.out.score * 2 < 1",
      "x => x.out.score !== 1",
      "x => !(x.out.score < 1)",
      "x => x.out.score < 1 || x.out.score > 2",
      "x => x.out.score / 2 > 1",
      "x => x.out.score > 0 ? x.out.score < 1 : x.in.f[0] < 1",
      "x => Number.isNaN(x.out.score)",
      "x => Math.max(x.out.score, 0) > 1",
      "x => x.out.label + 1n > 5n",
      "x => x.out.score < Infinity",
      "x => x.out.label < 9223372036854775808n",
      "x => true",
    ];
    expect(texts.map((text) => written(text, wide))).toMatchInlineSnapshot(`
      [
        "SL1201: the platform's checks have no '*'",
        "SL1201: the platform's checks have no '!='",
        "SL1201: the platform's checks have no 'not', and the opposite comparison differs on NaN",
        "SL1201: the platform's checks have no 'or'",
        "SL1201: the platform's checks have no '/'",
        "SL1201: the platform's checks have no 'conditional'",
        "SL1201: the platform's checks have no 'isNaN'",
        "SL1201: the platform's checks have no 'max'",
        "SL1207: bigint arithmetic is not exact beyond 64 bits",
        "SL1207: Infinity has no JSON form",
        "SL1207: the constant 9223372036854775808n is outside of int64",
        "SL1204: it reads no column, and a check needs a value of a model",
      ]
    `);
    const odd = [
      column("out.s", "string", [1], []),
      column("out.b", "bool", [1], []),
      column("out.u", "float64", [null], []),
      column("out.d", "float64", [], []),
      column("out.m", "float64", [2, 2], []),
    ];
    expect(
      [
        "x => x.out.s === 'a'",
        "x => x.out.b[0]",
        "x => x.out.u[0] > 1",
        "x => x.out.u.every(v => v > 1)",
        "x => x.out.u.length > 1",
        "x => x.out.d > 1",
        "x => x.out.m[0][1] > 1",
      ].map((text) => written(text, odd)),
    ).toMatchInlineSnapshot(`
      [
        "SL1201: the platform's checks have only numbers, and 'out.s' holds strings",
        "SL1201: the platform's checks have only numbers, and 'out.b' holds booleans",
        "SL1207: an element that may be past the end of 'out.u' fails on the platform",
        "SL1202: the length of 'out.u' is not known, and the platform's checks have no 'every'",
        "SL1201: the platform's checks have no 'length'",
        "SL1207: the platform addresses an element by its tensor and its index in the row, and a row of 'out.d' is not a list",
        "SL1207: the platform addresses an element by its tensor and its index in the row, and a row of 'out.m' is a list of lists",
      ]
    `);
    const unnamed = compileExpression(lower("x => x.out.score < 1"), scopeOf(wide), {});
    expect(unnamed.ok && unnamed.expression.refused.checks).toMatchInlineSnapshot(`
      {
        "code": "SL1208",
        "reason": "a check names the model of 'out.score', which is not known here",
      }
    `);
  });

  it("agrees with the lambda on NaN, infinities, -0, denormals and the float32 neighbours of 0.1 and 0.9", () => {
    const columns = [
      column(
        "in.f",
        "float32",
        [2],
        edgeFloats.map((v, i) => [Math.fround(v), Math.fround(edgeFloats[(i + 1) % edgeFloats.length] ?? 0)]),
      ),
      column(
        "out.d",
        "float64",
        [1],
        edgeFloats.map((v) => [v]),
      ),
      column(
        "out.i",
        "int32",
        [2],
        edgeFloats.map((_, i) => [i - 3, 3 - i]),
      ),
      column(
        "out.n",
        "int64",
        [1],
        edgeFloats.map((_, i) => [BigInt(i) + 9007199254740990n]),
      ),
      column(
        "out_c1.z",
        "float32",
        [1],
        edgeFloats.map((v) => [Math.fround(-v)]),
      ),
    ];
    const texts = [
      ...["<", ">", "<=", ">=", "==="].flatMap((op) =>
        ["0.1", "-0", "5e-324", "x.in.f[0]", "x.out.i[1]", "x.models.c1.z[0] + 1"].map(
          (other) => `x => x.out.d[0] ${op} ${other}`,
        ),
      ),
      ...["<", ">", "<=", ">=", "===", "!=="]
        .map((op) => `x => !(x.out.i[0] ${op} x.out.i[1])`)
        .filter((text) => !text.includes("===")),
      "x => Number.isFinite(x.out.d[0]) && !Number.isNaN(x.models.c1.z[0] - x.out.d[0])",
      "x => Math.abs(-x.out.d[0] - x.in.f[0]) < 2",
      "x => !(x.out.i[0] !== 3)",
      "x => Math.min(x.out.d[0], x.in.f[0]) >= 0.1",
      "x => 0.5 > Math.max(x.out.d[0], x.in.f[1])",
      "x => x.out.i[0] === 1 || 3 === x.out.i[0] || x.out.i[0] === -2",
      "x => x.out.n[0] > 9007199254740992n",
      "x => !(x.out.n[0] >= 9007199254740993n)",
    ];
    expect(texts.map((text) => difference(text, columns))).toEqual(texts.map(() => null));
  });

  it("agrees with each of 1,500 generated lambdas that the platform can express", () => {
    const columns = generateColumns(40, 7, fc.nat(4));
    const found = fc
      .sample(fc.oneof(lambdas(2), lambdas(3)), { numRuns: 1500, seed: 20_261_122 })
      .map((text) => difference(text, columns));
    expect(found.filter((line) => line !== null && line !== undefined)).toEqual([]);
    expect(found.filter((line) => line === null).length).toBeGreaterThan(100);
  });
});
