import type { InferOptions } from "../../../dsl/deployment.js";
import type { Config } from "../../config/schema.js";
import type { ResultBatch } from "../../tensors/result.js";

/** Something that answers inference requests under a name: a version of a pipeline, or a model file by itself. */
export interface ServedModel {
  readonly name: string;
  readonly kind: "pipeline" | "model";
  /** Its version now; a handle that follows deploys changes it. */
  readonly version: string;
  readonly config: Config;
  /**
   * Runs the rows; a pipeline logs them.
   *
   * @throws InputError SL5xxx, TargetError SL6xxx, StorageError SL7009
   */
  infer(input: unknown, options: InferOptions): Promise<ServedAnswer>;
  /**
   * Loads the models unless they are loaded.
   *
   * @throws ModelError SL302x, TargetError SL6xxx, StorageError SL7xxx
   */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The rows of an answer, with the version that gave it. */
export interface ServedAnswer {
  readonly batch: ResultBatch;
  readonly config: Config;
  readonly version: string;
}
