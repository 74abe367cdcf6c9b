import type { DType } from "../../../dsl/tensor.js";
import type { TensorElements } from "../../tensors/tensor-data.js";

/** A value of a request's parameters: the protocol has no lists or objects there. */
export type ParameterValue = string | number | boolean;

/** A tensor of a request or an answer, in the model's own axes. */
export interface InferenceTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Row-major. bool is one byte of 0 or 1, float16 its bits, string a plain array. */
  readonly data: TensorElements;
}

/** A request of the Open Inference Protocol, whatever carried it. The engine owns its elements from then on. */
export interface InferenceRequest {
  readonly model: string;
  /** Default: the version that is deployed. */
  readonly version?: string;
  readonly id?: string | undefined;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly inputs: readonly InferenceTensor[];
  /** The outputs to answer. Default, also for none: the model's outputs. */
  readonly outputs?: readonly string[];
}

export interface InferenceAnswer {
  readonly modelName: string;
  readonly modelVersion: string;
  /** That of the request. */
  readonly id?: string | undefined;
  readonly outputs: readonly InferenceTensor[];
}

/** A tensor in the metadata of a model; -1 stands for a size that requests choose. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  /** `onnx` for a model file, `shapeline` for a pipeline. */
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}
