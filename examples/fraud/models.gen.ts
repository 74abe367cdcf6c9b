// Written by `shapeline generate` from the model files. Do not edit; run the command again.
import { generatedModel, type Model, type Tensor } from "shapeline";

export interface A extends Model<"a", object, object, "pixels"> {
  readonly inputs: { pixels: Tensor<"float32", readonly ["batch", 64]> };
  readonly outputs: { embedding: Tensor<"float32", readonly ["batch", 16]> };
}

/**
 * a.onnx, by shapeline-examples, opset 17
 * - input pixels: float32[batch, 64]
 * - output embedding: float32[batch, 16]
 * sha256 17226e4dc5185e6d909bf7ed1145a60755f13e4c64d1e9e2ed2a25d70f684883
 */
export const a: A = generatedModel({
  name: "a",
  version: "1",
  sha256: "17226e4dc5185e6d909bf7ed1145a60755f13e4c64d1e9e2ed2a25d70f684883",
  inputs: { pixels: { dtype: "float32", shape: ["batch", 64] } },
  outputs: { embedding: { dtype: "float32", shape: ["batch", 16] } },
});

export interface C1 extends Model<"c1", object, object, "float_input"> {
  readonly inputs: { float_input: Tensor<"float32", readonly ["batch", 16]> };
  readonly outputs: { variable: Tensor<"float32", readonly ["batch", 1]> };
}

/**
 * c1.onnx, by shapeline-examples, opset 17
 * - input float_input: float32[batch, 16]
 * - output variable: float32[batch, 1]
 * sha256 9410caae0bf57531cdccc2cbbde26a835427b8dd13ecbdc010539b9cfb9857a3
 */
export const c1: C1 = generatedModel({
  name: "c1",
  version: "1",
  sha256: "9410caae0bf57531cdccc2cbbde26a835427b8dd13ecbdc010539b9cfb9857a3",
  inputs: { float_input: { dtype: "float32", shape: ["batch", 16] } },
  outputs: { variable: { dtype: "float32", shape: ["batch", 1] } },
});

export interface C2 extends Model<"c2", object, object, "x"> {
  readonly inputs: { x: Tensor<"float32", readonly ["batch", 16]> };
  readonly outputs: { score: Tensor<"float32", readonly ["batch", 1]> };
}

/**
 * c2.onnx, by shapeline-examples, opset 17
 * - input x: float32[batch, 16]
 * - output score: float32[batch, 1]
 * sha256 d6cfa45f6ffa17dac529a8543d25e1b6ea36fca6a9cc2cf2580835de2f789301
 */
export const c2: C2 = generatedModel({
  name: "c2",
  version: "1",
  sha256: "d6cfa45f6ffa17dac529a8543d25e1b6ea36fca6a9cc2cf2580835de2f789301",
  inputs: { x: { dtype: "float32", shape: ["batch", 16] } },
  outputs: { score: { dtype: "float32", shape: ["batch", 1] } },
});

export interface Champ extends Model<"champ", object, object, "embedding"> {
  readonly inputs: { embedding: Tensor<"float32", readonly ["batch", 16]> };
  readonly outputs: { risk: Tensor<"float32", readonly ["batch", 1]> };
}

/**
 * champ.onnx, by shapeline-examples, opset 17, ai.onnx.ml 3
 * - input embedding: float32[batch, 16]
 * - output risk: float32[batch, 1]
 * sha256 a2918d6d6bcfba5ea67714f3ca01a6d57089cab042fb757371352c5cd9c0364d
 */
export const champ: Champ = generatedModel({
  name: "champ",
  version: "1",
  sha256: "a2918d6d6bcfba5ea67714f3ca01a6d57089cab042fb757371352c5cd9c0364d",
  inputs: { embedding: { dtype: "float32", shape: ["batch", 16] } },
  outputs: { risk: { dtype: "float32", shape: ["batch", 1] } },
});
