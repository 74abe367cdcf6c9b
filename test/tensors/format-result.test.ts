import { tableFromIPC, tableToIPC } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { nestedRows } from "../../src/tensors/nested-lists.js";
import { float16ToNumber, numberToFloat16 } from "../../src/tensors/float16.js";
import type { ResultBatch } from "../../src/tensors/result.js";
import { toTable } from "../../src/tensors/arrow/to-table.js";
import { toColumns, toRecords } from "../../src/tensors/format-result.js";
import type { TensorData } from "../../src/tensors/tensor-data.js";
import { sample } from "./samples.js";

const floats = (dims: readonly number[], ...values: number[]): TensorData => ({
  dtype: "float32",
  dims,
  data: Float32Array.from(values),
});

/** Two rows of a shadow. The first challenger answered both, the second only the first row. */
const shadow: ResultBatch = {
  rows: 2,
  time: Float64Array.of(Date.UTC(2024, 3, 16, 10, 0, 0, 250), Date.UTC(2024, 3, 16, 10, 0, 1)),
  inputs: new Map([["dense_input", floats([2, 2], 1, 2, 3, 4)]]),
  outputs: new Map([
    ["dense_1", floats([2, 1], 0.25, 1.5)],
    ["label", { dtype: "int64", dims: [2], data: BigInt64Array.of(0n, 1n) }],
  ]),
  challengers: new Map([
    ["ccfraud-xgb", { outputs: new Map([["variable", floats([2, 1], 0.5, 0.75)]]), answered: Uint8Array.of(1, 1) }],
    ["ccfraud-rf", { outputs: new Map([["variable", floats([2, 1], 1, 0)]]), answered: Uint8Array.of(1, 0) }],
  ]),
  failures: new Map([
    ["amt", Uint8Array.of(0, 1)],
    ["low", Uint8Array.of(0, 1)],
  ]),
};

describe("toRecords", () => {
  it("returns the documented form, with null for a challenger without an answer", () => {
    expect(toRecords(shadow)).toEqual([
      {
        time: new Date("2024-04-16T10:00:00.250Z"),
        in: { dense_input: [1, 2] },
        out: { dense_1: [0.25], label: 0n },
        "out_ccfraud-xgb": { variable: [0.5] },
        "out_ccfraud-rf": { variable: [1] },
        anomaly: { count: 0, amt: false, low: false },
        check_failures: 0,
      },
      {
        time: new Date("2024-04-16T10:00:01Z"),
        in: { dense_input: [3, 4] },
        out: { dense_1: [1.5], label: 1n },
        "out_ccfraud-xgb": { variable: [0.75] },
        "out_ccfraud-rf": { variable: null },
        anomaly: { count: 2, amt: true, low: true },
        check_failures: 2,
      },
    ]);
  });

  it("keeps hostile names as plain own properties", () => {
    const batch: ResultBatch = {
      rows: 1,
      time: Float64Array.of(0),
      inputs: new Map([["__proto__", floats([1], 7)]]),
      outputs: new Map([["constructor", floats([1], 8)]]),
      challengers: new Map(),
      failures: new Map([["toString", Uint8Array.of(1)]]),
    };
    const [record] = toRecords(batch);
    expect(Object.entries(record?.in ?? {})).toEqual([["__proto__", 7]]);
    expect(Object.entries(record?.out ?? {})).toEqual([["constructor", 8]]);
    expect(Object.entries(record?.anomaly ?? {})).toEqual([
      ["count", 1],
      ["toString", true],
    ]);
    expect(Object.getPrototypeOf(record?.in)).toBe(Object.prototype);
    expect(toTable(batch).schema.names).toEqual([
      "time",
      "in.__proto__",
      "out.constructor",
      "anomaly.count",
      "anomaly.toString",
      "check_failures",
    ]);
  });
});

describe("toColumns", () => {
  it("returns a record's keys with one entry per row", () => {
    expect(toColumns(shadow)).toEqual({
      time: [new Date("2024-04-16T10:00:00.250Z"), new Date("2024-04-16T10:00:01Z")],
      in: {
        dense_input: [
          [1, 2],
          [3, 4],
        ],
      },
      out: { dense_1: [[0.25], [1.5]], label: [0n, 1n] },
      "out_ccfraud-xgb": { variable: [[0.5], [0.75]] },
      "out_ccfraud-rf": { variable: [[1], null] },
      anomaly: { count: [0, 2], amt: [false, true], low: [false, true] },
      check_failures: [0, 2],
    });
  });
});

describe("toTable", () => {
  it("has flat, typed columns in the documented order", () => {
    expect(
      toTable(shadow).schema.fields.map((field) => `${field.name}: ${String(field.type)}${field.nullable ? "?" : ""}`),
    ).toEqual([
      "time: Timestamp<MILLISECOND>",
      "in.dense_input: List<Float32>",
      "out.dense_1: List<Float32>",
      "out.label: Int64",
      "out_ccfraud-xgb.variable: List<Float32>",
      "out_ccfraud-rf.variable: List<Float32>?",
      "anomaly.count: Int32",
      "anomaly.amt: Bool",
      "anomaly.low: Bool",
      "check_failures: Int32",
    ]);
  });

  it("keeps its values in an Arrow file", () => {
    const rows = tableFromIPC(tableToIPC(toTable(shadow), "file"))
      .toArray()
      .map((row: { toJSON(): Record<string, unknown> }) => row.toJSON());
    expect(
      JSON.parse(JSON.stringify(rows, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value))),
    ).toEqual([
      expect.objectContaining({
        time: Date.UTC(2024, 3, 16, 10, 0, 0, 250),
        "in.dense_input": [1, 2],
        "out.label": 0,
        "out_ccfraud-rf.variable": [1],
        "anomaly.amt": false,
      }),
      expect.objectContaining({
        "in.dense_input": [3, 4],
        "out_ccfraud-rf.variable": null,
        "anomaly.amt": true,
        check_failures: 2,
      }),
    ]);
  });

  it("fills columns that a batch lacks with nulls", () => {
    const older: ResultBatch = {
      rows: 1,
      time: Float64Array.of(0),
      inputs: new Map([["dense_input", floats([1, 3], 7, 8, 9)]]),
      outputs: new Map([["text", { dtype: "string", dims: [1, 1], data: ["old"] }]]),
      challengers: new Map(),
      failures: new Map([["old", Uint8Array.of(1)]]),
    };
    const table = toTable([shadow, older]);
    const records = toRecords([shadow, older]);
    expect(table.numRows).toBe(3);
    expect(records[2]).toEqual({
      time: new Date(0),
      in: { dense_input: [7, 8, 9] },
      out: { dense_1: null, label: null, text: ["old"] },
      "out_ccfraud-xgb": { variable: null },
      "out_ccfraud-rf": { variable: null },
      anomaly: { count: 1, amt: null, low: null, old: true },
      check_failures: 1,
    });
    expect(records[0]?.anomaly).toEqual({ count: 0, amt: false, low: false, old: null });
    for (const [name, nulls] of [
      ["out.label", 1],
      ["out.text", 2],
      ["anomaly.old", 2],
      ["in.dense_input", 0],
    ] as const) {
      expect([name, table.getChild(name)?.nullCount]).toEqual([name, nulls]);
    }
  });

  it("refuses two types in one column", () => {
    const other: ResultBatch = { ...shadow, outputs: new Map([["dense_1", sample("float64", [2, 1])]]) };
    expect(() => toTable([shadow, other])).toThrowErrorMatchingInlineSnapshot(
      `[StorageError: column 'out.dense_1' holds List<Float32> in newer rows and List<Float64> in older ones, which one table cannot; read fewer rows, or records]`,
    );
    expect(toRecords([shadow, other])).toHaveLength(4);
  });

  it("returns an empty table without batches", () => {
    expect(toTable([]).schema.names).toEqual(["time", "anomaly.count", "check_failures"]);
    expect(toTable([]).numRows).toBe(0);
    expect(toRecords([])).toEqual([]);
  });
});

describe("nestedRows and float16", () => {
  it("nests by shape, with scalars for rank 1", () => {
    expect(nestedRows(sample("int32", [2, 2, 2], 9))).toEqual([
      [
        [10, 11],
        [12, 13],
      ],
      [
        [14, 15],
        [16, 17],
      ],
    ]);
    expect(nestedRows(sample("bool", [3]))).toEqual([false, true, true]);
    expect(nestedRows(sample("uint64", [1]))).toEqual([18446744073709551615n]);
    expect(nestedRows(floats([2, 0, 3]))).toEqual([[], []]);
    expect(nestedRows(sample("float16", [6]))).toEqual([1, -0, Infinity, 2 ** -24, 65504, -2]);
  });

  it("turns every half-precision number into a number and back to its bits", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = float16ToNumber(bits);
      expect(numberToFloat16(value)).toBe(Number.isNaN(value) ? 0x7e00 : bits);
    }
  });

  it("rounds to the nearest half, ties to even", () => {
    expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519.9, 65520, 2 ** -25, 2 ** -25 * 1.01].map(numberToFloat16)).toEqual([
      0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 1,
    ]);
  });
});
