import { describe, expect, test } from "vitest";
import { defineModel, dtypes, type DType } from "shapeline";
import { openInference, type AnyConnectedModel } from "shapeline/client";
import { datatypeOf } from "../../src/util/open-inference-datatypes.js";
import { extremes, identity, nonFinite } from "./all-datatypes.js";
import { type ServerModel, startServer } from "./protocol-server.js";

/** A model that returns its input. */
function echo(dtype: DType): ServerModel {
  const ports = [{ name: "x", datatype: datatypeOf(dtype), shape: [-1, -1] }];
  return { inputs: ports, outputs: ports, run: (inputs) => inputs };
}

async function connected(dtype: DType, encoding: "json" | "binary") {
  const server = await startServer({ echo: echo(dtype) });
  const live = await openInference({ url: server.url, encoding }).connect(identity(dtype, "echo"));
  return { server, live: live as unknown as AnyConnectedModel };
}

describe.each(["json", "binary"] as const)("with tensors as %s", (encoding) => {
  test.each(dtypes)("%s keeps every value both ways", async (dtype) => {
    const { live } = await connected(dtype, encoding);
    const rows = extremes[dtype].map((x) => ({ x }));
    const records = await live.infer(rows);
    expect(records.map((record) => record["out"])).toStrictEqual(rows);
    const columns = await live.infer({ x: extremes[dtype] });
    expect(columns["out"]).toStrictEqual({ x: extremes[dtype] });
  });

  test.each(["float16", "float32", "float64"] as const)("%s keeps NaN and infinities both ways", async (dtype) => {
    const { live } = await connected(dtype, encoding);
    const [first] = await live.infer(nonFinite.map((x) => ({ x })));
    expect((first as { out: unknown }).out).toStrictEqual({ x: nonFinite[0] });
  });
});

test("JSON is used where JSON can carry the values, bytes elsewhere", async () => {
  const types: (string | undefined)[] = [];
  for (const [dtype, rows] of [
    ["float32", extremes.float32],
    ["float32", nonFinite],
    ["float16", extremes.float16],
  ] as const) {
    const { live, server } = await connected(dtype, "json");
    await live.infer({ x: rows });
    types.push(server.received.at(-1)?.headers["content-type"]);
  }
  expect(types).toEqual(["application/json", "application/octet-stream", "application/octet-stream"]);
});

test("a float16 output of a JSON request is asked for as bytes", async () => {
  const half = defineModel({
    name: "half",
    sha256: "0".repeat(64),
    inputs: { x: { dtype: "float32", shape: ["batch", 1] } },
    outputs: { y: { dtype: "float16", shape: ["batch", 1] }, z: { dtype: "float32", shape: ["batch", 1] } },
  });
  const { url, received } = await startServer({
    half: {
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 1] }],
      outputs: [
        { name: "y", datatype: "FP16", shape: [-1, 1] },
        { name: "z", datatype: "FP32", shape: [-1, 1] },
      ],
      run: ([x]) => [
        { name: "y", datatype: "FP16", shape: x?.shape ?? [], data: [0x3c00] },
        { name: "z", datatype: "FP32", shape: x?.shape ?? [], data: x?.data ?? [] },
      ],
    },
  });
  const live = await openInference({ url }).connect(half);
  const [row] = await live.infer([{ x: [2] }]);
  expect(row.out).toEqual({ y: [1], z: [2] });
  expect(received.at(-1)?.json.outputs).toEqual([{ name: "y", parameters: { binary_data: true } }, { name: "z" }]);
});

test("typed values come as typed arrays with their shape", async () => {
  const { live } = await connected("int64", "binary");
  const [row] = await live.infer([{ x: BigInt64Array.of(1n, 2n ** 62n) }], { values: "typed" });
  expect(row?.["out"]).toEqual({ x: { data: BigInt64Array.of(1n, 2n ** 62n), shape: [2] } });
});
