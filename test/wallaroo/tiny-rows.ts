import { edgeBigints, edgeFloats } from "../expression/fuzz/generate-lambdas.js";
import { column, type TestColumn } from "../expression/rows.js";

const size = 48;
const pick = <T>(values: readonly T[], step: number): T[] =>
  Array.from({ length: size }, (_, i) => values[(i * step) % values.length] as T);
const pairs = (values: readonly number[], step: number): number[][] =>
  pick(values, step).map((v, i) => [v, values[(i * 3 + 1) % values.length] as number]);
const common = [...edgeFloats, 0.25, 0.75, 0.95, -1, 1, 2, 2.5, 0.4];

/** Rows for the model `tiny`: edge cases of floats, lists, integers and strings. */
export function tinyColumns(): TestColumn[] {
  const words = ["a", "abc", "abb", "b", "", "a.c", 'q"\\\n\u2028é😀', "zz"];
  return [
    column("in.x", "float64", [2], pairs(common, 5)),
    column("out.list", "float64", [2], pairs(common, 7)),
    column("out.i", "int32", [], pick([0, 1, 2, 3, -3, 5, 2147483647, -2147483648], 1)),
    column("out.d", "float64", [], pick(common, 1)),
    column("out.e", "float64", [], pick(common, 11)),
    column("out.f", "float32", [2], pairs(common.map(Math.fround), 1)),
    column("out.u8", "uint8", [], pick([0, 1, 2, 255, 44], 1)),
    column("out.n", "int64", [], pick(edgeBigints, 1)),
    column(
      "out.m",
      "uint64",
      [],
      pick(edgeBigints, 1).map((v) => BigInt.asUintN(64, v)),
    ),
    column(
      "out.q",
      "uint64",
      [],
      pick(edgeBigints, 3).map((v) => BigInt.asUintN(64, v)),
    ),
    column("out.b", "bool", [], pick([true, false, true], 1)),
    column("out.c", "bool", [], pick([true, false], 1)),
    column("out.s", "string", [], pick(words, 1)),
    column(
      "out.open",
      "float64",
      [null],
      pairs(common, 3).map((row, i) => row.slice(0, i % 3)),
    ),
    column(
      "out.grid",
      "float64",
      [2, 2],
      pairs(common, 3).map((row) => [row, [1, 0.75]]),
    ),
  ];
}
