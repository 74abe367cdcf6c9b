/**
 * The sentences of shape and step problems: each is a type and a function of the same words, so that the compiler
 * and the run time cannot say different things. `Source` is where the arriving tensors
 * come from, with the verb.
 */

/** Up to five names, quoted, in code-unit order. */
export type FirstFiveNames<Names extends readonly string[]> = Names extends readonly [
  infer A extends string,
  ...infer R,
]
  ? R extends readonly string[]
    ? RestOfNames<R, `'${A}'`, [0]>
    : never
  : "none";
type RestOfNames<
  Names extends readonly string[],
  Text extends string,
  Count extends readonly 0[],
> = Names extends readonly [infer A extends string, ...infer R extends readonly string[]]
  ? Count["length"] extends 5
    ? `${Text}, …`
    : RestOfNames<R, `${Text}, '${A}'`, [...Count, 0]>
  : Text;
export function firstFiveNames(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const first = [...names].sort(byCodeUnit).slice(0, 5);
  return first.map((name) => `'${name}'`).join(", ") + (names.length > 5 ? ", …" : "");
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Where the arriving tensors come from, with the verb. */
export type StepSource<I extends number, M extends string> = `step ${I} (model '${M}') produces`;
export const stepSource = (index: number, model: string): string => `step ${index} (model '${model}') produces`;

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

/** Follows a misfit where a symbol arrives at a size. */
export type Refine<Symbol extends string, Size extends number> = `; refine '${Symbol}' to ${Size}`;
export const refine = (symbol: string, size: number): string => `; refine '${symbol}' to ${size}`;

export type Missing<
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
  Size extends Shown,
  K0 extends string,
  Size0 extends Shown,
> = `model '${M}' binds '${S}' to ${Size} in input '${K}' but to ${Size0} in input '${K0}'`;
type Shown = string | number;
export const clash = (
  model: string,
  symbol: string,
  input: string,
  size: Shown,
  earlier: string,
  earlierSize: Shown,
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

export type NoChallengers = "a shadow step needs at least one challenger";
export const noChallengers: NoChallengers = "a shadow step needs at least one challenger";

export type Repeated<M extends string> = `model '${M}' stands twice in one shadow step`;
export const repeated = (model: string): string => `model '${model}' stands twice in one shadow step`;

export type AlreadyChallenger<M extends string> = `challenger '${M}' already runs in an earlier shadow step`;
export const alreadyChallenger = (model: string): string =>
  `challenger '${model}' already runs in an earlier shadow step`;

export type BadPipelineName<N extends string> =
  `pipeline name '${N}' is not allowed: use lower-case letters, digits and '-', with a letter or digit at both ends`;
export const badPipelineName = (name: string): string =>
  `pipeline name '${name}' is not allowed: use lower-case letters, digits and '-', with a letter or digit at both ends`;

export type LongPipelineName = "the pipeline name is too long: it must be under 64 characters";
export const longPipelineName: LongPipelineName = "the pipeline name is too long: it must be under 64 characters";

export type BadValidationName<N extends string> =
  `validation name '${N}' is not an identifier: use letters, digits and '_', and no digit at the beginning`;
export const badValidationName = (name: string): string =>
  `validation name '${name}' is not an identifier: use letters, digits and '_', and no digit at the beginning`;

export type ReservedValidationName<N extends string> = `validation name '${N}' is reserved: choose another`;
export const reservedValidationName = (name: string): string => `validation name '${name}' is reserved: choose another`;

export type TakenValidationName<N extends string> = `validation name '${N}' is taken: choose another`;
export const takenValidationName = (name: string): string => `validation name '${name}' is taken: choose another`;

export type NoInferenceBefore<N extends string> = `validation '${N}' needs an inference step before it`;
export const noInferenceBefore = (name: string): string => `validation '${name}' needs an inference step before it`;
