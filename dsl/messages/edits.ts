// Sentences about edits. Each is a type and a function (or constant) with the same wording.

/** The problem that an edit causes in a later step. */
export type AtStep<Index extends number, Text extends string> = `step ${Index}: ${Text}`;

export type EditOutOfRange<
  Method extends string,
  I extends number,
  Count extends number,
> = `${Method} ${I} is out of range: the pipeline has ${Count extends 1 ? "1 step" : `${Count} steps`}, counted from 0`;
export const editOutOfRange = (method: string, index: number | string, count: number): string =>
  `${method} ${index} is out of range: the pipeline has ${count === 1 ? "1 step" : `${count} steps`}, counted from 0`;

export type ExactlyOneStep = "an edit's callback must add exactly one step: (at) => at.model(b)";
export const exactlyOneStep: ExactlyOneStep = "an edit's callback must add exactly one step: (at) => at.model(b)";

export type WrittenForOtherRow<
  Kind extends string,
  N extends string,
  Change extends string,
> = `${Kind} '${N}' was written for another row: ${Change}`;
export const writtenForOtherRow = (kind: string, name: string, change: string): string =>
  `${kind} '${name}' was written for another row: ${change}`;

export type PathGone<Path extends string> = `${Path} is gone`;
export const pathGone = (path: string): string => `${path} is gone`;

export type NotTheOnlyPort<Path extends string> = `${Path} is no longer the only port`;
export const notTheOnlyPort = (path: string): string => `${path} is no longer the only port`;

export type TensorChanged<
  Path extends string,
  Was extends string,
  Is extends string,
> = `${Path} was ${Was} and is now ${Is}`;
export const tensorChanged = (path: string, was: string, is: string): string => `${path} was ${was} and is now ${is}`;
