// Sentences that several step kinds share.

export type NeedsSelect<
  Index extends number,
  Count extends number,
  Taker extends string,
> = `step ${Index} gives the outputs of ${Count} models: put .select() before ${Taker}`;
export const needsSelect = (index: number, count: number, taker: string): string =>
  `step ${index} gives the outputs of ${count} models: put .select() before ${taker}`;

export type RepeatedModel<M extends string, Kind extends string> = `model '${M}' stands twice in one ${Kind}`;
export const repeatedModel = (model: string, kind: string): string => `model '${model}' stands twice in one ${kind}`;
