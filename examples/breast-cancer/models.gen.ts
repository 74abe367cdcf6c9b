// Written by `shapeline generate` from the model files. Do not edit; run the command again.
import { generatedModel, type Model, type Tensor } from "shapeline";

export interface GradientBoosting extends Model<"gradient-boosting", object, object, "features"> {
  readonly inputs: { features: Tensor<"float32", readonly ["batch", 30]> };
  readonly outputs: { probabilities: Tensor<"float32", readonly ["batch", 2]> };
}

/**
 * gradient-boosting.onnx, by shapeline-examples, opset 17, ai.onnx.ml 3
 * - input features: float32[batch, 30]
 * - output probabilities: float32[batch, 2]
 * - labels of probabilities: 0, 1
 * sha256 47d93537e75a54084021518e5ce84b20fe52d359f37bd41e96556c4c9a407770
 */
export const gradientBoosting: GradientBoosting = generatedModel({
  name: "gradient-boosting",
  version: "1",
  sha256: "47d93537e75a54084021518e5ce84b20fe52d359f37bd41e96556c4c9a407770",
  inputs: { features: { dtype: "float32", shape: ["batch", 30] } },
  outputs: { probabilities: { dtype: "float32", shape: ["batch", 2] } },
});

export interface LogisticRegression extends Model<"logistic-regression", object, object, "features"> {
  readonly inputs: { features: Tensor<"float32", readonly ["batch", 30]> };
  readonly outputs: { probabilities: Tensor<"float32", readonly ["batch", 2]> };
}

/**
 * logistic-regression.onnx, by shapeline-examples, opset 17, ai.onnx.ml 3
 * - input features: float32[batch, 30]
 * - output probabilities: float32[batch, 2]
 * - labels of probabilities: 0, 1
 * sha256 d7187bab31a5ad3c2552903f4eacbcd8e815c6a7caeaf2126e50949874a3a33b
 */
export const logisticRegression: LogisticRegression = generatedModel({
  name: "logistic-regression",
  version: "1",
  sha256: "d7187bab31a5ad3c2552903f4eacbcd8e815c6a7caeaf2126e50949874a3a33b",
  inputs: { features: { dtype: "float32", shape: ["batch", 30] } },
  outputs: { probabilities: { dtype: "float32", shape: ["batch", 2] } },
});

export interface RandomForest extends Model<"random-forest", object, object, "features"> {
  readonly inputs: { features: Tensor<"float32", readonly ["batch", 30]> };
  readonly outputs: { probabilities: Tensor<"float32", readonly ["batch", 2]> };
}

/**
 * random-forest.onnx, by shapeline-examples, opset 17, ai.onnx.ml 3
 * - input features: float32[batch, 30]
 * - output probabilities: float32[batch, 2]
 * - labels of probabilities: 0, 1
 * sha256 5bb524bbde6b8ca1cca3cd2a7890d6338404f06eca4b7554bf7c445bb3c5e7c5
 */
export const randomForest: RandomForest = generatedModel({
  name: "random-forest",
  version: "1",
  sha256: "5bb524bbde6b8ca1cca3cd2a7890d6338404f06eca4b7554bf7c445bb3c5e7c5",
  inputs: { features: { dtype: "float32", shape: ["batch", 30] } },
  outputs: { probabilities: { dtype: "float32", shape: ["batch", 2] } },
});
