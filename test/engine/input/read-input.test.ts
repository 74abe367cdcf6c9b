import { makeTable } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dim, DType, Port } from "../../../dsl/tensor.js";
import { inputReader } from "../../../src/engine/input/read-input.js";
import { isRagged } from "../../../src/tensors/tensor-data.js";

const port = (name: string, dtype: DType, ...shape: Dim[]): Port => ({ name, dtype, shape });
const read = (input: unknown, ...ports: Port[]) => inputReader("p", ports)(input);

describe("rows, columns and tables of the same values become the same tensors", () => {
  const x = port("x", "float32", "batch", 2);
  const expected = { dtype: "float32", dims: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  test.each([
    ["records", [{ x: [1, 2] }, { x: [3, 4] }, { x: [5, 6] }]],
    ["records of typed arrays", [{ x: Float32Array.of(1, 2) }, { x: Float64Array.of(3, 4) }, { x: [5, 6] }]],
    [
      "nested columns",
      {
        x: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      },
    ],
    ["a flat typed array", { x: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ])("%s", (_, input) => {
    expect(read(input, x).tensors).toEqual([expected]);
  });

  test("a table's column of scalars", () => {
    expect(read(makeTable({ s: Float32Array.of(1, 2) }), port("s", "float32", "batch"))).toEqual({
      form: "table",
      rows: 2,
      tensors: [{ dtype: "float32", dims: [2], data: Float32Array.of(1, 2) }],
    });
  });
});

test("a flat typed array is copied, so that the caller can reuse it", () => {
  const own = Float32Array.of(1, 2);
  const { tensors } = read({ x: own }, port("x", "float32", "batch", 2));
  own.fill(9);
  expect(tensors[0]?.data).toEqual(Float32Array.of(1, 2));
});

describe("a typed array in a row has the port's own elements: bits of float16, bytes of bool", () => {
  const bits = Uint16Array.of(0x3c00, 0xc000);
  const bytes = Uint8Array.of(1, 0);
  test.each([
    ["a row", "float16", ["batch", 2], [{ x: bits }], [0x3c00, 0xc000]],
    ["the lists of a row", "float16", ["batch", 2, 2], [{ x: [bits, [1, 2]] }], [0x3c00, 0xc000, 0x3c00, 0x4000]],
    ["the rows of a column", "float16", ["batch", 2], { x: [bits] }, [0x3c00, 0xc000]],
    ["a row", "bool", ["batch", 2], [{ x: bytes }], [1, 0]],
    ["the lists of a row", "bool", ["batch", 2, 2], [{ x: [bytes, [true, true]] }], [1, 0, 1, 1]],
    ["the rows of a column", "bool", ["batch", 2], { x: [bytes] }, [1, 0]],
    ["the lists of a row", "float32", ["batch", "n", 2], [{ x: [Float32Array.of(1, 2), [3, 4]] }], [1, 2, 3, 4]],
  ] as const)("%s of %s", (_, dtype, shape, input, expected) => {
    const { tensors } = read(input, port("x", dtype, ...shape));
    const [tensor] = tensors;
    expect(tensor === undefined ? [] : Array.from(tensor.data as Uint8Array)).toEqual(expected);
  });

  test("a byte that is no bool is refused at its place", () => {
    expect(() => read([{ x: [[true, true], Uint8Array.of(1, 2)] }], port("x", "bool", "batch", 2, 2))).toThrow(
      "row 0, input 'x', element [1][1]: a bool is 0 or 1, got 2",
    );
  });
});

test("every dtype is read from plain values", () => {
  const one = (dtype: DType, ...values: unknown[]) => read({ v: values }, port("v", dtype, "batch")).tensors[0]?.data;
  expect(one("float64", 0.1, NaN, -Infinity)).toEqual(Float64Array.of(0.1, NaN, -Infinity));
  expect(one("float32", 0.1, NaN, Infinity)).toEqual(Float32Array.of(0.1, NaN, Infinity));
  expect(one("float16", 1, -2, 65504, NaN, Infinity)).toEqual(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x7e00, 0x7c00));
  expect(one("int8", -128, 127)).toEqual(Int8Array.of(-128, 127));
  expect(one("int16", -32768, 32767)).toEqual(Int16Array.of(-32768, 32767));
  expect(one("int32", -(2 ** 31), 2 ** 31 - 1)).toEqual(Int32Array.of(-(2 ** 31), 2 ** 31 - 1));
  expect(one("int64", 7, -(2n ** 63n), 2n ** 63n - 1n)).toEqual(BigInt64Array.of(7n, -(2n ** 63n), 2n ** 63n - 1n));
  expect(one("uint8", 0, 255)).toEqual(Uint8Array.of(0, 255));
  expect(one("uint16", 65535)).toEqual(Uint16Array.of(65535));
  expect(one("uint32", 2 ** 32 - 1)).toEqual(Uint32Array.of(2 ** 32 - 1));
  expect(one("uint64", 2n ** 64n - 1n, 1)).toEqual(BigUint64Array.of(2n ** 64n - 1n, 1n));
  expect(one("bool", true, false)).toEqual(Uint8Array.of(1, 0));
  expect(one("string", "", "ü")).toEqual(["", "ü"]);
});

test("unknown sizes come from the first row, and a symbol has one size over all inputs", () => {
  const ports = [port("a", "float32", "batch", "T", null), port("b", "int32", "batch", "T")];
  const { tensors } = read(
    [
      {
        a: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        b: [1, 2, 3],
      },
    ],
    ...ports,
  );
  expect(tensors.map((tensor) => isRagged(tensor) || tensor.dims)).toEqual([
    [1, 3, 2],
    [1, 3],
  ]);
});

test("an unknown rank comes from the first row", () => {
  const { tensors } = read([{ a: [[1, 2, 3]] }, { a: [[4, 5, 6]] }], { name: "a", dtype: "float32", shape: null });
  expect(tensors[0]).toMatchObject({ dims: [2, 1, 3] });
});

test("accepts exactly the numbers that read back unchanged from the typed array", () => {
  const ints = {
    int8: Int8Array,
    int16: Int16Array,
    int32: Int32Array,
    uint8: Uint8Array,
    uint16: Uint16Array,
    uint32: Uint32Array,
  } as const;
  const value = fc.oneof(
    fc.integer({ min: -70000, max: 70000 }),
    fc.double(),
    fc.constantFrom(2 ** 31, 2 ** 32, -(2 ** 31) - 1, -0),
  );
  fc.assert(
    fc.property(fc.constantFrom(...(Object.keys(ints) as (keyof typeof ints)[])), value, (dtype, number) => {
      const holds = ints[dtype].of(number)[0] === number;
      let accepted = true;
      try {
        read({ v: [number] }, port("v", dtype, "batch"));
      } catch {
        accepted = false;
      }
      expect(accepted).toBe(holds);
    }),
  );
});
