import { defineModel } from "../../dsl/index.js";

// The signatures of the recorded fraud and review models.
const digest = (digit: string): string => digit.repeat(64);

export const ccfraud = defineModel({
  name: "ccfraud-lstm",
  sha256: digest("1"),
  inputs: { dense_input: { dtype: "float32", shape: ["batch", 29] } },
  outputs: { dense_1: { dtype: "float32", shape: ["batch", 1] } },
});
export const ccfraudXgb = defineModel({
  name: "ccfraud-xgb",
  sha256: digest("2"),
  inputs: { feature_input: { dtype: "float32", shape: ["batch", 29] } },
  outputs: { variable: { dtype: "float32", shape: ["batch", 1] } },
});
export const ccfraudRf = defineModel({
  name: "ccfraud-rf",
  sha256: digest("3"),
  inputs: { float_input: { dtype: "float32", shape: ["batch", 29] } },
  outputs: { variable: { dtype: "float32", shape: ["batch", 1] } },
});
export const embedder = defineModel({
  name: "embedder",
  sha256: digest("4"),
  inputs: { input: { dtype: "float32", shape: ["batch", 100] } },
  outputs: { flatten_1: { dtype: "float32", shape: ["batch", 800] } },
});
export const sentiment = defineModel({
  name: "sentiment",
  sha256: digest("5"),
  inputs: { embeddings: { dtype: "float32", shape: ["batch", 800] } },
  outputs: { dense_1: { dtype: "float32", shape: ["batch", 1] } },
});
