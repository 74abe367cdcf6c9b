import type { Table } from "apache-arrow";
import { LocalTargetImpl } from "./local-target.js";
import { parseLocalOptions, type LocalOptions } from "./options/local-options.js";
import type { LocalTarget } from "./types.js";

export type { LocalOptions } from "./options/local-options.js";
export type { Comparison } from "../../logs/comparison.js";
export type { DeployedModel, DeployedPipeline, LocalDeployment, LocalStatus, LocalTarget } from "./types.js";

declare module "../../../dsl/deployment.js" {
  interface Interop {
    table: Table;
  }
}

/**
 * The embedded engine: runs pipelines in this process with ONNX Runtime and logs every row with DuckDB, both loaded when
 * they are first needed. An answer of `infer` means that its rows are on disk, unless `durability` says otherwise.
 *
 * @param options `models` and `data` are folders; `durability` is what an answer says of the log; `challengers` whether an
 * answer waits for them
 * @returns a target for `pipeline.deploy()`; it connects to what was deployed before, too
 * @throws TargetError SL6011 for an option that is not known or not valid
 * @example
 * const live = await fraud.deploy(local({ models: "./models" }));
 * const [row] = await live.infer([{ dense_input: values }]);
 */
export function local(options: LocalOptions = {}): LocalTarget {
  return new LocalTargetImpl(parseLocalOptions(options));
}
