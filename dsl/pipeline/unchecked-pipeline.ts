import type { AlertRows } from "../steps/alert.js";
import type { Model } from "../model.js";
import type { AnyPipeline } from "./pipeline.js";
import type { RenameOption } from "../steps/rename.js";
import type { UnknownRow } from "../row.js";
import type { RouteModels, Weighted } from "../steps/split.js";
import type { KeySplitOptions } from "../steps/nodes.js";

/** A pipeline whose steps the compiler does not know, after an edit by an index that is no literal. `build()` checks it whole. */
export interface UncheckedPipeline extends AnyPipeline {
  model(model: Model, rename?: RenameOption): UncheckedPipeline;
  models(models: readonly Model[]): UncheckedPipeline;
  audit(slice: string): UncheckedPipeline;
  select(index: number): UncheckedPipeline;
  keySplit(key: string, options: KeySplitOptions<Model, RouteModels>): UncheckedPipeline;
  randomSplit(weights: readonly Weighted[], options?: { readonly hashKey?: string }): UncheckedPipeline;
  shadow(champion: Model, challengers: readonly Model[]): UncheckedPipeline;
  refine(sizes: Readonly<Record<string, number>>): UncheckedPipeline;
  /** A lambda may say what row it reads: `(x: Row<In, Out>) => …`. */
  validate<R = UnknownRow>(name: string, check: (row: R) => unknown): UncheckedPipeline;
  alert<R = UnknownRow>(
    name: string,
    condition: (all: AlertRows<R>) => boolean,
    options: { readonly over: string; readonly for?: string },
  ): UncheckedPipeline;
  replaceStep(index: number, make: (at: UncheckedPipeline) => UncheckedPipeline): UncheckedPipeline;
  insertStep(index: number, make: (at: UncheckedPipeline) => UncheckedPipeline): UncheckedPipeline;
  removeStep(index: number): UncheckedPipeline;
  clear(): UncheckedPipeline;
}
