import { describe, expect, test } from "vitest";
import type { Port } from "../../dsl/tensor.js";
import { inputReader } from "../../src/engine/input/read-input.js";
import { readRows } from "../../src/files/read-rows.js";
import { ReadingPace } from "../../src/files/reading-pace.js";
import { defaultMaxBytes } from "../../src/files/wanted-rows.js";

// What `export-logs` and `infer --out` write, read again as rows.

const ports: readonly Port[] = [
  { name: "features", dtype: "float32", shape: ["batch", 2] },
  { name: "count", dtype: "int64", shape: ["batch"] },
];

/** The elements of each input of a JSON file with this text. */
async function elements(text: string, inputs: readonly Port[] = ports) {
  const wanted = { pipeline: "p", inputs, ignoreUnknown: false, maxBytes: defaultMaxBytes, pace: new ReadingPace() };
  const { request } = await readRows({ name: "p-1.json", bytes: new TextEncoder().encode(text) }, wanted);
  return inputReader("p", inputs)(request).tensors.map(({ data }) => Array.from<unknown>(data as ArrayLike<unknown>));
}

const time = "2026-11-29T15:57:57.060Z";
const row = { time, "in.features": [0.5, 2], "in.count": 3, "out.y": [1], "anomaly.count": 0 };
const { time: _, ...untimed } = row;

describe("an exported log", () => {
  test("of one row is that row, and of several rows these rows", async () => {
    const line = JSON.stringify(row);
    expect(await elements(`${line}\n`)).toEqual([[0.5, 2], [3n]]);
    expect(await elements(`${line}\n${line}\n`)).toEqual([
      [0.5, 2, 0.5, 2],
      [3n, 3n],
    ]);
  });

  test("of one row has its inputs in a group, too", async () => {
    const grouped = { time, in: { features: [0.5, 2], count: 3 }, out: { y: [1] } };
    expect(await elements(JSON.stringify(grouped))).toEqual([[0.5, 2], [3n]]);
  });

  test("of one row may be without time: its lists are not those of columns", async () => {
    expect(await elements(JSON.stringify(untimed))).toEqual([[0.5, 2], [3n]]);
  });

  test("in columns keeps its rows", async () => {
    const columns = {
      time: [time, time],
      "in.features": [
        [0.5, 2],
        [1, 4],
      ],
      "in.count": [3, 4],
    };
    expect(await elements(JSON.stringify(columns))).toEqual([
      [0.5, 2, 1, 4],
      [3n, 4n],
    ]);
    const pandas = { "in.features": { "0": [0.5, 2] }, "in.count": { "0": 3 } };
    expect(await elements(JSON.stringify(pandas))).toEqual([[0.5, 2], [3n]]);
  });
});
