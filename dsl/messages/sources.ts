import { firstFiveNames, type FirstFiveNames } from "./first-five-names.js";

// Sentences about where a model's input comes from. Each is a type and a function with the same wording.

export type ColumnSource<C extends string> = `request column '${C}' has`;
export const columnSource = (column: string): string => `request column '${column}' has`;

export type ModelOutputSource<M extends string, P extends string> = `model '${M}' output '${P}' is`;
export const modelOutputSource = (model: string, port: string): string => `model '${model}' output '${port}' is`;

export type ConstantSource = "the constant is";
export const constantSource: ConstantSource = "the constant is";

export type NoSuchColumn<
  M extends string,
  K extends string,
  C extends string,
  Names extends readonly string[],
> = `model '${M}' input '${K}' cannot come from 'in.${C}': the request has only ${FirstFiveNames<Names>}; state further columns in pipeline(name, { inputs: { … } })`;
export const noSuchColumn = (model: string, input: string, column: string, names: readonly string[]): string =>
  `model '${model}' input '${input}' cannot come from 'in.${column}': the request has only ${firstFiveNames(names)}; state further columns in pipeline(name, { inputs: { … } })`;

/** Appended to "cannot come from" if the name is that of a request column. */
export type MeansColumn<C extends string> = `; the request's column is 'in.${C}'`;
export const meansColumn = (column: string): string => `; the request's column is 'in.${column}'`;

export type NoSuchModelOutput<
  M extends string,
  K extends string,
  From extends string,
  P extends string,
  Names extends readonly string[],
> = `model '${M}' input '${K}' cannot come from '${From}.${P}': model '${From}' produces only ${FirstFiveNames<Names>}`;
export const noSuchModelOutput = (
  model: string,
  input: string,
  from: string,
  port: string,
  names: readonly string[],
): string =>
  `model '${model}' input '${input}' cannot come from '${from}.${port}': model '${from}' produces only ${firstFiveNames(names)}`;

export type NoSuchModel<
  M extends string,
  K extends string,
  From extends string,
  P extends string,
  Names extends readonly string[],
> = `model '${M}' input '${K}' cannot come from '${From}.${P}': no earlier step runs a model '${From}', only ${FirstFiveNames<Names>}`;
export const noSuchModel = (
  model: string,
  input: string,
  from: string,
  port: string,
  names: readonly string[],
): string =>
  `model '${model}' input '${input}' cannot come from '${from}.${port}': no earlier step runs a model '${from}', only ${firstFiveNames(names)}`;

export type InSplit<
  M extends string,
  K extends string,
  From extends string,
  P extends string,
  Index extends number,
> = `model '${M}' input '${K}' cannot come from '${From}.${P}': the split of step ${Index} runs '${From}' for some requests only; read '${P}' in the step after the split`;
export const inSplit = (model: string, input: string, from: string, port: string, index: number): string =>
  `model '${model}' input '${input}' cannot come from '${from}.${port}': the split of step ${index} runs '${from}' for some requests only; read '${port}' in the step after the split`;

export type OtherConstant<
  M extends string,
  K extends string,
  Tensor extends string,
  Values extends string,
  Holds extends string,
> = `model '${M}' input '${K}' expects ${Tensor}: its constant must hold ${Values}, not ${Holds}`;
export const otherConstant = (model: string, input: string, tensor: string, values: string, holds: string): string =>
  `model '${model}' input '${input}' expects ${tensor}: its constant must hold ${values}, not ${holds}`;
