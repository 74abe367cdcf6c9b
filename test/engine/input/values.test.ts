import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { Dim, DType, Port } from "../../../dsl/tensor.js";
import { inputReader } from "../../../src/engine/input/read-input.js";
import { refusal } from "../../refusal.js";

const port = (name: string, dtype: DType, ...shape: Dim[]): Port => ({ name, dtype, shape });
const read = (input: unknown, ...ports: Port[]) => inputReader("p", ports)(input).tensors;
const refused = (input: unknown, ...ports: Port[]) => refusal(() => read(input, ...ports));

const image = port("image", "float32", "batch", 2, 3);
const pixels = Float32Array.of(1, 2, 3, 4, 5, 6);
const oneImage = [{ dtype: "float32", dims: [1, 2, 3], data: pixels }];

describe("a row's value", () => {
  test.each<[string, unknown]>([
    [
      "nested lists",
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    ["a flat typed array, if the shape of a row is known", pixels],
    ["{ data, shape }", { data: pixels, shape: [2, 3] }],
  ])("is %s", (_, value) => {
    expect(read([{ image: value }], image)).toEqual(oneImage);
    expect(read({ image: [value] }, image)).toEqual(oneImage);
  });

  test("is copied: the log may read it after the caller has changed its array", () => {
    const own = Float32Array.from(pixels);
    const tensors = read([{ image: own }], image);
    own.fill(0);
    expect(tensors).toEqual(oneImage);
  });

  test("may be an array of another realm, such as a jsdom test environment", async () => {
    const other: unknown = runInNewContext("Float32Array.of(1, 2, 3, 4, 5, 6)");
    expect(other).not.toBeInstanceOf(Float32Array);
    expect(read([{ image: other }], image)).toEqual(oneImage);
    expect(read([{ image: { data: other, shape: [2, 3] } }], image)).toEqual(oneImage);
    expect(read({ image: other }, image)).toEqual(oneImage);
    expect(read({ image: { data: other, shape: [1, 2, 3] } }, image)[0]?.data).toBeInstanceOf(Float32Array);
    expect(await refused([{ image: runInNewContext("new Float64Array(6)") as unknown }], image)).toBe(
      "SL5014 row 0, input 'image' is float32: expected a Float32Array, got a Float64Array",
    );
  });

  test("gives a flat array its one open size", () => {
    const tokens = port("tokens", "float32", "batch", "seq", 3);
    expect(read([{ tokens: pixels }, { tokens: pixels.subarray(3) }], tokens)).toEqual([
      {
        dtype: "float32",
        shapes: [
          [2, 3],
          [1, 3],
        ],
        offsets: [0, 6, 9],
        data: Float32Array.of(1, 2, 3, 4, 5, 6, 4, 5, 6),
      },
    ]);
  });

  test("is a plain number for a port of one number", () => {
    const one = port("amount", "float32", "batch", 1);
    expect(read([{ amount: 5 }, { amount: [6] }], one)).toEqual([
      { dtype: "float32", dims: [2, 1], data: Float32Array.of(5, 6) },
    ]);
    expect(read({ amount: [5, 6] }, one)).toEqual([{ dtype: "float32", dims: [2, 1], data: Float32Array.of(5, 6) }]);
  });

  test.each<[string, unknown, string]>([
    ["too few elements", new Float32Array(5), "SL5015 row 0, input 'image': 5 elements cannot have the shape [2, 3]"],
    [
      "another class",
      new Float64Array(6),
      "SL5014 row 0, input 'image' is float32: expected a Float32Array, got a Float64Array",
    ],
    [
      "a shape of another size",
      { data: pixels, shape: [3, 3] },
      "SL5015 row 0, input 'image': 'shape' [3, 3] is 9 elements, 'data' has 6",
    ],
    [
      "a shape with other sizes",
      { data: pixels, shape: [3, 2] },
      "SL5007 row 0, input 'image': expected a list of 2 lists, got 3",
    ],
    [
      "a shape of another rank",
      { data: pixels, shape: [6] },
      "SL5008 row 0, input 'image': its shape [6] has 1 dimension, float32[2, 3] has 2",
    ],
    [
      "a negative size",
      { data: pixels, shape: [-2, -3] },
      "SL5015 row 0, input 'image': 'shape' is a list of 2; give a list of sizes such as [3, 480, 640]",
    ],
    [
      "a shape that is no list",
      { data: pixels, shape: "2x3" },
      "SL5015 row 0, input 'image': 'shape' is the string \"2x3\"; give a list of sizes such as [3, 480, 640]",
    ],
    [
      "data that is no array",
      { data: "abcdef", shape: [2, 3] },
      "SL5014 row 0, input 'image' is float32: expected a Float32Array, got the string \"abcdef\"",
    ],
  ])("is refused: %s", async (_, value, message) => {
    expect(await refused([{ image: value }], image)).toBe(message);
  });

  test("needs { data, shape } where several sizes are open", async () => {
    const open = port("image", "float32", "batch", 3, "height", "width");
    expect(await refused([{ image: pixels }], open)).toBe(
      "SL5015 row 0, input 'image': the sizes of the row are open, so flat elements have no shape; give { data, shape: [3, height, width] }",
    );
    expect(read([{ image: { data: pixels, shape: [3, 1, 2] } }], open)).toMatchObject([{ dims: [1, 3, 1, 2] }]);
  });
});

describe("a column", () => {
  test("is { data, shape } with the rows first", async () => {
    const column = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
    expect(read({ x: column }, port("x", "float32", "batch", null))).toMatchObject([{ dims: [2, 2] }]);
    expect(await refused({ x: { ...column, shape: [4, 1] } }, port("x", "float32", "batch", 2))).toBe(
      "SL5015 input 'x': the shape [4, 1] does not fit; give [rows, 2]",
    );
  });
});

describe("rows of different shapes", () => {
  const tokens = port("tokens", "int64", "batch", "seq");
  const mask = port("mask", "int64", "batch", "seq");

  test("are read, and a symbol is one size within a row", async () => {
    const rows = [
      { tokens: [1, 2, 3], mask: [1, 1, 1] },
      { tokens: [4], mask: [1] },
    ];
    expect(read(rows, tokens, mask)).toMatchObject([{ shapes: [[3], [1]] }, { shapes: [[3], [1]] }]);
    expect(
      await refused(
        [
          { tokens: [1, 2], mask: [1, 1] },
          { tokens: [1, 2], mask: [1] },
        ],
        tokens,
        mask,
      ),
    ).toBe("SL5012 row 1, input 'mask': 1 element, but 'seq' is 2 in input 'tokens'; one symbol is one size in a row");
  });

  test("keep to the symbols of a column that stands there as { data, shape }", async () => {
    const column = { data: BigInt64Array.of(1n, 2n, 3n, 4n), shape: [2, 2] };
    expect(await refused({ tokens: column, mask: [[1, 1], [1]] }, tokens, mask)).toBe(
      "SL5012 row 1, input 'mask': 1 element, but 'seq' is 2 in input 'tokens'; one symbol is one size in a row",
    );
  });

  test("keep to the symbols of a shared input", async () => {
    const shared = port("scales", "float32", "seq");
    expect(
      read(
        {
          scales: [5, 6],
          tokens: [
            [1, 2],
            [3, 4],
          ],
        },
        tokens,
        shared,
      ),
    ).toMatchObject([{ dims: [2, 2] }, { dims: [2, 2] }]);
    expect(await refused({ scales: [5, 6], tokens: [[1, 2], [3]] }, tokens, shared)).toBe(
      "SL5012 row 1, input 'tokens': 1 element, but 'seq' is 2 in input 'scales'; one symbol is one size in a row",
    );
  });

  test("are refused with the first row that has a fault, in its shape or in its elements", async () => {
    const rows = [{ tokens: [1, 2] }, { tokens: [1, "2"] }, { tokens: null }];
    expect(await refused(rows, tokens)).toMatch(/^SL5006 row 1, input 'tokens', element \[1\]/);
    expect(await refused(rows.slice(2), tokens)).toMatch(/^SL5005 row 0, input 'tokens'/);
    expect(await refused([{ tokens: [1] }, ...rows.slice(2)], tokens)).toMatch(/^SL5005 row 1, input 'tokens'/);
  });
});

describe("a shared input", () => {
  const x = port("x", "float32", "batch", 2);
  const rate = port("rate", "int64");

  test("has one value in all records, and stands once in columns", async () => {
    const tensors = [
      { dtype: "float32", dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      { dtype: "int64", dims: [2], data: BigInt64Array.of(16000n, 16000n) },
    ];
    expect(
      read(
        [
          { x: [1, 2], rate: 16000 },
          { x: [3, 4], rate: 16000 },
        ],
        x,
        rate,
      ),
    ).toEqual(tensors);
    expect(
      read(
        {
          x: [
            [1, 2],
            [3, 4],
          ],
          rate: 16000n,
        },
        x,
        rate,
      ),
    ).toEqual(tensors);
    expect(
      await refused(
        [
          { x: [1, 2], rate: 16000 },
          { x: [3, 4], rate: 8000 },
        ],
        x,
        rate,
      ),
    ).toBe(
      "SL5021 input 'rate' is shared by all rows of a request, but row 0 and row 1 have different values; send the rows in separate requests",
    );
  });
});

describe("null in a column that takes NaN for missing values", () => {
  const x = port("x", "float32", "batch", 2);
  const amount = port("amount", "float64", "batch");

  test("is NaN, and refused elsewhere", async () => {
    const lenient = inputReader("p", [x, amount], ["x", "amount"]);
    expect(lenient([{ x: [1, null], amount: null }]).tensors).toEqual([
      { dtype: "float32", dims: [1, 2], data: Float32Array.of(1, NaN) },
      { dtype: "float64", dims: [1], data: Float64Array.of(NaN) },
    ]);
    const one = inputReader("p", [port("amount", "float32", "batch", 1)], ["amount"]);
    expect(one([{ amount: null }, { amount: [null] }]).tensors).toEqual([
      { dtype: "float32", dims: [2, 1], data: Float32Array.of(NaN, NaN) },
    ]);
    expect(await refused([{ x: [1, null], amount: 1 }], x, amount)).toMatch(/^SL5005 row 0, input 'x', element \[1\]/);
  });
});
