import { describe, expect, it } from "vitest";
import type { DType, Port } from "../../dsl/tensor.js";
import { backEndNames } from "../../src/expression/backends/back-ends.js";
import { compileExpression, type Expression } from "../../src/expression/compile.js";
import { parsePolarsNumber, formatRustNumber } from "../../src/expression/backends/polars/number.js";
import { columnsRead } from "../../src/expression/tree/tree.js";
import { expressionTree } from "../../src/expression/tree/schema.js";
import { lower } from "./lambda.js";

const port = (name: string, dtype: DType, ...shape: (number | null)[]): Port => ({
  name,
  dtype,
  shape: ["batch", ...shape],
});

function compiled(source: string, outputs: readonly Port[], name?: string): Expression {
  const result = compileExpression(
    lower(source),
    { inputs: [], outputs, models: {} },
    {},
    name === undefined ? {} : { name },
  );
  if (!result.ok) throw new TypeError(result.diagnostics.map((d) => d.message).join("; "));
  return result.expression;
}

/** The string that the platform stored in 2024 for `dense_1[0] > 0.9` under the name `fraud`, with our column. */
const stored = `{"Alias":[{"BinaryExpr":{"left":{"Function":{"input":[{"Column":"out.score"},{"Literal":{"Int32":0}}],"function":{"ListExpr":"Get"},"options":{"collect_groups":"ApplyFlat","fmt_str":"","input_wildcard_expansion":false,"auto_explode":true,"cast_to_supertypes":false,"allow_rename":false,"pass_name_to_apply":false,"changes_length":false,"check_lengths":true,"allow_group_aware":true}}},"op":"Gt","right":{"Literal":{"Float64":0.9}}}},"fraud"]}`;

describe("the string for polars 0.18", () => {
  it("is identical to a string that the platform stored", () => {
    expect(
      compiled("x => !(x.out.score[0] > 0.9)", [port("score", "float64", 1)], "fraud").strings["polars-0.18"],
    ).toBe(stored);
  });

  it("differs only by a cast for a float32 port", () => {
    const get = stored.slice(stored.indexOf('{"Function"'), stored.indexOf(',"op":"Gt"'));
    const cast = stored.replace(get, `{"Cast":{"expr":${get},"data_type":"Float64","strict":true}}`);
    expect(
      compiled("x => !(x.out.score[0] > 0.9)", [port("score", "float32", 1)], "fraud").strings["polars-0.18"],
    ).toBe(cast);
  });

  it("negates with `not`, never with the opposite comparison, because NaN fails both", () => {
    const text = compiled("x => x.out < 1", [port("y", "float64")]).strings["polars-0.18"];
    expect(text).toContain('"function":{"Boolean":"IsNot"}');
    expect(text).toContain('"op":"Lt"');
  });
});

describe("an expression", () => {
  const kinds: readonly [string, readonly Port[]][] = [
    ["x => x.out.a.every((v, i) => v > i && v < 3) || x.out.a[0] === -0", [port("a", "float32", 2)]],
    [
      "x => Math.max(x.out.a[0], 1 / 0, NaN) > x.out.b[2] && x.out.b.length > 2",
      [port("a", "float32", 2), port("b", "float64", null)],
    ],
    [
      "x => (x.out.n > 9007199254740993n ? x.out.s === 'a' : x.out.k) !== true",
      [port("n", "int64"), port("s", "string"), port("k", "bool")],
    ],
  ];

  it("is JSON that matches its schema, with the same bytes each time", () => {
    for (const [source, outputs] of kinds) {
      const expression = compiled(source, outputs, "v");
      const again: unknown = JSON.parse(JSON.stringify(expression.tree));
      expect(again).toEqual(expression.tree);
      expect(expressionTree.parse(again)).toEqual(expression.tree);
      expect(JSON.stringify(compiled(source, outputs, "v"))).toBe(JSON.stringify(expression));
    }
  });

  it("has a string or a refusal for every back-end", () => {
    for (const [source, outputs] of kinds) {
      const { strings, refused } = compiled(source, outputs);
      for (const backEnd of backEndNames) expect(strings[backEnd] === undefined).toBe(refused[backEnd] !== undefined);
    }
  });

  it("lists the columns it reads, each once", () => {
    expect(
      columnsRead(
        compiled("x => x.out.b[0] > x.out.a[0] + x.out.a[1]", [port("a", "float32", 2), port("b", "float32", 2)]).tree,
      ),
    ).toEqual(["out.b", "out.a"]);
  });

  it("prints as the JavaScript an author would write", () => {
    expect(
      compiled("x => !(x.out.a[0] - (1 - x.out.a[1]) > -2) || (x.out.a[0] > 1 && x.out.a[1] > 1)", [
        port("a", "float32", 2),
      ]).strings.javascript,
    ).toBe("(x) => !(x.out.a[0] - (1 - x.out.a[1]) > -2) || (x.out.a[0] > 1 && x.out.a[1] > 1)");
  });
});

describe("an expression without an exact text in a back-end", () => {
  const refusals = (source: string, ...outputs: Port[]) => {
    const { refused } = compiled(source, outputs);
    return Object.entries(refused).map(([backEnd, { code, reason }]) => `${backEnd} ${code}: ${reason}`);
  };

  it("is refused with a reason", () => {
    expect(refusals("x => x.out.u.every(v => v > 0)", port("u", "float32", null))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1202: the length of 'out.u' is not known, and polars 0.18 has no text for 'every'",
        "polars-1 SL1202: the length of 'out.u' is not known, and polars 1 has no text for 'every'",
        "polars-1.44 SL1202: the length of 'out.u' is not known, and polars 1.44 has no text for 'every'",
        "checks SL1202: the length of 'out.u' is not known, and the platform's checks have no 'every'",
      ]
    `);
    expect(refusals("x => x.out.u.length > 2", port("u", "float32", null))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1201: polars 0.18 has no text for the length of a list",
        "checks SL1201: the platform's checks have no 'length'",
      ]
    `);
    expect(refusals("x => x.out.w.some(v => v > 0)", port("w", "float32", 257))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1202: 'out.w' has 257 elements, and at most 256 are unrolled",
        "polars-1 SL1202: 'out.w' has 257 elements, and at most 256 are unrolled",
        "polars-1.44 SL1202: 'out.w' has 257 elements, and at most 256 are unrolled",
        "checks SL1202: 'out.w' has 257 elements, and at most 256 are unrolled",
      ]
    `);
    expect(refusals("x => x.out.n + 1n > 2n", port("n", "int64"))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1207: bigint arithmetic wraps at 64 bits in polars",
        "polars-1 SL1207: bigint arithmetic wraps at 64 bits in polars",
        "polars-1.44 SL1207: bigint arithmetic wraps at 64 bits in polars",
        "checks SL1207: bigint arithmetic is not exact beyond 64 bits",
        "cel SL1207: bigint arithmetic is an error beyond 64 bits in CEL",
      ]
    `);
    expect(refusals("x => x.out.n < 9223372036854775808n", port("n", "int64"))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1207: the constant 9223372036854775808n is outside of int64, so the comparison has one answer; leave it out",
        "polars-1 SL1207: the constant 9223372036854775808n is outside of int64, so the comparison has one answer; leave it out",
        "polars-1.44 SL1207: the constant 9223372036854775808n is outside of int64, so the comparison has one answer; leave it out",
        "checks SL1207: the platform addresses an element by its tensor and its index in the row, and a row of 'out.n' is not a list",
        "cel SL1207: the constant 9223372036854775808n is outside of int64, so the comparison has one answer; leave it out",
      ]
    `);
    expect(refusals("x => x.out.n < x.out.q", port("n", "int64"), port("q", "uint64"))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1207: polars compares int64 with uint64 as floats",
        "polars-1 SL1207: polars compares int64 with uint64 as floats",
        "polars-1.44 SL1207: polars compares int64 with uint64 as floats",
        "checks SL1207: it is not known whether the platform compares int64 with uint64 exactly",
        "cel SL1207: some CEL implementations do not compare int64 with uint64 exactly",
      ]
    `);
    expect(refusals("x => x.out.s < 'b'", port("s", "string"))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1207: polars orders strings by their code points, JavaScript by UTF-16 units",
        "polars-1 SL1207: polars orders strings by their code points, JavaScript by UTF-16 units",
        "polars-1.44 SL1207: polars orders strings by their code points, JavaScript by UTF-16 units",
        "checks SL1201: the platform's checks have only numbers, and 'out.s' holds strings",
      ]
    `);
    expect(refusals("x => x.out.h > 1", port("h", "float16"))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1206: polars has no 16-bit floats, and 'out.h' holds them",
        "polars-1 SL1206: polars has no 16-bit floats, and 'out.h' holds them",
        "polars-1.44 SL1206: polars has no 16-bit floats, and 'out.h' holds them",
        "checks SL1207: the platform addresses an element by its tensor and its index in the row, and a row of 'out.h' is not a list",
      ]
    `);
    expect(refusals("x => x.out.s !== '\\ud800'", port("s", "string"))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1207: a string constant holds half a surrogate pair, which UTF-8 cannot hold",
        "polars-1 SL1207: a string constant holds half a surrogate pair, which UTF-8 cannot hold",
        "polars-1.44 SL1207: a string constant holds half a surrogate pair, which UTF-8 cannot hold",
        "checks SL1201: the platform's checks have no '!='",
        "cel SL1207: a string constant holds half a surrogate pair, which CEL strings cannot hold",
        "sql SL1207: a string constant holds NUL or half a surrogate pair, which DuckDB text cannot hold",
      ]
    `);
    expect(refusals("x => x.out['^a$'] > 1", port("^a$", "float32"))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1205: polars reads the port name '^a$' as a pattern; rename the port",
        "polars-1 SL1205: polars reads the port name '^a$' as a pattern; rename the port",
        "polars-1.44 SL1205: polars reads the port name '^a$' as a pattern; rename the port",
        "checks SL1207: the platform addresses an element by its tensor and its index in the row, and a row of 'out.^a$' is not a list",
      ]
    `);
    expect(refusals("x => x.out.a.length === 2", port("a", "float32", 2))).toMatchInlineSnapshot(`
      [
        "polars-0.18 SL1204: it reads no column, and polars would return one row for the whole batch",
        "polars-1 SL1204: it reads no column, and polars would return one row for the whole batch",
        "polars-1.44 SL1204: it reads no column, and polars would return one row for the whole batch",
        "checks SL1204: it reads no column, and a check needs a value of a model",
      ]
    `);
    expect(refusals(`x => ${Array.from({ length: 80 }, () => "x.out.a").join(" + ")} > 1`, port("a", "float32")))
      .toMatchInlineSnapshot(`
        [
          "polars-0.18 SL1203: it nests too deep for polars' JSON reader; split it into several validations",
          "polars-1 SL1203: it nests too deep for polars' JSON reader; split it into several validations",
          "polars-1.44 SL1203: it nests too deep for polars' JSON reader; split it into several validations",
          "checks SL1207: the platform addresses an element by its tensor and its index in the row, and a row of 'out.a' is not a list",
        ]
      `);
  });
});

describe("a number's text", () => {
  it("has the format of the platform", () => {
    const texts = [
      1, -0, 0.00001, 1e-6, 5e-324, 1e15, 1e16, 1e100, 1.5e16, 123456.789, -0.9, 9007199254740993,
      1.7976931348623157e308,
    ].map(formatRustNumber);
    expect(texts).toEqual([
      "1.0",
      "-0.0",
      "0.00001",
      "1e-6",
      "5e-324",
      "1000000000000000.0",
      "1e16",
      "1e100",
      "1.5e16",
      "123456.789",
      "-0.9",
      "9007199254740992.0",
      "1.7976931348623157e308",
    ]);
    for (const text of texts) expect(formatRustNumber(Number(text))).toBe(text);
  });

  it("is a cast of a string literal if polars would misread it", () => {
    expect(parsePolarsNumber("3.6536061763763428")).not.toBe(3.6536061763763428);
    expect(parsePolarsNumber("0.9")).toBe(0.9);
    const { strings } = compiled("x => x.out > 3.6536061763763428", [port("y", "float64")]);
    expect(strings["polars-0.18"]).toContain(
      '{"Cast":{"expr":{"Literal":{"Utf8":"3.6536061763763428"}},"data_type":"Float64","strict":true}}',
    );
    expect(strings["polars-1"]).toContain(
      '{"Cast":{"expr":{"Literal":{"String":"3.6536061763763428"}},"dtype":"Float64","options":"Strict"}}',
    );
  });
});
