import { checkPipeline, pipeline, type AnyPipeline } from "../../dsl/index.js";

/** The builder as plain JavaScript sees it: every method accepts anything. */
export interface UntypedPipeline extends AnyPipeline {
  model(...args: unknown[]): UntypedPipeline;
  models(...args: unknown[]): UntypedPipeline;
  audit(...args: unknown[]): UntypedPipeline;
  select(...args: unknown[]): UntypedPipeline;
  keySplit(...args: unknown[]): UntypedPipeline;
  randomSplit(...args: unknown[]): UntypedPipeline;
  shadow(...args: unknown[]): UntypedPipeline;
  validate(...args: unknown[]): UntypedPipeline;
  alert(...args: unknown[]): UntypedPipeline;
  refine(...args: unknown[]): UntypedPipeline;
  replaceStep(...args: unknown[]): UntypedPipeline;
  insertStep(...args: unknown[]): UntypedPipeline;
  removeStep(...args: unknown[]): UntypedPipeline;
}

/** `pipeline()` without types. */
export const untyped = pipeline as unknown as (...args: unknown[]) => UntypedPipeline;

/** A typed pipeline without its types. */
export const asUntyped = (p: AnyPipeline): UntypedPipeline => p as UntypedPipeline;

/** All problems of a pipeline, as `CODE message`. */
export const problemLines = (p: AnyPipeline): string[] =>
  checkPipeline(p).problems.map(({ code, message }) => `${code} ${message}`);
