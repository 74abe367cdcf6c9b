import type { Graph } from "./onnx-writer.js";

const column = (name: string) => ({ name, dtype: "float32" as const, shape: ["batch", 1] });

/** Counts to its largest input and returns it, 400,000 to 1,500,000 per second: the input sets how long a run takes. */
export function counting(): Graph {
  return {
    inputs: [column("x")],
    outputs: [column("y")],
    nodes: [
      { op: "ReduceMax", inputs: ["x"], outputs: ["most"], attributes: { keepdims: 0 } },
      { op: "Cast", inputs: ["most"], outputs: ["times"], attributes: { to: 7 } },
      {
        op: "Loop",
        inputs: ["times", "", "zero"],
        outputs: ["sum"],
        attributes: {
          body: {
            inputs: [
              { name: "i", dtype: "int64", shape: [] },
              { name: "go", dtype: "bool", shape: [] },
              { name: "v", dtype: "float32", shape: [1] },
            ],
            outputs: [
              { name: "gone", dtype: "bool", shape: [] },
              { name: "w", dtype: "float32", shape: [1] },
            ],
            nodes: [
              { op: "Identity", inputs: ["go"], outputs: ["gone"] },
              { op: "Add", inputs: ["v", "one"], outputs: ["w"] },
            ],
            weights: [{ name: "one", dims: [1], values: Float32Array.of(1) }],
          },
        },
      },
      { op: "Mul", inputs: ["x", "zero"], outputs: ["nothing"] },
      { op: "Add", inputs: ["nothing", "sum"], outputs: ["y"] },
    ],
    weights: [{ name: "zero", dims: [1], values: Float32Array.of(0) }],
  };
}

/** One operator on one column. */
export function single(op: string): Graph {
  return { inputs: [column("x")], outputs: [column("y")], nodes: [{ op, inputs: ["x"], outputs: ["y"] }] };
}
