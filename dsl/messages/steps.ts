/** The sentences of `models`, `audit`, `select`, splits and `refine`, each a type and a function of the same words, as in `wording.ts`. */
import { firstFiveNames, type FirstFiveNames } from "./shapes.js";

export type NeedsSelect<
  Index extends number,
  Count extends number,
  Who extends string,
> = `step ${Index} gives the outputs of ${Count} models: put .select() before ${Who}`;
export const needsSelect = (index: number, count: number, who: string): string =>
  `step ${index} gives the outputs of ${count} models: put .select() before ${who}`;

export type NeedsModels<Method extends string> =
  `.${Method}() needs a .models() step before it, with nothing selected yet`;
export const needsModels = (method: string): string =>
  `.${method}() needs a .models() step before it, with nothing selected yet`;

export type NoModels = "a models step needs at least one model";
export const noModels: NoModels = "a models step needs at least one model";

export type RepeatedModel<M extends string, Kind extends string> = `model '${M}' stands twice in one ${Kind}`;
export const repeatedModel = (model: string, kind: string): string => `model '${model}' stands twice in one ${kind}`;

export type LoggedAlready<M extends string> = `model '${M}' is logged by an earlier step already`;
export const loggedAlready = (model: string): string => `model '${model}' is logged by an earlier step already`;

export type NoSlice<S extends string> = `audit '${S}' is not a slice: write '1:', '1:3', ':2' or '1'`;
export const noSlice = (slice: string): string => `audit '${slice}' is not a slice: write '1:', '1:3', ':2' or '1'`;

export type EmptySlice<S extends string> = `audit ${S} takes no output: its end must be after its start`;
export const emptySlice = (slice: string): string => `audit ${slice} takes no output: its end must be after its start`;

export type SliceOutOfRange<
  S extends string,
  Index extends number,
  Count extends number,
> = `audit ${S} is out of range: step ${Index} gives the outputs of ${Count} models`;
export const sliceOutOfRange = (slice: string, index: number, count: number): string =>
  `audit ${slice} is out of range: step ${index} gives the outputs of ${count} models`;

export type AuditedAlready<Index extends number> = `the outputs of step ${Index} are audited already`;
export const auditedAlready = (index: number): string => `the outputs of step ${index} are audited already`;

export type SelectOutOfRange<
  I extends number,
  Index extends number,
  Count extends number,
> = `select ${I} is out of range: step ${Index} gives the outputs of ${Count} models, counted from 0`;
export const selectOutOfRange = (selected: number | string, index: number, count: number): string =>
  `select ${selected} is out of range: step ${index} gives the outputs of ${count} models, counted from 0`;

export type NoKey = "the key of a key split must be a string that is not empty";
export const noKey: NoKey = "the key of a key split must be a string that is not empty";

export type NoRoutes = "a key split needs at least one route";
export const noRoutes: NoRoutes = "a key split needs at least one route";

export type NoWeights = "a random split needs at least one model";
export const noWeights: NoWeights = "a random split needs at least one model";

export type BadWeight<
  M extends string,
  W extends number,
> = `the weight of model '${M}' must be a number above 0, not ${W}`;
export const badWeight = (model: string, weight: number | string): string =>
  `the weight of model '${model}' must be a number above 0, not ${weight}`;

export type NoHashKey = "the hash key of a random split must be a string that is not empty";
export const noHashKey: NoHashKey = "the hash key of a random split must be a string that is not empty";

export type OtherNames<
  M extends string,
  Names extends readonly string[],
  First extends string,
  FirstNames extends readonly string[],
> = `model '${M}' produces ${FirstFiveNames<Names>} but model '${First}' of the same split produces ${FirstFiveNames<FirstNames>}`;
export const otherNames = (
  model: string,
  names: readonly string[],
  first: string,
  firstNames: readonly string[],
): string =>
  `model '${model}' produces ${firstFiveNames(names)} but model '${first}' of the same split produces ${firstFiveNames(firstNames)}`;

export type OtherTensor<
  M extends string,
  K extends string,
  T extends string,
  First extends string,
  FirstT extends string,
> = `model '${M}' output '${K}' is ${T} but that of model '${First}' of the same split is ${FirstT}`;
export const otherTensor = (model: string, port: string, tensor: string, first: string, firstTensor: string): string =>
  `model '${model}' output '${port}' is ${tensor} but that of model '${first}' of the same split is ${firstTensor}`;

export type NoSymbol<
  S extends string,
  Source extends string,
  Names extends readonly string[],
> = `cannot refine '${S}': ${Source} only ${FirstFiveNames<Names>}`;
export const noSymbol = (symbol: string, source: string, names: readonly string[]): string =>
  `cannot refine '${symbol}': ${source} only ${firstFiveNames(names)}`;

export type NoSize<
  S extends string,
  Size extends number,
> = `cannot refine '${S}' to ${Size}: a size is a whole number from 1 on`;
export const noSize = (symbol: string, size: number | string): string =>
  `cannot refine '${symbol}' to ${size}: a size is a whole number from 1 on`;

export type NoSymbols = "a refine step needs at least one symbol";
export const noSymbols: NoSymbols = "a refine step needs at least one symbol";
