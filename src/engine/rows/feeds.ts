import type { RowsTensor, TensorData } from "../../tensors/tensor-data.js";

/**
 * A model's inputs for the rows of a request, rows first. A constant that no run stacks is one row, whatever the
 * request has.
 */
export type Feeds = Readonly<Record<string, RowsTensor>>;

/** The inputs of one run, as the model's file takes them. */
export type RunFeeds = Readonly<Record<string, TensorData>>;
