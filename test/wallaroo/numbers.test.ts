import { expect, it } from "vitest";
import { parsePolarsNumber, formatRustNumber } from "../../src/expression/backends/polars/number.js";
import { backEnds } from "../../src/expression/backends/back-ends.js";
import { parseJsonText } from "../../src/wallaroo/read/lossless-json.js";
import { readPolars } from "../../src/wallaroo/read/polars/read.js";
import { constantOf, valueOf } from "../../src/expression/tree/tree.js";
import { oracleFile } from "./oracle-files.js";

const lines = oracleFile("numbers-0.18.15.txt")
  .trim()
  .split("\n")
  .map((line) => line.split(" "));
const doubles = lines
  .filter(([kind]) => kind !== "int")
  .map(([bits = "", text = "", read = ""]) => ({ value: double(bits), text, read: double(read) }));
const integers = lines.filter(([kind]) => kind === "int").map(([, digits = "", literal = ""]) => ({ digits, literal }));

function double(bits: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${bits}`));
  return view.getFloat64(0);
}

const scope = {
  inputs: [],
  outputs: [
    { name: "d", dtype: "float64", shape: ["batch"] },
    { name: "n", dtype: "int64", shape: ["batch"] },
    { name: "q", dtype: "uint64", shape: ["batch"] },
    { name: "f", dtype: "float32", shape: ["batch"] },
  ],
  models: {},
} as const;
const d = {
  op: "read",
  from: "out",
  port: "d",
  dtype: "float64",
  shape: [],
  at: [],
  type: "number",
  nullable: false,
} as const;

it("writes every double as polars 0.18.15 writes it", () => {
  expect(doubles.length).toBeGreaterThanOrEqual(2000);
  expect(doubles.filter(({ value, text }) => formatRustNumber(value) !== text)).toEqual([]);
});

it("reads every double as polars reads it, including those that polars misreads", () => {
  expect(doubles.filter(({ text, read }) => !Object.is(parsePolarsNumber(text), read))).toEqual([]);
  expect(doubles.filter(({ value, read }) => !Object.is(value, read)).length).toBeGreaterThan(0);
});

it("writes a double that polars would misread as a string with a cast", () => {
  const wrong = doubles.filter(({ value }) => {
    const text = backEnds["polars-0.18"].validation(
      { op: "<", left: d, right: constantOf(value), type: "boolean" },
      undefined,
      scope,
    );
    const literal = /"Float64":([^}]+)\}/.exec(text)?.[1];
    const cast = /"Utf8":"([^"]+)"/.exec(text)?.[1];
    // A cast of a string is exact; for a literal, parsePolarsNumber gives what polars reads.
    const read = cast === undefined ? parsePolarsNumber(literal ?? "0") : Number(cast);
    return !Object.is(read, value);
  });
  expect(wrong).toEqual([]);
});

it("reads a literal of a definition as the double that polars reads", () => {
  const wrong = doubles.filter(({ text, read }) => {
    const parsed = parseJsonText(
      `{"BinaryExpr":{"left":{"Column":"out.d"},"op":"Gt","right":{"Literal":{"Float64":${text}}}}}`,
    );
    const tree = "value" in parsed ? readPolars(parsed.value, scope, "") : null;
    const comparison = tree?.op === "!" ? tree.operand : null;
    const constant = comparison !== null && "right" in comparison ? comparison.right : null;
    return constant?.op !== "constant" || !Object.is(valueOf(constant), read);
  });
  expect(wrong).toEqual([]);
});

it("keeps all digits of integers of every dtype that polars 0.18.15 writes", () => {
  expect(integers.length).toBe(63);
  const written = integers.filter(({ literal }) => literal.startsWith("{"));
  const wrong = written.filter(({ digits, literal }) => {
    const column = BigInt(digits) > 2n ** 63n - 1n ? "q" : "n";
    const parsed = parseJsonText(`{"BinaryExpr":{"left":{"Column":"out.${column}"},"op":"Eq","right":${literal}}}`);
    const tree = "value" in parsed ? readPolars(parsed.value, scope, "") : null;
    return tree?.op !== "!==" || tree.right.op !== "constant" || tree.right.value !== constantOf(BigInt(digits)).value;
  });
  expect(wrong).toEqual([]);
});

it("reads a remainder only where polars calculates it in doubles", () => {
  const remainder = (column: string, literal: string) =>
    parseJsonText(
      `{"BinaryExpr":{"left":{"BinaryExpr":{"left":{"Column":"out.${column}"},"op":"Modulus","right":{"Literal":${literal}}}},"op":"Gt","right":{"Literal":{"Float64":1.0}}}}`,
    );
  const read = (column: string, literal: string) => {
    const parsed = remainder(column, literal);
    return "value" in parsed ? readPolars(parsed.value, scope, "") : null;
  };
  const test = {
    op: ">",
    left: { op: "%", left: d, right: constantOf(3), type: "number" },
    right: constantOf(1),
    type: "boolean",
  };
  expect(read("d", '{"Float64":3.0}')).toEqual({ op: "!", operand: test, type: "boolean" });
  expect(read("d", '{"Int32":3}')).toEqual({ op: "!", operand: test, type: "boolean" });
  expect(() => read("n", '{"Int32":3}')).toThrow("64-bit integers, which wrap");
  expect(() => read("f", '{"Float64":3.0}')).toThrow("in 32 bits, a lambda in 64");
});

it("refuses a number that no float64 can hold, with its place", () => {
  for (const text of ["1e400", "-1e400", `1${"0".repeat(400)}`])
    expect(parseJsonText(`{"Float64":${text}}`), text.slice(0, 8)).toEqual({
      flaw: { at: 11, why: expect.stringMatching(/^the number .* is larger than any float64 \(1\.8e308\)/) as string },
    });
  expect(parseJsonText("1.7976931348623157e308")).toHaveProperty("value");
});
