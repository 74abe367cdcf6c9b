import type { TensorData } from "../../tensors/tensor-data.js";

/** A request as tensors, one for each input of the pipeline in their order, and the way it came in. */
export interface InputBatch {
  readonly form: "records" | "columns" | "table";
  readonly rows: number;
  readonly tensors: readonly TensorData[];
}
