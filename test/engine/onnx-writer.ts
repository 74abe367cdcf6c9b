import type { DType, Port } from "../../dsl/tensor.js";

/** A small ONNX graph, for behavior that no real model has: it refuses rows, is slow, or loses the batch dimension. */
export interface Graph {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly GraphNode[];
  readonly weights?: readonly {
    readonly name: string;
    readonly dims: readonly number[];
    readonly values: Float32Array | BigInt64Array;
  }[];
}

export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integers, lists of them, and graphs, such as the body of a loop. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | Graph>>;
}

const elementTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

export function onnxFile(graph: Graph): Buffer {
  return Buffer.concat([number(1, 8), message(7, graphProto(graph)), message(8, [text(1, ""), number(2, 17)])]);
}

function graphProto({ inputs, outputs, nodes, weights = [] }: Graph): Buffer[] {
  return [
    ...nodes.map((node) => message(1, nodeProto(node))),
    text(2, "graph"),
    ...weights.map(({ name, dims, values }) =>
      message(5, [
        ...dims.map((dim) => number(1, dim)),
        number(2, values instanceof Float32Array ? 1 : 7),
        text(8, name),
        bytes(9, Buffer.from(values.buffer)),
      ]),
    ),
    ...inputs.map((value) => message(11, valueProto(value))),
    ...outputs.map((value) => message(12, valueProto(value))),
  ];
}

function nodeProto({ op, inputs, outputs, attributes = {} }: GraphNode): Buffer[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => message(5, [text(1, name), ...attributeProto(value)])),
  ];
}

function attributeProto(value: number | readonly number[] | Graph): Buffer[] {
  if (typeof value === "number") return [number(20, 2), number(3, value)];
  return "nodes" in value
    ? [number(20, 5), message(6, graphProto(value))]
    : [number(20, 7), ...value.map((item) => number(8, item))];
}

function valueProto({ name, dtype, shape }: Port): Buffer[] {
  const dims = shape?.map((dim) =>
    message(1, dim === null ? [] : [typeof dim === "number" ? number(1, dim) : text(2, dim)]),
  );
  return [
    text(1, name),
    message(2, [message(1, [number(1, elementTypes[dtype]), ...(dims === undefined ? [] : [message(2, dims)])])]),
  ];
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Buffer.from(out);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content));
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  return bytes(field, Buffer.concat(parts));
}
