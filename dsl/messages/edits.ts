/** The sentences of edits, each a type and a function of the same words, as in `wording.ts`. */

/** Stands before what is wrong with a later step, at the edit that breaks it. */
export type AtStep<Index extends number, Text extends string> = `step ${Index}: ${Text}`;

export type EditOutOfRange<
  Method extends string,
  I extends number,
  Count extends number,
> = `${Method} ${I} is out of range: the pipeline has ${Count extends 1 ? "1 step" : `${Count} steps`}, counted from 0`;
export const editOutOfRange = (method: string, index: number | string, count: number): string =>
  `${method} ${index} is out of range: the pipeline has ${count === 1 ? "1 step" : `${count} steps`}, counted from 0`;

export type OneStep = "an edit's callback adds exactly one step to what it is given: (at) => at.model(b)";
export const oneStep: OneStep = "an edit's callback adds exactly one step to what it is given: (at) => at.model(b)";

export type OtherRow<
  Kind extends string,
  N extends string,
  Change extends string,
> = `${Kind} '${N}' was written for another row: ${Change}`;
export const otherRow = (kind: string, name: string, change: string): string =>
  `${kind} '${name}' was written for another row: ${change}`;

export type Gone<Place extends string> = `${Place} is gone`;
export const gone = (place: string): string => `${place} is gone`;

export type NotAlone<Place extends string> = `${Place} is no longer alone`;
export const notAlone = (place: string): string => `${place} is no longer alone`;

export type Became<Place extends string, Was extends string, Is extends string> = `${Place} was ${Was} and is ${Is}`;
export const became = (place: string, was: string, is: string): string => `${place} was ${was} and is ${is}`;
