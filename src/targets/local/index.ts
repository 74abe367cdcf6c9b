import type { Table } from "apache-arrow";
import { DeferredLocalTarget } from "./deferred-target.js";
import { parseLocalOptions, type LocalOptions } from "./options/local-options.js";
import type { LocalTarget } from "./public-types.js";

export type { SessionOptions, SessionSettings } from "../../engine/session-settings.js";
export type { LocalOptions } from "./options/local-options.js";
export type { Comparison } from "../../logs/comparison.js";
export type {
  DeployedModel,
  DeployedPipeline,
  LocalDeployment,
  LocalStatus,
  LocalTarget,
  PipelineOptions,
} from "./public-types.js";

declare module "../../../dsl/deployment.js" {
  interface Interop {
    table: Table;
  }
}

/**
 * The embedded engine: runs pipelines in this process with ONNX Runtime and logs every row to DuckDB. The engine and
 * both libraries load on first use. When `infer` resolves, its rows are on disk, unless `durability` says otherwise.
 *
 * @param options `models` and `data`: folders; `durability`: when rows reach the disk; `challengers`: whether an answer
 * waits for the challengers
 * @returns a target for `pipeline.deploy()`; it also connects to pipelines that were deployed before
 * @throws TargetError SL6011 for an unknown or invalid option
 * @example
 * const live = await fraud.deploy(local({ models: "./models" }));
 * const [row] = await live.infer([{ dense_input: values }]);
 */
export function local(options: LocalOptions = {}): LocalTarget {
  return new DeferredLocalTarget(parseLocalOptions(options));
}
