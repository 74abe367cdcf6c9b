import { makeData, makeTable, RecordBatch, Schema, Struct, Table, tableFromArrays, tableToIPC } from "apache-arrow";
import { describe, expect, test } from "vitest";
import type { Dim, DType, Port } from "../../../dsl/tensor.js";
import { inputReader } from "../../../src/engine/input/read-input.js";
import { refusal } from "../../refusal.js";

const port = (name: string, dtype: DType, ...shape: Dim[]): Port => ({ name, dtype, shape });
const x = port("x", "float32", "batch", 3);

/** The error of reading an input, as `CODE message`. */
const refused = (ports: readonly Port[], input: unknown) => refusal(() => inputReader("p", ports)(input));

const good = { x: [1, 2, 3] };

describe("refuses an input that is not a batch of rows", () => {
  test.each([
    ["a number", 7],
    ["a string", "rows"],
    ["null", null],
    ["nothing", undefined],
    ["a function", () => [good]],
    ["a promise", Promise.resolve([good])],
    ["a typed array", new Float32Array(3)],
  ])("%s", async (_, input) => {
    expect(await refused([x], input)).toMatch(
      /^SL5000 pipeline 'p' takes rows \[\{ x \}\], columns \{ x \} or an Arrow table, got /,
    );
  });

  const batch = makeTable({ x: new Float32Array(2) });
  test.each([
    ["a record batch", batch.batches[0], "an Arrow record batch; give new Table([batch])"],
    ["record batches", batch.batches, "a list of Arrow record batches; give new Table(batches)"],
    ["tables", [batch], "a list of Arrow tables; give one table: first.concat(second)"],
    ["a vector", batch.getChild("x"), "an Arrow vector; give new Table({ column: vector })"],
    ["the bytes of a stream", tableToIPC(batch, "stream"), "bytes of Arrow IPC; give tableFromIPC(bytes)"],
    ["the bytes of a file", tableToIPC(batch, "file"), "bytes of Arrow IPC; give tableFromIPC(bytes)"],
  ])("Arrow data that is no table: %s", async (_, input, found) => {
    expect(await refused([x], input)).toBe(
      `SL5000 pipeline 'p' takes rows [{ x }], columns { x } or an Arrow table, got ${found}`,
    );
  });

  test("a table with two columns of one name", async () => {
    const { data, schema } = batch.batches[0] as RecordBatch;
    const fields = [...schema.fields, ...schema.fields];
    const children = [...data.children, ...data.children];
    const twice = new RecordBatch(new Schema(fields), makeData({ type: new Struct(fields), length: 2, children }));
    expect(await refused([port("x", "float32", "batch")], new Table([twice]))).toBe(
      "SL5004 the table has the column 'x' twice; give each column once",
    );
  });

  test("an empty batch in any form", async () => {
    const empty = "SL5001 the batch is empty: give at least one row";
    expect(await refused([x], [])).toBe(empty);
    expect(await refused([x], { x: [] })).toBe(empty);
    expect(await refused([x], { x: new Float32Array(0) })).toBe(empty);
    expect(await refused([port("s", "float32", "batch")], makeTable({ s: new Float32Array(0) }))).toBe(empty);
  });
});

describe("refuses a wrong row with its number, input and element", () => {
  const cases: readonly (readonly [string, readonly Port[], unknown, string])[] = [
    ["a row that is not an object", [x], [good, 5], "SL5002 row 1: expected an object { x }, got the number 5"],
    ["a row that is null", [x], [null], "SL5002 row 0: expected an object { x }, got null"],
    ["a row that is a list", [x], [[1, 2, 3]], "SL5002 row 0: expected an object { x }, got a list of 3"],
    ["a missing input", [x], [good, {}], "SL5003 row 1: input 'x' of pipeline 'p' is missing"],
    [
      "a misspelled input",
      [port("dense_input", "float32", "batch", 3)],
      [{ dense_imput: [1, 2, 3] }],
      "SL5003 row 0: input 'dense_input' of pipeline 'p' is missing; found 'dense_imput'",
    ],
    [
      "another input in place of it",
      [port("dense_input", "float32", "batch", 3)],
      [{ tensor: [1, 2, 3] }],
      "SL5003 row 0: input 'dense_input' of pipeline 'p' is missing; found 'tensor'",
    ],
    [
      "an extra column",
      [x],
      [good, { x: [1, 2, 3], time: 0 }],
      "SL5004 row 1: pipeline 'p' has no input 'time'; its inputs are 'x'",
    ],
    [
      "an extra column with nearly the name of an input that is there",
      [port("dense_input", "float32", "batch", 3)],
      [{ dense_input: [1, 2, 3], dense_inpt: 0 }],
      "SL5004 row 0: pipeline 'p' has no input 'dense_inpt'; its inputs are 'dense_input'",
    ],
    ["an inherited input", [x], [Object.create(good)], "SL5003 row 0: input 'x' of pipeline 'p' is missing"],
    ["a null list", [x], [{ x: null }], "SL5005 row 0, input 'x': expected a list of 3 numbers (float32), got null"],
    [
      "an undefined list",
      [x],
      [good, { x: undefined }],
      "SL5005 row 1, input 'x': expected a list of 3 numbers (float32), got undefined",
    ],
    [
      "a null element",
      [x],
      [good, good, { x: [1, null, 3] }],
      "SL5005 row 2, input 'x', element [1]: expected a number (float32), got null",
    ],
    [
      "a hole",
      [x],
      [{ x: [1, , 3] }],
      "SL5005 row 0, input 'x', element [1]: expected a number (float32), got undefined",
    ],
    [
      "a string",
      [x],
      [{ x: [1, "2", 3] }],
      `SL5006 row 0, input 'x', element [1]: expected a number (float32), got the string "2"`,
    ],
    [
      "a boolean",
      [x],
      [{ x: [true, 2, 3] }],
      "SL5006 row 0, input 'x', element [0]: expected a number (float32), got the boolean true",
    ],
    [
      "an object",
      [x],
      [{ x: [1, 2, {}] }],
      "SL5006 row 0, input 'x', element [2]: expected a number (float32), got an object",
    ],
    [
      "a Date",
      [x],
      [{ x: [1, 2, new Date(0)] }],
      "SL5006 row 0, input 'x', element [2]: expected a number (float32), got an object (Date)",
    ],
    [
      "a bigint for a float",
      [x],
      [{ x: [1n, 2, 3] }],
      "SL5006 row 0, input 'x', element [0]: expected a number (float32), got the bigint 1n",
    ],
    [
      "a list that is too short",
      [x],
      [good, { x: [1, 2] }],
      "SL5007 row 1, input 'x': expected a list of 3 numbers (float32), got 2",
    ],
    [
      "a list that is too long",
      [x],
      [{ x: [1, 2, 3, 4] }],
      "SL5007 row 0, input 'x': expected a list of 3 numbers (float32), got 4",
    ],
    [
      "a typed array of another length",
      [x],
      [{ x: new Float32Array(2) }],
      "SL5007 row 0, input 'x': expected a list of 3 numbers (float32), got 2",
    ],
    [
      "a number for a list",
      [x],
      [{ x: 1 }],
      "SL5008 row 0, input 'x': expected a list of 3 numbers (float32), got the number 1",
    ],
    [
      "a string for a list",
      [x],
      [{ x: "abc" }],
      `SL5008 row 0, input 'x': expected a list of 3 numbers (float32), got the string "abc"`,
    ],
    [
      "one level of nesting too many",
      [x],
      [{ x: [[1, 2, 3]] }],
      "SL5008 row 0, input 'x': expected a list of 3 numbers (float32), got a list of lists; remove one level of nesting",
    ],
    [
      "a list among the elements",
      [x],
      [{ x: [1, [2], 3] }],
      "SL5008 row 0, input 'x', element [1]: expected a number (float32), got a list of 1",
    ],
    [
      "a list for a scalar",
      [port("x", "float32", "batch")],
      [{ x: [1] }],
      "SL5008 row 0, input 'x': expected a number (float32), got a list of 1",
    ],
    [
      "one level of nesting too few",
      [port("x", "float32", "batch", 2, 2)],
      [{ x: [1, 2] }],
      "SL5008 row 0, input 'x', element [0]: expected a list of 2 numbers (float32), got the number 1",
    ],
    [
      "a wrong length in a nested list",
      [port("x", "float32", "batch", 2, 2)],
      [
        {
          x: [
            [1, 2],
            [3, 4],
          ],
        },
        { x: [[1, 2], [3]] },
      ],
      "SL5007 row 1, input 'x', element [1]: expected a list of 2 numbers (float32), got 1",
    ],
    [
      "a wrong element in a nested list",
      [port("x", "float32", "batch", 2, 2)],
      [
        {
          x: [
            [1, 2],
            [3, "4"],
          ],
        },
      ],
      `SL5006 row 0, input 'x', element [1][1]: expected a number (float32), got the string "4"`,
    ],
    [
      "a ragged row for a port of open sizes",
      [port("x", "float32", "batch", null, null)],
      [{ x: [[1, 2], [1]] }],
      "SL5009 row 0, input 'x', element [1]: 1 element where the first has 2; the lists of a row have one length",
    ],
    [
      "rows of different ranks for a port of unknown rank",
      [{ name: "x", dtype: "float32", shape: null }],
      [{ x: [1, 2] }, { x: 1 }],
      "SL5008 row 1, input 'x': 0 dimensions, row 0 has 1; give all rows of a request the same nesting",
    ],
    [
      "one symbol with two sizes",
      [port("x", "float32", "batch", "T"), port("y", "float32", "batch", "T")],
      [{ x: [1, 2], y: [1, 2, 3] }],
      "SL5012 row 0, input 'y': 3 elements, but 'T' is 2 in input 'x'; one symbol is one size in a row",
    ],
    [
      "a float32 that overflows",
      [x],
      [{ x: [1, 2, 1e39] }],
      "SL5010 row 0, input 'x', element [2]: 1e+39 is too large for float32",
    ],
    [
      "a float16 that overflows",
      [port("x", "float16", "batch", 1)],
      [{ x: [65520] }],
      "SL5010 row 0, input 'x', element [0]: 65520 is too large for float16",
    ],
    [
      "an int8 out of range",
      [port("x", "int8", "batch", 1)],
      [{ x: [128] }],
      "SL5010 row 0, input 'x', element [0]: 128 is out of range for int8 (-128 to 127)",
    ],
    [
      "a negative uint32",
      [port("x", "uint32", "batch", 1)],
      [{ x: [-1] }],
      "SL5010 row 0, input 'x', element [0]: -1 is out of range for uint32 (0 to 4294967295)",
    ],
    [
      "a fraction for an int32",
      [port("x", "int32", "batch", 1)],
      [{ x: [1.5] }],
      "SL5011 row 0, input 'x', element [0]: 1.5 is not a whole number (int32)",
    ],
    [
      "NaN for an int32",
      [port("x", "int32", "batch", 1)],
      [{ x: [NaN] }],
      "SL5011 row 0, input 'x', element [0]: NaN is not a whole number (int32)",
    ],
    [
      "an infinity for an int64",
      [port("x", "int64", "batch", 1)],
      [{ x: [Infinity] }],
      "SL5011 row 0, input 'x', element [0]: Infinity is not a whole number (int64)",
    ],
    [
      "a bigint for an int32",
      [port("x", "int32", "batch", 1)],
      [{ x: [1n] }],
      "SL5006 row 0, input 'x', element [0]: expected a whole number (int32), got the bigint 1n",
    ],
    [
      "a string for an int64",
      [port("x", "int64", "batch", 1)],
      [{ x: ["1"] }],
      `SL5006 row 0, input 'x', element [0]: expected a whole number or a bigint (int64), got the string "1"`,
    ],
    [
      "a number that int64 would round",
      [port("x", "int64", "batch", 1)],
      [{ x: [2 ** 53] }],
      "SL5010 row 0, input 'x', element [0]: 9007199254740992 is beyond the whole numbers that a JavaScript number holds exactly; give a bigint",
    ],
    [
      "a bigint beyond int64",
      [port("x", "int64", "batch", 1)],
      [{ x: [2n ** 63n] }],
      "SL5010 row 0, input 'x', element [0]: 9223372036854775808 is out of range for int64 (-9223372036854775808 to 9223372036854775807)",
    ],
    [
      "a negative uint64",
      [port("x", "uint64", "batch", 1)],
      [{ x: [-1] }],
      "SL5010 row 0, input 'x', element [0]: -1 is out of range for uint64 (0 to 18446744073709551615)",
    ],
    [
      "a number for a bool",
      [port("x", "bool", "batch")],
      [{ x: 1 }],
      "SL5006 row 0, input 'x': expected a boolean, got the number 1",
    ],
    [
      "a number for a string",
      [port("x", "string", "batch")],
      [{ x: 1 }],
      "SL5006 row 0, input 'x': expected a string, got the number 1",
    ],
    [
      "null for a string",
      [port("x", "string", "batch")],
      [{ x: null }],
      "SL5005 row 0, input 'x': expected a string, got null",
    ],
  ];
  test.each(cases)("%s", async (_, ports, input, expected) => {
    expect(await refused(ports, input)).toBe(expected);
  });
});

describe("refuses wrong columns", () => {
  const cases: readonly (readonly [string, readonly Port[], unknown, string])[] = [
    [
      "a missing column",
      [x],
      { tensor: [[1, 2, 3]] },
      "SL5003 the batch: input 'x' of pipeline 'p' is missing; found 'tensor'",
    ],
    [
      "an extra column",
      [x],
      { x: [[1, 2, 3]], time: [] },
      "SL5004 the batch: pipeline 'p' has no input 'time'; its inputs are 'x'",
    ],
    [
      "a value that is not a list",
      [x],
      { x: 1 },
      "SL5008 input 'x': expected a list with one entry per row, or a typed array of all elements, got the number 1",
    ],
    [
      "a wrong row",
      [x],
      {
        x: [
          [1, 2, 3],
          [1, 2],
        ],
      },
      "SL5007 row 1, input 'x': expected a list of 3 numbers (float32), got 2",
    ],
    [
      "scalars for rows",
      [x],
      { x: [1, 2, 3] },
      "SL5008 row 0, input 'x': expected a list of 3 numbers (float32), got the number 1; an object holds columns with all rows: for one row, give a list with one record, [{ x: … }]",
    ],
    [
      "different numbers of rows",
      [x, port("y", "float32", "batch")],
      { x: [[1, 2, 3]], y: [1, 2] },
      "SL5013 input 'y' has 2 rows but input 'x' has 1; give every input the same number of rows",
    ],
    [
      "a typed array of another dtype",
      [x],
      { x: new Float64Array(3) },
      "SL5014 input 'x' is float32: expected a Float32Array, got a Float64Array",
    ],
    [
      "a typed array for strings",
      [port("s", "string", "batch")],
      { s: new Uint8Array(3) },
      "SL5014 input 's' is string: expected a list of strings, got a Uint8Array",
    ],
    [
      "a typed array whose length is not a multiple of the row size",
      [x],
      { x: new Float32Array(4) },
      "SL5015 input 'x': 4 elements cannot be split into rows of 3",
    ],
    [
      "a flat array for rows without a fixed size",
      [port("x", "float32", "batch", "T")],
      { x: new Float32Array(4) },
      "SL5015 input 'x' has no fixed row size, so a flat typed array cannot be cut into rows; give a list with one entry per row, or { data, shape: [rows, …] }",
    ],
    [
      "a byte that is not a bool",
      [port("b", "bool", "batch")],
      { b: Uint8Array.of(0, 2) },
      "SL5010 input 'b', element 1: a bool is 0 or 1, got 2",
    ],
  ];
  test.each(cases)("%s", async (_, ports, input, expected) => {
    expect(await refused(ports, input)).toBe(expected);
  });
});

describe("refuses wrong Arrow tables", () => {
  const s = port("s", "float32", "batch");
  test("a missing column", async () => {
    expect(await refused([s], makeTable({ t: new Float32Array(2) }))).toBe(
      "SL5003 the table: input 's' of pipeline 'p' is missing; found 't'",
    );
  });
  test("an extra column", async () => {
    expect(await refused([s], makeTable({ s: new Float32Array(2), other: new Float32Array(2) }))).toBe(
      "SL5004 the table: pipeline 'p' has no input 'other'; its inputs are 's'",
    );
  });
  test("another dtype", async () => {
    expect(await refused([s], makeTable({ s: new Float64Array(2) }))).toBe(
      "SL5018 column 's': found float64, expected float32 for port 's' (float32[batch]); cast the column to float32 first",
    );
  });
  test("a null", async () => {
    expect(await refused([port("s", "string", "batch")], tableFromArrays({ s: ["a", null] }))).toMatch(
      /^SL5005 column 's': /,
    );
  });
  test("one symbol with two sizes", async () => {
    const table = tableFromArrays({ a: [[1, 2]], b: [[1, 2, 3]] });
    const ports = [port("a", "float64", "batch", "T"), port("b", "float64", "batch", "T")];
    expect(await refused(ports, table)).toBe(
      "SL5012 row 0, input 'b': 3 elements, but 'T' is 2 in input 'a'; one symbol is one size in a row",
    );
  });
});
