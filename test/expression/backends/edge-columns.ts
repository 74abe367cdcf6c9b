import { edgeBigints, edgeFloats } from "../fuzz/generate-lambdas.js";
import { column, type TestColumn } from "../rows.js";

// The rows with which the back-ends' engines are compared with JavaScript.

export const comparisons = ["<", ">", "<=", ">=", "===", "!=="];

/** Every edge float as float64, as float32 beside the next one, and an int32. */
export const floatColumns: readonly TestColumn[] = [
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

/** Every edge bigint as int64, beside another one, and as uint64. */
export const bigintColumns: readonly TestColumn[] = [
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

/** Lambdas that convert the bigints to numbers, with ties between two doubles, and values that doubles hold. */
export const conversionTexts: readonly string[] = comparisons.flatMap((op) => [
  ...["9007199254740992", "9007199254740996", "4611686018427387904", "9223372036854775808", "-1", "NaN"].map(
    (value) => `x => Number(x.out.n) ${op} ${value}`,
  ),
  `x => Number(x.out.q) ${op} 18446744073709551616`,
  `x => Number(x.out.q) ${op} Number(x.out.n)`,
  `x => !(Number(x.out.m[0]) / Number(x.out.n) ${op} 0.5)`,
  `x => Number(x.out.n < 5n ? x.out.m : 7n) ${op} 7`,
  `x => 1 / Number(x.out.n) ${op} Math.max(Number(x.out.q), 1)`,
]);

/** Short and empty lists of unknown length, of every type. */
export const shortListColumns: readonly TestColumn[] = [
  column("out.u", "float64", [null], [[], [1], [0.95, Number.NaN], [0.1, 0.9, -0], [Number.NaN, 2, 3, 4], []]),
  column("out.d", "float64", [], [1, 2, 3, Number.NaN, 5, 6]),
  column("out.n", "int64", [null], [[], [1n], [5n, 9007199254740993n], [2n, 3n], [0n, -1n, 4n], []]),
  column("out.b", "bool", [null], [[], [true], [false, true], [true, false], [true, true, true], []]),
  column("out.s", "string", [null], [[], [""], ["a", "b"], ["b", "a"], ["", "a", "a"], []]),
];

/** Lists of lists, both of unknown length. */
export const nestedListColumn: TestColumn = column(
  "out.r",
  "float64",
  [null, null],
  [[], [[1]], [[1], [2, 3]], [[], []], [[5, 6], [], [7]], [[1], [2, 0]]],
);

/** Lambdas that read elements of short and nested lists, some of them past the end. */
export const textsPastTheEnd: readonly string[] = [
  ...comparisons.flatMap((op) => [
    `x => x.out.u[1] ${op} 0.9`,
    `x => !(x.out.u[0] ${op} x.out.d)`,
    `x => x.out.u[1] + 1 ${op} x.out.d`,
    `x => x.out.d ${op} -x.out.u[2]`,
    `x => x.out.u[0] ${op} x.out.u[1]`,
  ]),
  ...comparisons.flatMap((op) => [
    `x => x.out.n[1] ${op} 9007199254740993n`,
    `x => !(3n ${op} x.out.n[0])`,
    `x => x.out.n[0] ${op} x.out.n[1]`,
  ]),
  "x => Number(x.out.n[1]) > 3",
  "x => Number.isNaN(Number(x.out.n[0])) || Number(x.out.u[1]) < 2",
  ...["===", "!=="].flatMap((op) => [
    `x => x.out.b[1] ${op} true`,
    `x => x.out.b[0] ${op} x.out.b[1]`,
    `x => x.out.s[1] ${op} "a"`,
    `x => x.out.s[1] ${op} x.out.s[2]`,
    `x => (x.out.d > 2 ? x.out.s[0] : x.out.s[1]) ${op} x.out.s[2]`,
  ]),
  "x => x.out.u.length > 1 && x.out.s.length !== 3",
  "x => Number.isNaN(x.out.u[1]) || Number.isFinite(x.out.u[1])",
  "x => Math.max(x.out.u[0], x.out.d) > 1",
  "x => (x.out.d > 2 ? x.out.u[1] : 1) !== 1",
  "x => x.out.r[1]?.[1] > 1",
  "x => x.out.r[1]?.[0] === undefined",
];

/** Strings that need escaping or have more than one UTF-16 unit per character. */
export const words = ["", "a", 'q"', "\\", "é", "😀", "line\n", "\u2028"];
export const moreWords = [...words, "it's", "\ue000", "Z"];

/** The words as strings, with booleans and nested lists in ports with odd names. */
export const wordColumns = (texts: readonly string[]): readonly TestColumn[] => [
  column("out.s", "string", [], texts),
  column(
    "out.t",
    "string",
    [1],
    texts.map((_, i) => [texts[(i * 3) % texts.length] ?? ""]),
  ),
  column(
    "out.b",
    "bool",
    [2],
    texts.map((_, i) => [i % 2 === 0, i % 3 === 0]),
  ),
  column(
    'out.a "b".c',
    "float32",
    [2, 2],
    texts.map((_, i) => [
      [i, 1],
      [2, 3 - i],
    ]),
  ),
];

/** Lambdas over the columns of `wordColumns(texts)`. */
export const wordTexts = (texts: readonly string[]): readonly string[] => [
  ...texts.flatMap((word) => [
    `x => x.out.s === ${JSON.stringify(word)}`,
    `x => x.out.t[0] !== ${JSON.stringify(word)}`,
  ]),
  ...["<", ">", "<=", ">="].flatMap((op) =>
    ["", "a", "é", "Zz"].flatMap((word) => [
      `x => x.out.s ${op} ${JSON.stringify(word)}`,
      `x => ${JSON.stringify(word)} ${op} x.out.t[0]`,
    ]),
  ),
  ...["startsWith", "endsWith", "includes"].flatMap((f) =>
    ["a", "é", "😀", "'", "%", "_", "\\"].map((word) => `x => x.out.s.${f}(${JSON.stringify(word)})`),
  ),
  "x => x.out.s === x.out.t[0]",
  "x => x.out.b[0] === x.out.b[1]",
  "x => x.out.b.every((v) => !v) || (x.out.b[1] ? x.out.s === 'a' : false)",
  `x => x.out['a "b".c'].every((r) => r.some((v, i) => v > i))`,
];

/** A list of two numbers in a port whose name may be reserved in the target language. */
export const pairColumn = (name: string, rows: number): TestColumn =>
  column(
    name,
    "float32",
    [2],
    Array.from({ length: rows }, (_, i) => [i, 2]),
  );
