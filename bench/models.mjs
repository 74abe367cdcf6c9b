// Models made for a bench, with the ONNX writer of the tests.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const writer = join(dirname(dirname(fileURLToPath(import.meta.url))), "test", "engine", "onnx-writer.ts");

async function onnxFile(graph) {
  const { outputFiles } = await build({
    entryPoints: [writer],
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  const { onnxFile } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
  return onnxFile(graph);
}

const float = (name, shape) => ({ name, dtype: "float32", shape });
const weights = (name, dims) => ({
  name,
  dims,
  values: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => ((i * 7919) % 1000) / 1000 - 0.5),
});

/** The cheapest model of an image: what is measured is the way in and out. */
export const imageModel = (shape) =>
  onnxFile({
    inputs: [float("x", ["batch", ...shape])],
    outputs: [float("y", ["batch", ...shape])],
    nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"] }],
  });

/** Four convolutions, as at the start of an image classifier: x float32[batch, 3, 224, 224] -> y [batch, 64, 1, 1]. */
export const convolutionModel = () => {
  const channels = [3, 16, 32, 64, 64];
  const layers = [0, 1, 2, 3];
  return onnxFile({
    inputs: [float("x", ["batch", 3, 224, 224])],
    outputs: [float("y", ["batch", 64, 1, 1])],
    nodes: [
      ...layers.map((i) => ({
        op: "Conv",
        inputs: [i === 0 ? "x" : `h${i}`, `w${i}`],
        outputs: [`h${i + 1}`],
        attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] },
      })),
      { op: "GlobalAveragePool", inputs: ["h4"], outputs: ["y"] },
    ],
    weights: layers.map((i) => weights(`w${i}`, [channels[i + 1], channels[i], 3, 3])),
  });
};

/** Embeds tokens, averages them, and multiplies: ids int64[batch, length] -> y float32[batch, 64]. */
export const tokenModel = () =>
  onnxFile({
    inputs: [{ name: "ids", dtype: "int64", shape: ["batch", "length"] }],
    outputs: [float("y", ["batch", 64])],
    nodes: [
      { op: "Gather", inputs: ["table", "ids"], outputs: ["embedded"] },
      { op: "ReduceMean", inputs: ["embedded"], outputs: ["mean"], attributes: { axes: [1], keepdims: 0 } },
      { op: "MatMul", inputs: ["mean", "w"], outputs: ["y"] },
    ],
    weights: [weights("table", [1000, 128]), weights("w", [128, 64])],
  });

/** Takes about 50 ms for a row: features float32[batch, 30] -> mean float32[batch, 1], by way of many sines. */
export const slowModel = (layers) =>
  onnxFile({
    inputs: [float("features", ["batch", 30])],
    outputs: [float("mean", ["batch", 1])],
    nodes: [
      { op: "MatMul", inputs: ["features", "w"], outputs: ["h0"] },
      ...Array.from({ length: layers }, (_, i) => ({ op: "Sin", inputs: [`h${i}`], outputs: [`h${i + 1}`] })),
      { op: "ReduceMean", inputs: [`h${layers}`], outputs: ["mean"], attributes: { axes: [1], keepdims: 1 } },
    ],
    weights: [weights("w", [30, 16_384])],
  });

/** Dense layers of `width` values each. */
const dense = (width, layers) =>
  onnxFile({
    inputs: [float("x", ["batch", width])],
    outputs: [float(`h${layers}`, ["batch", width])],
    nodes: Array.from({ length: layers }, (_, i) => ({
      op: "MatMul",
      inputs: [i === 0 ? "x" : `h${i}`, `w${i}`],
      outputs: [`h${i + 1}`],
    })),
    weights: Array.from({ length: layers }, (_, i) => weights(`w${i}`, [width, width])),
  });

export const smallModel = () => dense(70, 1);
export const bigModel = () => dense(2300, 4);
