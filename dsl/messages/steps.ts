// Sentences that several step kinds share.

export type NeedsSelect<
  Index extends number,
  Count extends number,
  Taker extends string,
> = `step ${Index} produces the outputs of ${Count} models: put .select() before ${Taker}`;
export const needsSelect = (index: number, count: number, taker: string): string =>
  `step ${index} produces the outputs of ${count} models: put .select() before ${taker}`;

export type RepeatedModel<M extends string, Kind extends string> = `model '${M}' occurs twice in one ${Kind}`;
export const repeatedModel = (model: string, kind: string): string => `model '${model}' occurs twice in one ${kind}`;
