import { type ModelConfig, modelSchema, type Config } from "../../config/schema.js";
import { rowsOf } from "../../config/model-rows.js";
import type { DefinitionModel, DefinitionProblem, Dialect } from "../platform.js";
import { ConfigBuilder } from "./config-builder.js";
import { equalSteps } from "./equal-steps.js";
import type { AlertConfiguration } from "../write/alerts.js";
import type { ParsedStep } from "./group-steps.js";
import type { ParsedCheck } from "./parse-check.js";
import { namedForConfig } from "./names-in-config.js";
import { parseDefinition } from "./parse-definition.js";
import { Problems } from "./problems.js";
import { alertBound } from "./read-gauge.js";

/** A model that a definition may name: what its file says, with the names that its configuration gives its ports. */
export type UploadedModel = Omit<ModelConfig, "rows">;

export interface RunnableDefinitionOptions {
  /** The uploaded models, in any order. A definition's model is the one with its name, version and digest. */
  readonly models: readonly UploadedModel[];
  /**
   * The conditions of alerts, which older platforms keep beside the definition; of two with one name, the last. An
   * alert without one never fires, and is left out.
   */
  readonly alerts?: readonly AlertConfiguration[];
  /** The pipeline's name in the config. Default: that of the definition. */
  readonly name?: string;
}

/** What a definition runs as. */
export interface RunnableDefinition {
  /** Deploy this; null if there is a problem. */
  readonly config: Config | null;
  /** Why the definition cannot run, with paths. */
  readonly problems: readonly DefinitionProblem[];
  readonly dialect: Dialect;
  /**
   * By name in the config: the model as the definition names it. A config has one model per name, so that the second
   * version of a model is named `ccfraud_v2` there.
   */
  readonly models: ReadonlyMap<string, DefinitionModel>;
  /**
   * By name in the config: the validation's name in the definition. They differ where that name is no identifier, is
   * `count`, or stands for two older checks: `price too high` is `price_too_high` in the config.
   */
  readonly validations: ReadonlyMap<string, string>;
}

/**
 * Makes the config that runs a definition of the Wallaroo platform as the platform does. The ports come from the
 * uploaded models. Combinations of steps that the typed builder refuses are written as an equal pipeline: an audit or a
 * select of index 0 after one model is left out, several models and MultiOut are a shadow. A part that cannot run is a
 * problem, and then there is no config. Never throws.
 *
 * @param definition parsed JSON, or its text
 * @param options `models`: the uploaded models, with their ports
 * @returns the config, or the problems (SL2xxx, SL304x, SL411x)
 * @example
 * const { config, problems } = runnableDefinition(body.definition, { models: uploaded });
 */
export function runnableDefinition(definition: unknown, options: RunnableDefinitionOptions): RunnableDefinition {
  const problems = new Problems();
  const read = parseDefinition(definition, problems);
  if (read === null)
    return { config: null, problems: problems.all, dialect: "polars", models: new Map(), validations: new Map() };
  const { id, dialect } = read;
  const named = read.steps.map((step) => withConditions(step, options.alerts ?? [], problems));
  const { steps, models: names, validations } = namedForConfig(named);
  const models = uploadedModels(names, options.models, steps, problems);
  const parts = equalSteps(steps, dialect, problems);
  const built = models === null ? null : new ConfigBuilder(options.name ?? id, models, parts, problems).build();
  const config = problems.all.length > 0 ? null : (built?.config ?? null);
  return { config, problems: problems.all, dialect, models: names, validations };
}

/** What the models and validations of the config of a definition are named in the definition. */
export type DefinitionNames = Pick<RunnableDefinition, "dialect" | "models" | "validations">;

/** The names in a definition, without the models that it runs. */
export function definitionNames(definition: unknown): DefinitionNames {
  const read = parseDefinition(definition, new Problems());
  const { models, validations } = namedForConfig(read?.steps ?? []);
  return { dialect: read?.dialect ?? "polars", models, validations };
}

/** The gauges of a step with the conditions of their alerts; gauges without one are left out: they change no row. */
function withConditions(step: ParsedStep, alerts: readonly AlertConfiguration[], problems: Problems): ParsedStep {
  if (step.kind !== "checks") return step;
  const checks = step.checks.flatMap((check): ParsedCheck[] => {
    const { name, gauge, path } = check;
    if (gauge === undefined) return [check];
    const alert = alerts.findLast((each) => each.name === name);
    if (alert === undefined) return [];
    const bound = alertBound(alert);
    if (bound !== null) return [{ ...check, gauge: { ...gauge, bound } }];
    problems.report(
      "SL4114",
      path,
      `the condition of alert '${name}' is '${alert.expression}': expected 'sum by (pipeline_id) (pipeline_gauge:${name}:left) > 10', or another comparison with a number`,
    );
    return [];
  });
  return { ...step, checks };
}

/** The models with their ports; null after reporting one that is missing. */
function uploadedModels(
  named: ReadonlyMap<string, DefinitionModel>,
  uploaded: readonly UploadedModel[],
  steps: readonly ParsedStep[],
  problems: Problems,
): readonly ModelConfig[] | null {
  const models: ModelConfig[] = [];
  for (const [name, model] of named) {
    const path = pathOf(name, steps);
    const versions = uploaded.filter((one) => one.name === model.name && one.version === model.version);
    const found = versions.find(({ sha256 }) => sha256 === model.sha);
    if (found === undefined) {
      const [other] = versions;
      if (other === undefined)
        problems.report("SL4116", path, `model '${model.name}' has no version '${model.version}': upload it first`);
      else
        problems.report(
          "SL4116",
          path,
          `version '${model.version}' of '${model.name}' is the file ${other.sha256.slice(0, 12)}…, and the definition names ${model.sha.slice(0, 12)}…: build the pipeline again with the uploaded version`,
        );
      continue;
    }
    const checked = modelSchema.safeParse({ ...found, name, rows: rowsOf(found) });
    if (checked.success) models.push(checked.data);
    else
      problems.report(
        "SL3040",
        path,
        `the signature of '${model.name}' is wrong: expected inputs and outputs as lists of { name, dtype, shape }, at least one of each`,
      );
  }
  return models.length === named.size ? models : null;
}

/** The first step that runs a model. */
function pathOf(name: string, steps: readonly ParsedStep[]): string {
  const step = steps.find(
    (one) => (one.kind === "inference" || one.kind === "step") && one.models?.some((model) => model.name === name),
  );
  return step?.path ?? "steps";
}
