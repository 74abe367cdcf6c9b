import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Dim, Port } from "../../dsl/tensor.js";
import { recordings } from "../recordings.js";
import { modelAt } from "./make-config.js";

export const float32 = (name: string, ...shape: Dim[]): Port => ({ name, dtype: "float32", shape });

/** The folder of the recorded models. Only tests that are skipped without recordings may use it. */
export const recordedModels = join(recordings ?? "", "models");

/** A recorded model under the given name. */
export function recorded(name: string, file: string, input: Port, output: Port) {
  return modelAt(name, join(recordedModels, file), [input], [output]);
}

export const ccfraud = (name = "ccfraud") =>
  recorded(name, "ccfraud.onnx", float32("dense_input", "batch", 29), float32("dense_1", "batch", 1));
export const ccfraudXgb = (name = "ccfraud-xgb") =>
  recorded(name, "xgboost_ccfraud.onnx", float32("feature_input", "batch", 29), float32("variable", "batch", 1));
export const ccfraudRf = (name = "ccfraud-rf") =>
  recorded(name, "modelA.onnx", float32("float_input", "batch", 29), float32("variable", "batch", 1));
export const houseRf = (name = "house-rf") =>
  recorded(name, "rf_model.onnx", float32("float_input", "batch", 18), float32("variable", "batch", 1));
export const houseGbr = (name = "house-gbr") =>
  recorded(name, "gbr_model.onnx", float32("float_input", "batch", 18), float32("variable", "batch", 1));
export const embedder = (name = "embedder") =>
  recorded(name, "embedder.onnx", float32("input", "batch", 100), float32("flatten_1", "batch", 800));
export const sentiment = (name = "sentiment") =>
  recorded(name, "sentiment_model.onnx", float32("embeddings", "batch", 800), float32("dense_1", "batch", 1));

/** A recorded request. */
export function request<T = Readonly<Record<string, number[]>>>(file: string): T[] {
  return JSON.parse(readFileSync(join(recordings ?? "", "inputs", file), "utf8")) as T[];
}

/** Whether a value agrees with the platform's, to a relative 1e-6. */
export function near(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= Math.abs(expected) * 1e-6;
}
