import { ConfigError } from "../../../../dsl/errors.js";
import { auditKind } from "../../../../dsl/steps/audit.js";
import { describeValue, formatValue } from "../../../util/format-value.js";
import type { DefinitionModel } from "../../../wallaroo/platform.js";
import type { DefinitionStep } from "../../../wallaroo/steps.js";

// Makes the steps of a definition from the arguments of the edits, and refuses what no platform can run.

/** One model, or several with the same input. */
export function modelsStep(models: readonly DefinitionModel[]): DefinitionStep {
  return { ModelInference: { models } };
}

/** @throws ConfigError SL2023 for no models */
export function checkModels(count: number, method: string): void {
  if (count === 0) throw new ConfigError("SL2023", `${method}: the list of models is empty; give one or more`);
}

/**
 * @param slice as in Python: `start:`, `start:end`, `:end`, or `start`, which means `start:`
 * @throws ConfigError SL2050 for another text, SL2051 for a slice that selects nothing
 */
export function auditResults(slice: string, method: string): DefinitionStep {
  const { from, to } = auditKind.create(slice);
  if (typeof from !== "number")
    throw new ConfigError("SL2050", `${method}: ${formatValue(slice)} is not a slice: write '1:', '1:3', ':2' or '1'`);
  if (to !== null && to <= from)
    throw new ConfigError("SL2051", `${method}: '${slice}' selects no output: its end must be after its start`);
  return { AuditResults: { from, to } };
}

/** @throws ConfigError SL2054 for an index that is no whole number from 0 */
export function nth(index: number, method: string): DefinitionStep {
  if (Number.isSafeInteger(index) && index >= 0) return { Nth: { index } };
  throw new ConfigError("SL2054", `${method}: the selected output is a whole number from 0, not ${formatValue(index)}`);
}

/** @throws ConfigError SL2060 for no key, SL2061 for no routes */
export function checkKeySplit(key: unknown, routes: readonly string[], method: string): void {
  if (typeof key !== "string" || key === "")
    throw new ConfigError("SL2060", `${method}: the key is the name of a metadata value, not ${describeValue(key)}`);
  if (routes.length === 0)
    throw new ConfigError("SL2061", `${method}: there are no routes; add a model step instead, or give routes`);
}

export function metaValueSplit(
  key: string,
  control: DefinitionModel,
  routes: readonly (readonly [value: string, model: DefinitionModel])[],
): DefinitionStep {
  return { MetaValueSplit: { split_key: key, control, routes: Object.fromEntries(routes) } };
}

/** @throws ConfigError SL2063 to SL2066 for weights that no platform can use */
export function checkWeights(
  weights: readonly (readonly [unknown, unknown])[],
  hashKey: unknown,
  method: string,
): void {
  if (!Array.isArray(weights) || !weights.every((pair) => Array.isArray(pair) && pair.length === 2))
    throw new ConfigError("SL2066", `${method}: the weights are a list of [weight, model]`);
  if (weights.length === 0) throw new ConfigError("SL2063", `${method}: there are no models; give one or more`);
  for (const [weight] of weights as readonly (readonly [unknown, unknown])[])
    if (typeof weight !== "number" || !(weight > 0) || weight === Infinity)
      throw new ConfigError("SL2064", `${method}: a weight is a number above 0, not ${formatValue(weight)}`);
  if (hashKey !== null && (typeof hashKey !== "string" || hashKey === ""))
    throw new ConfigError(
      "SL2065",
      `${method}: the hash key is the name of a metadata value, not ${describeValue(hashKey)}`,
    );
}

export function randomSplit(
  weights: readonly (readonly [weight: number, model: DefinitionModel])[],
  hashKey: string | null,
): DefinitionStep {
  return { RandomSplit: { hash_key: hashKey, weights: weights.map(([weight, model]) => ({ model, weight })) } };
}

/** A shadow is three steps on the platform. */
export function shadowSteps(champion: DefinitionModel, challengers: readonly DefinitionModel[]): DefinitionStep[] {
  return [modelsStep([champion, ...challengers]), { AuditResults: { from: 1, to: null } }, { MultiOut: {} }];
}

/** @throws ConfigError SL2020 for no challenger */
export function checkChallengers(count: number, method: string): void {
  if (count === 0) throw new ConfigError("SL2020", `${method}: a shadow has one challenger or more`);
}

/** The models of a step, in their order. */
export function modelsOf(step: DefinitionStep): readonly DefinitionModel[] {
  if ("ModelInference" in step) return step.ModelInference.models;
  if ("MetaValueSplit" in step) return [step.MetaValueSplit.control, ...Object.values(step.MetaValueSplit.routes)];
  return "RandomSplit" in step ? step.RandomSplit.weights.map(({ model }) => model) : [];
}
