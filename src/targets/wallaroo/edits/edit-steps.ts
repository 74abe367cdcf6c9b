import { ConfigError } from "../../../../dsl/errors.js";
import { isRecord } from "../../../util/objects.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import { describeValue } from "../../../util/format-value.js";
import {
  auditResults,
  checkChallengers,
  checkKeySplit,
  checkModels,
  checkWeights,
  metaValueSplit,
  modelsStep,
  nth,
  randomSplit,
  shadowSteps,
} from "./make-steps.js";
import { checkPosition, checkReplacement, removeStep, replaceStep } from "./step-list.js";
import type { DefinitionModel, Dialect } from "../../../wallaroo/platform.js";
import type { KnownModel } from "../../../wallaroo/read/infer-ports.js";
import { type DefinitionStep, isInference } from "../../../wallaroo/steps.js";
import { checkNames, type CheckPlace, compileAlert, type CompiledAlert, compileValidations } from "./compile-checks.js";
import type {
  AlertCondition,
  AlertEditOptions,
  ModelReference,
  PipelineEdits,
  ValidationCondition,
} from "./public-types.js";

/** An alert of the edits, which a deploy sends beside the definition. */
export interface EditedAlert extends CompiledAlert {
  readonly email: readonly string[];
}

/** Steps while edits are made. */
export interface EditedSteps {
  readonly steps: readonly DefinitionStep[];
  readonly alerts: readonly EditedAlert[];
}

/** What edits ask the platform. */
export interface EditContext {
  readonly pipeline: string;
  readonly dialect: Dialect;
  /** Refuses checks for a platform whose dialect is not known. */
  readonly requireDialect: () => Promise<void>;
  /** The models of steps whose ports are known. */
  readonly known: (steps: readonly DefinitionStep[]) => Promise<KnownModel[]>;
  readonly model: (reference: ModelReference) => Promise<DefinitionModel>;
}

/** One edit. */
export type Edit = (edited: EditedSteps, context: EditContext) => Promise<EditedSteps>;

type Weighted = readonly (readonly [weight: number, model: ModelReference])[];
type Routes = Readonly<Record<string, ModelReference>>;
/** Makes the steps of an edit from its arguments. */
type Make = (context: EditContext) => DefinitionStep[] | Promise<DefinitionStep[]>;

/** The edits as functions. Arguments are checked when an edit is made, and indexes when it is applied. */
export const edits: { readonly [M in keyof PipelineEdits<Edit>]: PipelineEdits<Edit>[M] } = {
  addModelStep: (model) => appended(oneModel(model)),
  addMultiModelStep: (models) => appended(severalModels(models, "addMultiModelStep")),
  addAudit: (slice) => appended(audit(slice, "addAudit")),
  addSelect: (index) => appended(select(index, "addSelect")),
  addKeySplit: (fallback, key, routes) => appended(keySplit(fallback, key, routes, "addKeySplit")),
  addRandomSplit: (weighted, hashKey) => appended(weightedSplit(weighted, hashKey, "addRandomSplit")),
  addShadowDeploy: (champion, challengers) => appended(shadow(champion, challengers, "addShadowDeploy")),
  addValidation: (name, condition) => withValidations({ [name]: condition }, atEnd("addValidation")),
  addValidations: (conditions) => withValidations(conditions, atEnd("addValidations")),
  addAlert: (name, condition, options) => withAlert(name, condition, options, atEnd("addAlert")),
  replaceWithModelStep: (index, model) => replaced(index, oneModel(model), "replaceWithModelStep"),
  replaceWithMultiModelStep: (index, models) =>
    replaced(index, severalModels(models, "replaceWithMultiModelStep"), "replaceWithMultiModelStep"),
  replaceWithAudit: (index, slice) => replaced(index, audit(slice, "replaceWithAudit"), "replaceWithAudit"),
  replaceWithSelect: (index, selected) => replaced(index, select(selected, "replaceWithSelect"), "replaceWithSelect"),
  replaceWithKeySplit: (index, fallback, key, routes) =>
    replaced(index, keySplit(fallback, key, routes, "replaceWithKeySplit"), "replaceWithKeySplit"),
  replaceWithRandomSplit: (index, weighted, hashKey) =>
    replaced(index, weightedSplit(weighted, hashKey, "replaceWithRandomSplit"), "replaceWithRandomSplit"),
  replaceWithShadowDeploy: (index, champion, challengers) =>
    replaced(index, shadow(champion, challengers, "replaceWithShadowDeploy"), "replaceWithShadowDeploy"),
  replaceWithValidation: (index, name, condition) =>
    withValidations({ [name]: condition }, inPlaceOf(index, "replaceWithValidation")),
  replaceWithValidations: (index, conditions) =>
    withValidations(conditions, inPlaceOf(index, "replaceWithValidations")),
  replaceWithAlert: (index, name, condition, options) =>
    withAlert(name, condition, options, inPlaceOf(index, "replaceWithAlert")),
  removeStep: (index) => (edited) => Promise.resolve({ ...edited, steps: removeStep(edited.steps, index) }),
  clear: () => () => Promise.resolve({ steps: [], alerts: [] }),
};

const oneModel =
  (model: ModelReference): Make =>
  async (context) => [modelsStep([await context.model(model)])];

function severalModels(models: readonly ModelReference[], method: string): Make {
  checkModels(models.length, method);
  return async (context) => [modelsStep(await Promise.all(models.map(context.model)))];
}

function audit(slice: string, method: string): Make {
  const step = auditResults(slice, method);
  return () => [step];
}

function select(index: number, method: string): Make {
  const step = nth(index, method);
  return () => [step];
}

function keySplit(fallback: ModelReference, key: string, routes: Routes, method: string): Make {
  const entries = Object.entries(routes);
  checkKeySplit(
    key,
    entries.map(([value]) => value),
    method,
  );
  return async (context) => {
    const [control, ...models] = await Promise.all([fallback, ...entries.map(([, model]) => model)].map(context.model));
    const named = entries.map(([value], i) => [value, models[i] as DefinitionModel] as const);
    return [metaValueSplit(key, control as DefinitionModel, named)];
  };
}

function weightedSplit(weighted: Weighted, hashKey: string | undefined, method: string): Make {
  checkWeights(weighted, hashKey ?? null, method);
  return async (context) => {
    const models = await Promise.all(weighted.map(([, model]) => context.model(model)));
    const pairs = weighted.map(([weight], i) => [weight, models[i] as DefinitionModel] as const);
    return [randomSplit(pairs, hashKey ?? null)];
  };
}

function shadow(champion: ModelReference, challengers: readonly ModelReference[], method: string): Make {
  checkChallengers(challengers.length, method);
  return async (context) => {
    const [first, ...others] = await Promise.all([champion, ...challengers].map(context.model));
    return shadowSteps(first as DefinitionModel, others);
  };
}

const appended =
  (make: Make): Edit =>
  async (edited, context) => ({ ...edited, steps: [...edited.steps, ...(await make(context))] });

const replaced =
  (index: number, make: Make, method: string): Edit =>
  async (edited, context) => ({
    ...edited,
    steps: replaceStep(edited.steps, index, await make(context), method),
  });

type Conditions = Readonly<Record<string, ValidationCondition>>;

/** Where checks are put: the method, and the steps that stay, with the position among them. */
interface Destination {
  readonly method: string;
  readonly find: (
    steps: readonly DefinitionStep[],
    dialect: Dialect,
  ) => { readonly others: readonly DefinitionStep[]; readonly position: number };
}

const atEnd = (method: string): Destination => ({
  method,
  find: (steps, dialect) => ({ others: steps, position: checkPosition(steps, dialect, method) }),
});

const inPlaceOf = (index: number, method: string): Destination => ({
  method,
  find: (steps, dialect) => {
    const position = checkReplacement(steps, index, dialect, method);
    return { others: steps.toSpliced(position, 1), position };
  },
});

function withValidations(conditions: Conditions, { method, find }: Destination): Edit {
  requireConditions(conditions, method);
  return async (edited, context) => {
    const { others, position } = find(edited.steps, context.dialect);
    const texts = await compileValidations(conditions, await placeOf(others, position, context));
    return { ...edited, steps: others.toSpliced(position, 0, ...checkSteps(texts, context.dialect)) };
  };
}

/** In `checks`, where a Check holds one text, the last one comes first. */
const checkSteps = (texts: readonly string[], dialect: Dialect): DefinitionStep[] =>
  dialect === "polars" ? [{ Check: { tree: texts } }] : texts.map((text) => ({ Check: { tree: [text] } })).reverse();

const alertOptions = ["over", "email"];

function withAlert(
  name: string,
  condition: AlertCondition,
  options: AlertEditOptions,
  { method, find }: Destination,
): Edit {
  requireKnownOptions(`${method}()`, options, alertOptions);
  return async ({ steps, alerts }, context) => {
    const { others, position } = find(steps, context.dialect);
    const alert = await compileAlert(name, condition, options.over, await placeOf(others, position, context));
    return {
      steps: others.toSpliced(position, 0, { Check: { tree: [alert.gauge] } }),
      alerts: [...alerts, { ...alert, email: options.email ?? [] }],
    };
  };
}

/** The alerts whose gauges are still among the steps. */
export function liveAlerts({ steps, alerts }: EditedSteps): readonly EditedAlert[] {
  const texts = new Set(steps.flatMap((step) => ("Check" in step ? step.Check.tree : [])));
  return alerts.filter(({ gauge }) => texts.has(gauge));
}

async function placeOf(
  steps: readonly DefinitionStep[],
  position: number,
  { pipeline, dialect, known, requireDialect }: EditContext,
): Promise<CheckPlace> {
  await requireDialect();
  let end = position;
  // In `checks` the steps that choose among the outputs of a step follow its checks.
  if (dialect === "checks") while (end < steps.length && !isInference(steps[end] as DefinitionStep)) end++;
  const before = steps.slice(0, end);
  return { pipeline, dialect, before, models: await known(before), taken: checkNames(steps) };
}

function requireConditions(conditions: Conditions, method: string): void {
  if (isRecord(conditions) && Object.keys(conditions).length > 0) return;
  throw new ConfigError(
    "SL2006",
    `${method}: expected validations by name, { amt: (x) => x.out < 1 }, got ${describeValue(conditions)}`,
  );
}
