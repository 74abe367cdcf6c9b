import fc from "fast-check";
import type { Dim, Port } from "../../../dsl/tensor.js";
import type { Graph, GraphNode } from "../onnx-writer.js";

/** One input of a generated model. */
interface InputSpec {
  /** Sizes of a row; null is an open one, which has another size in each row. */
  readonly row: readonly (number | null)[];
  /** Where the rows are stacked. */
  readonly axis: number;
  /** Turns the order of the dimensions of its output, so that the rows move to another axis. */
  readonly turn: number;
  /** Whether the output is the largest element along one of the dimensions. */
  readonly reduces: boolean;
  /**
   * How the rows of a run affect each other: by the scale of a dynamic quantization, by their mean, or not at all.
   */
  readonly mixes: "quantized" | "mean" | "no";
}

/** A generated model: each input has one output. */
export interface ModelSpec {
  readonly inputs: readonly InputSpec[];
  /** Whether the file fixes the rows of a run. */
  readonly batchSize: number | null;
  /** The shape of an input that all rows share, or null. */
  readonly shared: readonly number[] | null;
  /** Whether the ports have no row axis. */
  readonly whole: boolean;
}

export const modelSpec: fc.Arbitrary<ModelSpec> = fc
  .record({
    inputs: fc.array(
      fc.record({
        row: fc.array(fc.option(fc.integer({ min: 1, max: 4 }), { freq: 3 }), { maxLength: 3 }),
        axis: fc.nat(3),
        turn: fc.nat(3),
        reduces: fc.boolean(),
        mixes: fc.constantFrom<InputSpec["mixes"]>("no", "no", "no", "quantized", "mean"),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    batchSize: fc.option(fc.integer({ min: 1, max: 5 }), { freq: 3 }),
    shared: fc.option(fc.constantFrom<readonly number[]>([], [1], [1, 1])),
    whole: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  })
  .map(({ inputs, ...rest }) => ({
    ...rest,
    inputs: inputs.map((input) => ({ ...input, axis: Math.min(input.axis, input.row.length) })),
  }));

/** The file of a generated model, and its ports as a config has them. */
export function modelOfSpec({ inputs, batchSize, shared, whole }: ModelSpec): {
  graph: Graph;
  inputs: Port[];
  outputs: Port[];
} {
  const nodes: GraphNode[] = [];
  const ports: { input: Port; output: Port }[] = inputs.map((spec, i) => {
    const shape: Dim[] = spec.row.map((size, axis) => size ?? `open_${i}_${axis}`);
    if (!whole) shape.splice(spec.axis, 0, "batch");
    let value = `x${i}`;
    const add = (op: string, from: readonly string[], attributes: GraphNode["attributes"] = {}): string => {
      const to = `t${nodes.length}`;
      nodes.push({ op, inputs: from, outputs: [to], attributes });
      return to;
    };
    if (shared !== null && shared.length <= shape.length) value = add("Mul", [value, "shared"]);
    if (!whole && spec.mixes === "mean")
      value = add("Sub", [value, add("ReduceMean", [value], { axes: [spec.axis], keepdims: 1 })]);
    if (!whole && spec.mixes === "quantized") {
      const [quantized, scale, zero] = [`q${i}`, `s${i}`, `z${i}`];
      nodes.push({ op: "DynamicQuantizeLinear", inputs: [value], outputs: [quantized, scale, zero] });
      value = add("DequantizeLinear", [quantized, scale, zero]);
    }
    let out = shape;
    const reduced = shape.findIndex((dim) => dim !== "batch");
    if (spec.reduces && reduced >= 0) {
      value = add("ReduceMax", [value], { axes: [reduced], keepdims: 0 });
      out = shape.filter((_, axis) => axis !== reduced);
    }
    const perm = out.map((_, axis) => (axis + spec.turn) % out.length);
    nodes.push({ op: "Transpose", inputs: [value], outputs: [`y${i}`], attributes: { perm } });
    return {
      input: { name: `x${i}`, dtype: "float32", shape },
      output: { name: `y${i}`, dtype: "float32", shape: perm.map((axis) => out[axis] ?? null) },
    };
  });
  // An input that no node uses must not be in the file.
  const sharedPorts: Port[] = nodes.some(({ inputs: used }) => used.includes("shared"))
    ? [{ name: "shared", dtype: "float32", shape: shared }]
    : [];
  const inConfig = [...ports.map(({ input }) => input), ...sharedPorts];
  const outConfig = ports.map(({ output }) => output);
  const inFile = (port: Port): Port => ({
    ...port,
    shape: port.shape?.map((dim) => (dim === "batch" ? (batchSize ?? "N") : dim)) ?? null,
  });
  return {
    graph: { inputs: inConfig.map(inFile), outputs: outConfig.map(inFile), nodes },
    inputs: inConfig,
    outputs: outConfig,
  };
}
