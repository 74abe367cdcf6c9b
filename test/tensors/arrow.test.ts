import {
  Bool,
  DataType,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  LargeUtf8,
  List,
  Utf8,
  Vector,
  makeData,
  tableFromIPC,
  tableToIPC,
  Table,
  vectorFromArray,
} from "apache-arrow";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../dsl/errors.js";
import { dtypes, type Port } from "../../dsl/tensor.js";
import { tensorFromVector } from "../../src/tensors/arrow/from-arrow.js";
import { tensorToVector } from "../../src/tensors/arrow/to-arrow.js";
import type { RowsTensor } from "../../src/tensors/tensor-data.js";
import { recordings } from "../recordings.js";
import { sample } from "./samples.js";

const port = (dtype: Port["dtype"], shape: Port["shape"], name = "x"): Port => ({ name, dtype, shape });
const fails = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof InputError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "no error";
};

describe("a tensor as an Arrow column and back", () => {
  const shapes: readonly (readonly number[])[] = [[3], [3, 2], [3, 2, 4], [2, 1, 2, 3], [0, 4], [2, 0, 3]];
  for (const dtype of dtypes) {
    it.each(shapes)(`keeps every ${dtype} of dims %j %j %j`, (...dims) => {
      const tensor = sample(dtype, dims);
      const vector = tensorToVector(tensor);
      expect(vector.length).toBe(dims[0]);
      expect(tensorFromVector(vector, port(dtype, ["batch", ...dims.slice(1)]), "column 'x'")).toEqual(tensor);
    });

    it(`keeps ${dtype} over an Arrow file`, () => {
      const tensor = sample(dtype, [3, 2]);
      const table = tableFromIPC(tableToIPC(new Table({ x: tensorToVector(tensor) }), "file"));
      const vector = table.getChild("x");
      expect(vector && tensorFromVector(vector, port(dtype, ["batch", 2]), "column 'x'")).toEqual(tensor);
    });
  }

  it("has the type of the platform's own logs", () => {
    expect(String(tensorToVector(sample("float32", [2, 3])).type)).toBe("List<Float32>");
    expect(String(tensorToVector(sample("int64", [2, 3, 1])).type)).toBe("List<List<Int64>>");
    expect(String(tensorToVector(sample("bool", [2])).type)).toBe("Bool");
  });

  it("copies numbers when it reads, because the caller may reuse its buffers, but not when it writes", () => {
    const tensor = sample("float32", [4, 3]);
    const vector = tensorToVector(tensor);
    expect(vector.data[0]?.children[0]?.values).toBe(tensor.data);
    const back = tensorFromVector(vector, port("float32", ["batch", 3]), "column 'x'");
    (tensor.data as Float32Array).fill(-1);
    expect(back.data).toEqual(sample("float32", [4, 3]).data);
  });

  it("makes invalid rows null", () => {
    const vector = tensorToVector(sample("float32", [3, 2], 10), Uint8Array.of(1, 0, 1));
    expect(vector.toArray().map((row: { toArray(): Float32Array } | null) => row && [...row.toArray()])).toEqual([
      [11, 12],
      null,
      [15, 16],
    ]);
    expect(tensorToVector(sample("bool", [4]), Uint8Array.of(0, 1, 1, 1)).toArray()).toEqual([null, true, true, false]);
  });

  it("takes an unknown rank from the column", () => {
    expect(
      tensorFromVector(tensorToVector(sample("int8", [2, 3, 2])), port("int8", null), "column 'x'"),
    ).toHaveProperty("dims", [2, 3, 2]);
  });
});

describe("columns of other writers", () => {
  const ofFixed = (values: Float32Array, size: number, rows: number) =>
    makeData({
      type: new FixedSizeList(size, new Field("item", new Float32(), true)),
      length: rows,
      nullCount: 0,
      child: makeData({ type: new Float32(), data: values }),
    });

  it("reads fixed-size lists, also sliced ones", () => {
    const vector = new Vector([ofFixed(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 2, 4)]);
    expect(tensorFromVector(vector, port("float32", ["batch", 2]), "column 'x'").data).toEqual(
      Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    );
    expect(tensorFromVector(vector.slice(1, 3), port("float32", ["batch", 2]), "column 'x'")).toEqual({
      dtype: "float32",
      dims: [2, 2],
      data: Float32Array.of(3, 4, 5, 6),
    });
  });

  it.each(dtypes)("reads slices and several chunks of %s lists as their rows", (dtype) => {
    const whole = tensorToVector(sample(dtype, [11, 2, 3]));
    const pieces = whole.slice(1, 4).concat(whole.slice(4, 5)).concat(whole.slice(7, 11));
    const all = sample(dtype, [11, 2, 3]).data;
    const rows = [1, 2, 3, 4, 7, 8, 9, 10].flatMap((row) =>
      Array.from(all.slice(row * 6, row * 6 + 6) as ArrayLike<unknown>),
    );
    const tensor = tensorFromVector(pieces, port(dtype, ["batch", 2, 3]), "column 'x'");
    expect(tensor).toHaveProperty("dims", [8, 2, 3]);
    expect(Array.from(tensor.data as ArrayLike<unknown>)).toEqual(rows);
  });

  it.each(dtypes)("reads slices of a %s scalar column", (dtype) => {
    const vector = tensorToVector(sample(dtype, [13])).slice(3, 12);
    expect(
      Array.from(tensorFromVector(vector, port(dtype, ["batch"]), "column 'x'").data as ArrayLike<unknown>),
    ).toEqual(Array.from(sample(dtype, [13]).data.slice(3, 12) as ArrayLike<unknown>));
  });

  it("reads large and dictionary-encoded strings", () => {
    const words = ["gold", "silver", "gold", "żółć", ""];
    for (const type of [new LargeUtf8(), new Dictionary(new Utf8(), new Int32())]) {
      const tensor = tensorFromVector(vectorFromArray(words, type), port("string", ["batch"]), "column 'x'");
      expect(tensor).toEqual({ dtype: "string", dims: [5], data: words });
    }
  });

  it("takes the size of fixed-size lists without rows", () => {
    expect(
      tensorFromVector(new Vector([ofFixed(new Float32Array(0), 7, 0)]), port("float32", ["batch", "K"]), "column 'x'"),
    ).toHaveProperty("dims", [0, 7]);
  });
});

describe("columns that a port does not accept", () => {
  const read = (vector: Vector, to: Port) => fails(() => tensorFromVector(vector, to, "column 'dense_input'"));
  const lists = (rows: (readonly (number | null)[] | null)[]) =>
    vectorFromArray(rows, new List(new Field("item", new Float32(), true)));
  const dense = port("float32", ["batch", 3], "dense_input");

  it("refuses doubles for float32", () => {
    expect(read(tensorToVector(sample("float64", [2, 3])), dense)).toMatchInlineSnapshot(
      `"SL5018 column 'dense_input': found float64, expected float32 for port 'dense_input' (float32[batch, 3]); cast the column to float32 first"`,
    );
  });

  it("refuses a type that is not a tensor element", () => {
    expect(read(vectorFromArray([new Date(0)]), port("int64", ["batch"], "t"))).toMatchInlineSnapshot(
      `"SL5018 column 'dense_input': found Timestamp<MILLISECOND>, expected int64 for port 't' (int64[batch]); cast the column to int64 first"`,
    );
  });

  it("refuses another nesting", () => {
    expect(read(tensorToVector(sample("float32", [2])), dense)).toMatchInlineSnapshot(
      `"SL5008 column 'dense_input': found single values, expected lists for port 'dense_input' (float32[batch, 3]); nest the values as the shape says"`,
    );
    expect(read(tensorToVector(sample("float32", [2, 3, 1])), dense)).toMatchInlineSnapshot(
      `"SL5008 column 'dense_input': found lists of lists, expected lists for port 'dense_input' (float32[batch, 3]); nest the values as the shape says"`,
    );
  });

  it("refuses a null row and a null element, and names the row", () => {
    expect(read(lists([[1, 2, 3], null]), dense)).toMatchInlineSnapshot(
      `"SL5005 column 'dense_input': row 1 holds a null, port 'dense_input' (float32[batch, 3]) takes none; fill it in or drop the row"`,
    );
    expect(
      read(
        lists([
          [1, 2, 3],
          [1, 2, 3],
          [4, null, 6],
        ]),
        dense,
      ),
    ).toMatchInlineSnapshot(
      `"SL5005 column 'dense_input': row 2 holds a null, port 'dense_input' (float32[batch, 3]) takes none; fill it in or drop the row"`,
    );
    expect(
      read(vectorFromArray(["a", null], new Dictionary(new Utf8(), new Int32())), port("string", ["batch"], "s")),
    ).toMatchInlineSnapshot(
      `"SL5005 column 'dense_input': row 1 holds a null, port 's' (string[batch]) takes none; fill it in or drop the row"`,
    );
  });

  it("ignores nulls outside a slice", () => {
    const vector = lists([[1, null, 3], [4, 5, 6], null]).slice(1, 2);
    expect(tensorFromVector(vector, dense, "column 'x'").data).toEqual(Float32Array.of(4, 5, 6));
  });

  it("names the row of a null in a later chunk", () => {
    const vector = lists([[1, 2, 3]]).concat(
      lists([
        [1, 2, 3],
        [1, 2, null],
      ]),
    );
    expect(read(vector, dense)).toMatchInlineSnapshot(
      `"SL5005 column 'dense_input': row 2 holds a null, port 'dense_input' (float32[batch, 3]) takes none; fill it in or drop the row"`,
    );
  });

  it("refuses a list that is too short or too long", () => {
    expect(
      read(
        lists([
          [1, 2, 3],
          [1, 2],
        ]),
        dense,
      ),
    ).toMatchInlineSnapshot(
      `"SL5007 column 'dense_input': row 1 has a list of 2, port 'dense_input' (float32[batch, 3]) takes 3; send lists of that length"`,
    );
    expect(
      read(
        new Vector([
          makeData({
            type: new FixedSizeList(2, new Field("item", new Float32())),
            length: 1,
            nullCount: 0,
            child: makeData({ type: new Float32(), data: Float32Array.of(1, 2) }),
          }),
        ]),
        dense,
      ),
    ).toMatchInlineSnapshot(
      `"SL5007 column 'dense_input': row 0 has a list of 2, port 'dense_input' (float32[batch, 3]) takes 3; send lists of that length"`,
    );
  });

  it("refuses a ragged row for open sizes", () => {
    const row = [[1, 2], [3]];
    const vector = vectorFromArray([row], new List(new Field("item", new List(new Field("item", new Float32())))));
    expect(read(vector, port("float32", ["batch", null, null], "dense_input"))).toMatchInlineSnapshot(
      `"SL5009 column 'dense_input': row 0 has a list of 1 beside one of 2; port 'dense_input' (float32[batch, ?, ?]) takes lists of one length within a row"`,
    );
  });

  it("refuses lists that point outside their values", () => {
    const child = makeData({ type: new Float32(), data: Float32Array.of(1, 2, 3) });
    const make = (valueOffsets: Int32Array) =>
      new Vector([
        makeData({ type: new List(new Field("item", new Float32())), length: 2, nullCount: 0, valueOffsets, child }),
      ]);
    expect(read(make(Int32Array.of(0, 3, 6)), dense)).toMatchInlineSnapshot(
      `"SL5019 column 'dense_input': its lists point outside its values; write the Arrow data again"`,
    );
    expect(read(make(Int32Array.of(3, 0, 3)), dense)).toContain("SL5019");
    const short = makeData({ type: new Float64(), length: 9, nullCount: 0, data: new Float64Array(2) });
    expect(read(new Vector([short]), port("float64", ["batch"]))).toContain("SL5019");
    const bits = makeData({ type: new Bool(), length: 90, nullCount: 0, data: new Uint8Array(2) });
    expect(read(new Vector([bits]), port("bool", ["batch"]))).toContain("SL5019");
  });
});

describe.skipIf(recordings === null)("the recorded Arrow files", () => {
  const table = (path: string) => tableFromIPC(readFileSync(join(recordings ?? "", path)));
  const column = (path: string, name: string, to: Port): RowsTensor | null => {
    const vector = table(path).getChild(name);
    return vector && tensorFromVector(vector, to, `column '${name}'`);
  };

  it("reads the platform's 100 log rows as tensors, equal to the same rows in JSON", () => {
    const lines = readFileSync(join(recordings ?? "", "outputs/house-logs-100.ndjson"), "utf8")
      .trim()
      .split("\n");
    const rows = lines.map((line) => JSON.parse(line) as { "in.tensor": number[]; "out.variable": number[] });
    const inputs = column("outputs/house-logs-100.arrow", "in.tensor", port("float32", ["batch", 18], "tensor"));
    const outputs = column("outputs/house-logs-100.arrow", "out.variable", port("float32", ["batch", 1], "variable"));
    expect(inputs).toEqual({
      dtype: "float32",
      dims: [100, 18],
      data: Float32Array.from(rows.flatMap((row) => row["in.tensor"])),
    });
    expect(outputs).toEqual({
      dtype: "float32",
      dims: [100, 1],
      data: Float32Array.from(rows.flatMap((row) => row["out.variable"])),
    });
  });

  it("writes the same column types as the platform's log", () => {
    const schema = table("outputs/house-logs-100.arrow").schema;
    const inputs = column("outputs/house-logs-100.arrow", "in.tensor", port("float32", ["batch", 18], "tensor"));
    expect(inputs && String(tensorToVector(inputs).type)).toBe(String(schema.fields[1]?.type));
    expect(DataType.isList(schema.fields[1]?.type)).toBe(true);
  });

  it("reads the recorded request of a thousand rows", () => {
    expect(column("inputs/house-1k.arrow", "tensor", port("float32", ["batch", 18], "tensor"))).toHaveProperty(
      "dims",
      [1000, 18],
    );
  });

  it("refuses the recorded request that holds doubles for a float32 model", () => {
    expect(
      fails(() => column("inputs/imdb-1.arrow", "tensor", port("float32", ["batch", 100], "tensor"))),
    ).toMatchInlineSnapshot(
      `"SL5018 column 'tensor': found float64, expected float32 for port 'tensor' (float32[batch, 100]); cast the column to float32 first"`,
    );
  });
});
