import { firstFiveNames, type FirstFiveNames } from "./first-five-names.js";

// Sentences about tensors that do not fit. Each is a type and a function with the same words, side by side, so that the
// compiler and the run time say the same. `Source` is the source of the arriving tensors, with a verb.

export type StepSource<I extends number, M extends string> = `step ${I} (model '${M}') produces`;
export const stepSource = (index: number, model: string): string => `step ${index} (model '${model}') produces`;

/** Of a pipeline whose steps the compiler does not know. */
export type PipelineSource = "the pipeline produces";

export type RequestSource = "the pipeline's input has";
export const requestSource: RequestSource = "the pipeline's input has";

export type Misfit<
  M extends string,
  K extends string,
  Expected extends string,
  Source extends string,
  Actual extends string,
> = `model '${M}' input '${K}' expects ${Expected} but ${Source} ${Actual}`;
export const misfit = (model: string, input: string, expected: string, source: string, actual: string): string =>
  `model '${model}' input '${input}' expects ${expected} but ${source} ${actual}`;

/** Appended to a misfit if the model needs a size and a symbol arrives. */
export type RefineHint<Symbol extends string, Size extends number> = `; refine '${Symbol}' to ${Size}`;
export const refine = (symbol: string, size: number): string => `; refine '${symbol}' to ${size}`;

export type MissingInput<
  M extends string,
  K extends string,
  Source extends string,
  Names extends readonly string[],
> = `model '${M}' needs input '${K}' but ${Source} only ${FirstFiveNames<Names>}`;
export const missing = (model: string, input: string, source: string, names: readonly string[]): string =>
  `model '${model}' needs input '${input}' but ${source} only ${firstFiveNames(names)}`;

export type Clash<
  M extends string,
  S extends string,
  K extends string,
  Size extends SizeOrSymbol,
  K0 extends string,
  Size0 extends SizeOrSymbol,
> = `model '${M}' binds '${S}' to ${Size} in input '${K}' but to ${Size0} in input '${K0}'`;
type SizeOrSymbol = string | number;
export const clash = (
  model: string,
  symbol: string,
  input: string,
  size: SizeOrSymbol,
  earlier: string,
  earlierSize: SizeOrSymbol,
): string =>
  `model '${model}' binds '${symbol}' to ${size} in input '${input}' but to ${earlierSize} in input '${earlier}'`;

export type NoSuchInput<
  M extends string,
  K extends string,
  Names extends readonly string[],
> = `model '${M}' has no input '${K}', only ${FirstFiveNames<Names>}`;
export const noSuchInput = (model: string, input: string, names: readonly string[]): string =>
  `model '${model}' has no input '${input}', only ${firstFiveNames(names)}`;

export type NoSuchOutput<
  M extends string,
  K extends string,
  C extends string,
  Source extends string,
  Names extends readonly string[],
> = `model '${M}' input '${K}' cannot come from '${C}': ${Source} only ${FirstFiveNames<Names>}`;
export const noSuchOutput = (
  model: string,
  input: string,
  column: string,
  source: string,
  names: readonly string[],
): string => `model '${model}' input '${input}' cannot come from '${column}': ${source} only ${firstFiveNames(names)}`;
