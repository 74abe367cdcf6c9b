import fc from "fast-check";
import { parseLambda } from "../../../codegen/lambda/parse.js";
import { column, type RowValue, type TestColumn } from "../rows.js";
import { arithmetic } from "./arithmetic.js";

const neighbours = (value: number): number[] => {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, value);
  return [-1, 0, 1].map((step) => {
    const next = new DataView(new ArrayBuffer(4));
    next.setInt32(0, bits.getInt32(0) + step);
    return next.getFloat32(0);
  });
};

export const edgeFloats: readonly number[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2,
  3,
  -7.25,
  0.1,
  0.9,
  5e-324,
  -5e-324,
  2.2250738585072014e-308,
  1.7976931348623157e308,
  -1e308,
  1e16,
  9007199254740992,
  3.6536061763763428,
  1e-7,
  ...neighbours(0.1),
  ...neighbours(0.9),
  ...neighbours(0.1).map((v) => -v),
];
export const edgeBigints: readonly bigint[] = [
  0n,
  1n,
  -1n,
  5n,
  9007199254740992n,
  9007199254740993n,
  -9007199254740993n,
  9007199254740995n,
  2n ** 62n + 2n ** 9n,
  2n ** 62n + 2n ** 9n + 1n,
  2n ** 63n - 513n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 62n,
];
const strings = ["", "a", "A", "ab", "é", "😀", 'q"', "\\", "line\n"];

export const float = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...edgeFloats) },
  { weight: 1, arbitrary: fc.double() },
);
const float32 = float.map(Math.fround);
const list = (element: fc.Arbitrary<RowValue>, length: number) =>
  fc.array(element, { minLength: length, maxLength: length });

/**
 * Rows with ports of every kind. `lengths` generates the lengths of `out.u` and `out.r`, which the signature leaves
 * open.
 */
export function generateColumns(rows: number, seed: number, lengths: fc.Arbitrary<number>): TestColumn[] {
  const values = (arbitrary: fc.Arbitrary<RowValue>, salt: number) =>
    fc.sample(arbitrary, { numRuns: rows, seed: seed + salt });
  return [
    column("in.f", "float32", [3], values(list(float32, 3), 1)),
    column("in.g", "float64", [2], values(list(float, 2), 2)),
    column("in.k", "uint8", [], values(fc.constantFrom(0, 1, 2, 255), 3)),
    column("out.d", "float64", [], values(float, 4)),
    column("out.n", "int64", [], values(fc.constantFrom(...edgeBigints), 5)),
    column("out.l", "int64", [2], values(list(fc.constantFrom(...edgeBigints), 2), 6)),
    column(
      "out.q",
      "uint64",
      [1],
      values(list(fc.constantFrom(0n, 5n, 2n ** 63n, 2n ** 64n - 1n, 9007199254740993n), 1), 7),
    ),
    column("out.i", "int32", [2], values(list(fc.constantFrom(0, 1, -1, 2147483647, -2147483648), 2), 8)),
    column("out.b", "bool", [2], values(list(fc.boolean(), 2), 9)),
    column("out.c", "bool", [], values(fc.boolean(), 10)),
    column("out.s", "string", [], values(fc.constantFrom(...strings), 11)),
    column(
      "out.u",
      "float64",
      [null],
      values(
        lengths.chain((n) => list(float, n)),
        12,
      ),
    ),
    column(
      "out.r",
      "float64",
      [null, 2],
      values(
        lengths.chain((n) => list(list(float, 2), n)),
        15,
      ),
    ),
    column("out.m", "float32", [2, 2], values(list(list(float32, 2), 2), 13)),
    column("out_c1.z", "float32", [1], values(list(float32, 1), 14)),
  ];
}

export const literal = (value: number): string =>
  value < 0 || Object.is(value, -0) ? `(-${Object.is(value, -0) ? "0" : String(-value)})` : String(value);
const numberLeaf = fc.oneof(
  fc.constantFrom(
    "x.in.f[0]",
    "x.in.f[1]",
    "x.in.f[2]",
    "x.in.g[0]",
    "x.in.g[1]",
    "x.in.k",
    "x.out.d",
    "x.out.i[0]",
    "x.out.i[1]",
    "x.out.u[0]",
    "x.out.u[2]",
    "x.out.m[0][1]",
    "x.out.m[1][0]",
    "x.models.c1.z[0]",
    "x.in.f.length",
  ),
  float.map(literal),
);
const bigintLeaf = fc.oneof(
  fc.constantFrom("x.out.n", "x.out.l[0]", "x.out.l[1]"),
  fc.constantFrom(...edgeBigints).map((v) => (v < 0n ? `(-${-v}n)` : `${v}n`)),
);
/** Bigints as numbers: most are rounded. */
const converted = fc.oneof(bigintLeaf, fc.constant("x.out.q[0]")).map((v) => `Number(${v})`);
const stringLeaf = fc.oneof(
  fc.constant("x.out.s"),
  fc.constantFrom(...strings).map((s) => JSON.stringify(s)),
);
const order = fc.constantFrom("<", ">", "<=", ">=", "===", "!==");
const equality = fc.constantFrom("===", "!==");

/** Expressions of numbers. `element` lists the names of numbers inside `every` and `some`. */
function numbers(depth: number, element: readonly string[]): fc.Arbitrary<string> {
  const leaf =
    element.length === 0
      ? numberLeaf
      : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...element) }, { weight: 2, arbitrary: numberLeaf });
  if (depth <= 0) return leaf;
  const inner = numbers(depth - 1, element);
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    ...arithmetic(inner),
    {
      weight: 1,
      arbitrary: fc.tuple(booleans(depth - 1, element), inner, inner).map(([t, a, b]) => `(${t} ? ${a} : ${b})`),
    },
    { weight: 1, arbitrary: fc.tuple(maybeMissing, inner).map(([l, r]) => `(${l} ?? ${r})`) },
    { weight: 1, arbitrary: fc.constantFrom(...sums) },
    { weight: 1, arbitrary: converted },
    { weight: 1, arbitrary: fc.oneof(inner, maybeMissing).map((v) => `Number(${v})`) },
  );
}

/** Elements of lists of unknown length. */
const maybeMissing = fc.constantFrom("x.out.u[0]", "x.out.u[2]", "x.out.u?.[1]", "x.out.r[1]?.[0]");
const sums = [
  "x.in.f.reduce((sum, v) => sum + v, 0)",
  "x.in.g.reduce((a, b) => a * b)",
  "x.out.m[0].reduce((most, v) => Math.max(most, v))",
  "Math.max(...x.in.g)",
  "[x.out.d, ...x.in.f].reduce((sum, v, i) => sum + v * i, -0)",
  "((a, b) => a - b)(x.out.d, x.in.k)",
  "x.in.f.at(-1)",
  "x.in.f.indexOf(Math.max(...x.in.f))",
  "[0.1, NaN, x.in.k].indexOf(x.out.d)",
];

function booleans(depth: number, element: readonly string[]): fc.Arbitrary<string> {
  const inner = numbers(depth - 1, element);
  const comparison = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(inner, order, inner).map(([l, op, r]) => `${l} ${op} ${r}`) },
    { weight: 2, arbitrary: fc.tuple(bigintLeaf, order, bigintLeaf).map(([l, op, r]) => `${l} ${op} ${r}`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constant("x.out.q[0]"),
          order,
          fc.constantFrom("5n", "0n", "9223372036854775808n", "18446744073709551615n", "9007199254740993n"),
        )
        .map((p) => p.join(" ")),
    },
    { weight: 1, arbitrary: fc.tuple(stringLeaf, equality, stringLeaf).map((p) => p.join(" ")) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("isFinite", "isNaN", "isInteger", "isSafeInteger"), inner)
        .map(([f, v]) => `Number.${f}(${v})`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constant("x.out.s"),
          fc.constantFrom("startsWith", "endsWith", "includes"),
          fc.constantFrom(...strings, "\u{1f600}", "in"),
        )
        .map(([s, f, t]) => `${s}.${f}(${JSON.stringify(t)})`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("[0.1, NaN, -0, x.out.d]", "x.in.f", "x.in.g", "x.out.i", "x.out.m[0]"), inner)
        .map(([l, v]) => `${l}.includes(${v})`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(maybeMissing, fc.constantFrom("=== undefined", "!= null", "== null", "!== undefined", "=== null"))
        .map((p) => p.join(" ")),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "x.out.s != null",
        "['a', '\u{1f600}'].includes(x.out.s)",
        "[5n, 9007199254740993n].includes(x.out.n)",
        "x.out.l.includes(9007199254740993n)",
        "x.out.l.indexOf(x.out.n) > 0",
        "x.in.f.every((p, k) => k === 0 || p >= x.in.f[k - 1])",
        "x.in.f.some((p, k) => k < 2 ? p > x.in.f[k + 1] : x.in.g[k - 1] > p)",
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "x.out.b[0]",
        "x.out.b[1]",
        "x.out.c",
        "true",
        "x.out.b[0] === x.out.b[1]",
        "x.out.c !== x.out.b[1]",
        "x.out.c === true",
      ),
    },
  );
  if (depth <= 1) return comparison.map((text) => `(${text})`);
  const deeper = booleans(depth - 1, element);
  const names = element.length === 0 ? ["v", "i"] : ["w", "j"];
  const body = booleans(depth - 1, [...element, ...names]);
  const listNames = ["x.in.f", "x.in.g", "x.out.i", "x.out.u", "x.out.m[1]"];
  return fc.oneof(
    { weight: 4, arbitrary: comparison.map((text) => `(${text})`) },
    {
      weight: 3,
      arbitrary: fc.tuple(deeper, fc.constantFrom("&&", "||"), deeper).map(([l, op, r]) => `(${l} ${op} ${r})`),
    },
    { weight: 2, arbitrary: deeper.map((v) => `!${v}`) },
    { weight: 1, arbitrary: fc.tuple(deeper, deeper, deeper).map(([t, a, b]) => `(${t} ? ${a} : ${b})`) },
    ...(element.length < 4
      ? [
          {
            weight: 1,
            arbitrary: fc
              .tuple(fc.constantFrom(...listNames), fc.constantFrom("every", "some"), body)
              .map(([l, f, b]) => `${l}.${f}((${names.join(", ")}) => ${b})`),
          },
        ]
      : []),
  );
}

/** Expressions of numbers and booleans over one row `x` of `generateColumns`. */
export const rowNumbers = (depth: number): fc.Arbitrary<string> => numbers(depth, []);
export const rowBooleans = (depth: number): fc.Arbitrary<string> => booleans(depth, []);

/** Keeps the texts that parse. TypeScript reads `a < ((b > (-1)) ? c : d)` as type arguments and fails. */
const writable = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  texts.filter((text) => "node" in parseLambda(text));

/** A lambda with a destructured parameter, except where it reads challengers. */
const destructured = (body: string): string =>
  body.includes("x.models")
    ? `(x) => ${body}`
    : `({ in: taken, in: { k, f: [f0] }, out }) => ${body.replaceAll("x.in.k", "k").replaceAll("x.in.f[0]", "f0").replaceAll("x.in.", "taken.").replaceAll("x.out.", "out.")}`;

/** Lambdas, `depth` operations deep, over the rows of `generateColumns`. */
export function lambdas(depth: number): fc.Arbitrary<string> {
  const body = booleans(depth, []);
  const [number, test, named] = [numbers(depth - 1, []), booleans(depth - 1, []), booleans(depth - 1, ["a", "b"])];
  return writable(
    fc.oneof(
      { weight: 8, arbitrary: body.map((text) => `(x) => ${text}`) },
      { weight: 1, arbitrary: body.map((text) => `function (x) { return ${text}; }`) },
      { weight: 1, arbitrary: body.map(destructured) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(number, number, test, test, named)
          .map(
            ([a, b, when, then, or]) =>
              `(x) => { const a = ${a}, b = ${b}; if (${when}) return ${then}; return ${or}; }`,
          ),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(test, test, named)
          .map(
            ([when, then, or]) =>
              `(x) => { const { f: [a, b] } = x.in; if (${when}) { const c = ${then}; return c || a > b; } else { return ${or}; } }`,
          ),
      },
    ),
  );
}

/** Lambdas that the platform's checks can mostly express. */
export function checkLambdas(depth: number): fc.Arbitrary<string> {
  const leaf = fc.oneof(
    fc.constantFrom("x.in.f[0]", "x.in.f[2]", "x.in.g[1]", "x.out.i[0]", "x.out.i[1]", "x.models.c1.z[0]"),
    float.filter(Number.isFinite).map(literal),
  );
  const sums = (left: number): fc.Arbitrary<string> => {
    if (left <= 0) return leaf;
    const inner = sums(left - 1);
    return fc.oneof(
      { weight: 2, arbitrary: leaf },
      {
        weight: 4,
        arbitrary: fc.tuple(inner, fc.constantFrom("+", "-"), inner).map(([l, op, r]) => `(${l} ${op} ${r})`),
      },
      { weight: 1, arbitrary: inner.map((v) => `Math.abs(${v})`) },
      { weight: 1, arbitrary: inner.map((v) => `(-${v})`) },
    );
  };
  const sum = sums(depth - 2);
  const ordering = fc.constantFrom("<", ">", "<=", ">=");
  const one = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(sum, fc.oneof(ordering, fc.constant("===")), sum)
        .map(([l, op, r]) => `x.in.g[0] + ${l} ${op} ${r}`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constantFrom("x.out.l[0]", "x.out.l[1]"),
          fc.oneof(ordering, fc.constant("===")),
          fc.constantFrom(...edgeBigints),
        )
        .map(([l, op, r]) => `${l} ${op} ${r}n`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("x.out.i", "x.in.f", "x.in.g"), ordering, sum)
        .map(([list, op, r]) => `${list}.every((v) => v ${op} ${r})`),
    },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.constantFrom("0.1", "1", "2147483647", "-0", "5e-324"), { minLength: 1, maxLength: 4 })
        .map((items) => `[${items.join(", ")}].includes(x.out.i[1])`),
    },
    { weight: 1, arbitrary: fc.tuple(sum, sum).map(([a, b]) => `Math.max(x.in.f[1], ${a}) < ${b}`) },
    { weight: 1, arbitrary: fc.tuple(sum, sum).map(([a, b]) => `${a} <= Math.min(x.in.f[1], ${b})`) },
    { weight: 1, arbitrary: ordering.map((op) => `!(x.out.i[0] ${op} x.out.i[1])`) },
    { weight: 1, arbitrary: sum.map((v) => `Number.isFinite(x.in.g[1] - ${v})`) },
    { weight: 1, arbitrary: ordering.map((op) => `!(x.out.l[0] ${op} x.out.l[1] || x.out.i[0] ${op} 3)`) },
  );
  return writable(
    fc.array(one, { minLength: 1, maxLength: 4 }).map((conditions) => `(x) => ${conditions.join(" && ")}`),
  );
}
