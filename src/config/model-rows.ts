import { isBatched, type ModelPorts } from "../../dsl/rows.js";

/** How a model's config says that it runs: `rows`. */
export function rowsOf(ports: ModelPorts): "batched" | "whole" {
  return isBatched(ports) ? "batched" : "whole";
}
