import type { RowsTensor } from "../../tensors/tensor-data.js";

/** A request as tensors, one per input of the pipeline in order, and the form it arrived in. */
export interface InputBatch {
  readonly form: "records" | "columns" | "table";
  readonly rows: number;
  readonly tensors: readonly RowsTensor[];
}
