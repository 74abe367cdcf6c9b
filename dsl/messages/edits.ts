// Sentences about edits. Each is a type and a function with the same words, side by side.

/** Prefixes the problem of a later step, in the message at the edit that causes it. */
export type AtStep<Index extends number, Text extends string> = `step ${Index}: ${Text}`;

export type EditOutOfRange<
  Method extends string,
  I extends number,
  Count extends number,
> = `${Method} ${I} is out of range: the pipeline has ${Count extends 1 ? "1 step" : `${Count} steps`}, counted from 0`;
export const editOutOfRange = (method: string, index: number | string, count: number): string =>
  `${method} ${index} is out of range: the pipeline has ${count === 1 ? "1 step" : `${count} steps`}, counted from 0`;

export type OneStep = "an edit's callback must add exactly one step: (at) => at.model(b)";
export const oneStep: OneStep = "an edit's callback must add exactly one step: (at) => at.model(b)";

export type OtherRow<
  Kind extends string,
  N extends string,
  Change extends string,
> = `${Kind} '${N}' was written for another row: ${Change}`;
export const otherRow = (kind: string, name: string, change: string): string =>
  `${kind} '${name}' was written for another row: ${change}`;

export type Gone<Path extends string> = `${Path} is gone`;
export const gone = (path: string): string => `${path} is gone`;

export type NotAlone<Path extends string> = `${Path} is no longer the only port`;
export const notAlone = (path: string): string => `${path} is no longer the only port`;

export type Became<Path extends string, Was extends string, Is extends string> = `${Path} was ${Was} and is now ${Is}`;
export const became = (path: string, was: string, is: string): string => `${path} was ${was} and is now ${is}`;
