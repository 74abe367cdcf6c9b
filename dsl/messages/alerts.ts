/** The sentences of alerts, each a type and a function of the same words, as in `wording.ts`. */

export type BadAlertName<N extends string> =
  `alert name '${N}' is not an identifier: use letters, digits and '_', and no digit at the beginning`;
export const badAlertName = (name: string): string =>
  `alert name '${name}' is not an identifier: use letters, digits and '_', and no digit at the beginning`;

export type ReservedAlertName<N extends string> = `alert name '${N}' is reserved: choose another`;
export const reservedAlertName = (name: string): string => `alert name '${name}' is reserved: choose another`;

export type TakenAlertName<N extends string> = `alert name '${N}' is taken: choose another`;
export const takenAlertName = (name: string): string => `alert name '${name}' is taken: choose another`;

export type NoInferenceBeforeAlert<N extends string> = `alert '${N}' needs an inference step before it`;
export const noInferenceBeforeAlert = (name: string): string => `alert '${name}' needs an inference step before it`;

export type BadDuration<
  Option extends string,
  D extends string,
> = `'${Option}' is no duration: '${D}'; write a whole number and s, m, h or d, from '1s' to '30d'`;
export const badDuration = (option: string, duration: string): string =>
  `'${option}' is no duration: '${duration}'; write a whole number and s, m, h or d, from '1s' to '30d'`;
