import { ConfigError } from "../../../dsl/errors.js";
import { renamedText } from "../../../dsl/renamed-ports.js";
import { parseConfig } from "../../config/config.js";
import type { Config, StepConfig, StepConfigOf } from "../../config/schema.js";
import { unknownOptionHint } from "../../util/options/known-options.js";
import { alertProblems, checksAlerts } from "./alerts.js";
import { rowProblems } from "./row-problems.js";
import type { Definition, DefinitionForm } from "../definition.js";
import { dialects, isPlatformName, nameRule, type DefinitionModel, type DefinitionProblem } from "../platform.js";
import { keptTextProblems } from "./kept-texts.js";
import { checkStep, isInference, stepProblems, writeStep, type DefinitionStep } from "../steps.js";

/**
 * Writes a config as a definition of the Wallaroo platform: `{ id, steps }`.
 *
 * @param config what `build()` or `fromDefinition` returned
 * @param form `{ dialect }`: `polars` for platforms since 2023.4.2, `checks` for earlier ones; the `form` that
 *   `fromDefinition` returned also keeps the grouping of its checks
 * @throws ConfigError SL4100 with `details.problems`: everything the platform cannot express, why, and what to do;
 *   SL4106 if `form` does not fit the config; SL4002 if `config` is not a config
 * @example
 * await writeFile("fraud.definition.json", stringifyDefinition(toDefinition(config, { dialect: "polars" })));
 */
export function toDefinition(config: Config, form: DefinitionForm): Definition {
  if (!dialects.includes(form?.dialect)) {
    throw new ConfigError(
      "SL4106",
      `the dialect is 'polars' (platforms since 2023.4.2) or 'checks' (earlier ones), not ${JSON.stringify(form?.dialect) ?? "nothing"}`,
    );
  }
  const unknown = unknownOptionHint("toDefinition()", form, ["dialect", "checks", "alerts"]);
  if (unknown !== null) throw new ConfigError("SL4106", unknown);
  // A value that is not a config gets the errors of parseConfig.
  if (!Array.isArray(config?.steps) || !Array.isArray(config.models)) parseConfig(config);
  const hasGauges = form.dialect === "checks" && form.alerts === "gauges";
  const problems = [
    ...nameProblems(config),
    ...renamedPortProblems(config),
    ...rowProblems(config),
    ...config.steps.flatMap((step, i) =>
      hasGauges && step.kind === "alert" ? [] : stepProblems(step, form.dialect, `steps[${i}]`),
    ),
    ...(hasGauges ? alertProblems(config) : []),
    ...keptTextProblems(config, form.dialect),
  ];
  if (problems.length > 0) {
    const lines = problems.map(({ code, path, message }) => `  ${code} ${path}: ${message}`);
    const count = problems.length === 1 ? "one part" : `${problems.length} parts`;
    throw new ConfigError(
      "SL4100",
      `pipeline '${config.name}' has ${count} that the platform cannot express:\n${lines.join("\n")}`,
      { pipeline: config.name, dialect: form.dialect, problems },
    );
  }
  const models = new Map(config.models.map(({ name, version, sha256 }) => [name, { name, version, sha: sha256 }]));
  const model = (name: string): DefinitionModel => models.get(name) as DefinitionModel;
  const alerts = checksAlerts(config);
  const steps: DefinitionStep[] = [];
  // The SDK of this dialect inserts a check right after the last inference step, so later checks come first.
  const insert = (check: DefinitionStep) => steps.splice(steps.findLastIndex(isInference) + 1, 0, check);
  for (const part of groupValidations(config.steps, form)) {
    if ("kind" in part && part.kind === "alert") insert({ Check: { tree: [alerts.get(part)?.().gauge ?? ""] } });
    else if ("kind" in part) steps.push(...writeStep(part, model));
    else if (form.dialect === "polars") steps.push(checkStep(part, form.dialect));
    else insert(checkStep(part, form.dialect));
  }
  return { id: config.name, steps };
}

type Validation = StepConfigOf<"validation">;
type StepOrGroup = StepConfig | readonly Validation[];

/** The steps, with validations in groups; each group becomes one Check. */
function groupValidations(steps: readonly StepConfig[], { dialect, checks }: DefinitionForm): StepOrGroup[] {
  const parts: (StepConfig | Validation[])[] = [];
  const sizes = [...(checks ?? [])];
  let group: Validation[] | null = null;
  let free = 0;
  for (const step of steps) {
    if (step.kind !== "validation") {
      parts.push(step);
      group = null;
      continue;
    }
    if (group === null || free === 0) {
      parts.push((group = []));
      free = checks === undefined ? (dialect === "polars" ? Number.POSITIVE_INFINITY : 1) : (sizes.shift() ?? 0);
    }
    group.push(step);
    free--;
  }
  if (checks !== undefined && !hasGroupSizes(parts, checks)) {
    throw new ConfigError(
      "SL4106",
      `the groups of checks ${JSON.stringify(checks)} do not fit the validations, which come in runs of ${JSON.stringify(runLengths(steps))}; leave 'checks' out`,
      { checks },
    );
  }
  return parts;
}

function hasGroupSizes(parts: readonly StepOrGroup[], sizes: readonly number[]): boolean {
  const found = parts.flatMap((part) => ("kind" in part ? [] : [part.length]));
  return found.length === sizes.length && found.every((size, i) => size === sizes[i]);
}

/** The lengths of the runs of adjacent validations. */
function runLengths(steps: readonly StepConfig[]): number[] {
  const lengths: number[] = [];
  steps.forEach((step, i) => {
    if (step.kind !== "validation") return;
    if (steps[i - 1]?.kind === "validation") lengths.push((lengths.pop() ?? 0) + 1);
    else lengths.push(1);
  });
  return lengths;
}

function nameProblems(config: Config): DefinitionProblem[] {
  const named = [
    { name: config.name, path: "name", what: "pipeline" },
    ...config.models.map(({ name }, i) => ({ name, path: `models[${i}].name`, what: "model" })),
  ];
  return named
    .filter(({ name }) => !isPlatformName(name))
    .map(({ name, path, what }) => ({
      code: "SL4104" as const,
      path,
      message: `${nameRule}, and the ${what} is named '${name}': rename it`,
    }));
}

/** The platform loads the model file itself, so ports have the file's names there. */
function renamedPortProblems({ models }: Config): DefinitionProblem[] {
  return models.flatMap((model, i) => {
    const renamed = renamedText(model);
    if (renamed.length === 0) return [];
    return [
      {
        code: "SL4102" as const,
        path: `models[${i}].renamed`,
        message: `the platform uses the file's port names, and in '${model.name}' ${renamed.join(" and ")}: remove the model's 'ports' from the settings and run 'shapeline generate' again, or export the file with these names`,
      },
    ];
  });
}
