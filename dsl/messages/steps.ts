// Messages that several step kinds share, each as a type and a function with the same wording.

export type NeedsSelect<
  Index extends number,
  Count extends number,
  Consumer extends string,
> = `step ${Index} produces the outputs of ${Count} models: put .select() before ${Consumer}`;
export const needsSelect = (index: number, count: number, consumer: string): string =>
  `step ${index} produces the outputs of ${count} models: put .select() before ${consumer}`;

export type RepeatedModel<M extends string, Kind extends string> = `model '${M}' occurs twice in one ${Kind}`;
export const repeatedModel = (model: string, kind: string): string => `model '${model}' occurs twice in one ${kind}`;
