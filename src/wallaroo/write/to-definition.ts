import { ConfigError } from "../../../dsl/errors.js";
import { renamedText } from "../../../dsl/renamed-ports.js";
import { parseConfig } from "../../config/config.js";
import type { Config, ModelConfig, StepConfig, StepConfigOf } from "../../config/schema.js";
import type { BackEnd } from "../../expression/backends/back-ends.js";
import {
  type Dialect,
  dialects,
  isPlatformName,
  nameRule,
  type Definition,
  type DefinitionForm,
  type DefinitionModel,
  type DefinitionProblem,
  type DefinitionStep,
} from "../definition.js";

/**
 * The definition that the Wallaroo platform stores of a pipeline: `{ id, steps }`.
 *
 * @param config what `build()` gave
 * @param form `dialect`: `polars` for platforms since 2023.4.2, `checks` for earlier ones; what `fromDefinition` gave as `form` keeps checks grouped as they came
 * @throws ConfigError SL4100 with `details.problems`: every step that the platform cannot say, why, and what to do; SL4106 when `form` does not fit, SL4002 when `config` is none
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
  // What is no config at all is said in the words of those who read configs.
  if (!Array.isArray(config?.steps) || !Array.isArray(config.models)) parseConfig(config);
  const problems = [
    ...namesOf(config),
    ...renamedOf(config),
    ...config.steps.flatMap((step, i) => refusals(step, form.dialect, `steps[${i}]`)),
  ];
  if (problems.length > 0) {
    const lines = problems.map(({ code, path, message }) => `  ${code} ${path}: ${message}`);
    throw new ConfigError(
      "SL4100",
      `pipeline '${config.name}' has ${problems.length === 1 ? "one thing" : `${problems.length} things`} that the platform cannot say:\n${lines.join("\n")}`,
      { pipeline: config.name, dialect: form.dialect, problems },
    );
  }
  const models = new Map(config.models.map((model) => [model.name, platformModel(model)]));
  const model = (name: string): DefinitionModel => models.get(name) as DefinitionModel;
  const steps: DefinitionStep[] = [];
  for (const part of grouped(config.steps, form)) {
    if ("kind" in part)
      steps.push(...(writers[part.kind] as (step: StepConfig, model: Handle) => DefinitionStep[])(part, model));
    else if (form.dialect === "polars") steps.push(check(part, "polars-0.18"));
    // The older builder inserts right after the last inference step, so that later checks come first.
    else steps.splice(steps.findLastIndex(isInference) + 1, 0, check(part, "checks"));
  }
  return { id: config.name, steps };
}

type Handle = (name: string) => DefinitionModel;
type Validation = StepConfigOf<"validation">;

function platformModel({ name, version, sha256 }: ModelConfig): DefinitionModel {
  return { name, version, sha: sha256 };
}

function check(validations: readonly Validation[], backEnd: BackEnd): DefinitionStep {
  return { Check: { tree: validations.map(({ expression }) => expression.strings[backEnd] as string) } };
}

export function isInference(step: DefinitionStep): boolean {
  return "ModelInference" in step || "MetaValueSplit" in step || "RandomSplit" in step;
}

/** The platform's steps of one step; validations are grouped before. */
const writers: { readonly [K in StepConfig["kind"]]: (step: StepConfigOf<K>, model: Handle) => DefinitionStep[] } = {
  model: (step, model) => [{ ModelInference: { models: [model(step.model)] } }],
  models: (step, model) => [{ ModelInference: { models: step.models.map(model) } }],
  audit: ({ from, to }) => [{ AuditResults: { from, to } }],
  select: ({ index }) => [{ Nth: { index } }],
  keySplit: (step, model) => [
    {
      MetaValueSplit: {
        split_key: step.key,
        control: model(step.default),
        routes: Object.fromEntries(Object.entries(step.routes).map(([value, name]) => [value, model(name)])),
      },
    },
  ],
  randomSplit: ({ hashKey, weights }, model) => [
    {
      RandomSplit: {
        hash_key: hashKey,
        weights: weights.map(({ model: name, weight }) => ({ model: model(name), weight })),
      },
    },
  ],
  shadow: (step, model) => [
    { ModelInference: { models: [step.champion, ...step.challengers].map(model) } },
    { AuditResults: { from: 1, to: null } },
    { MultiOut: {} },
  ],
  validation: () => [],
  alert: () => [],
  refine: () => [],
};

/** The steps, with validations in the groups that become one Check each. */
function grouped(
  steps: readonly StepConfig[],
  { dialect, checks }: DefinitionForm,
): (StepConfig | readonly Validation[])[] {
  const parts: (StepConfig | Validation[])[] = [];
  const sizes = [...(checks ?? [])];
  let open: Validation[] | null = null;
  let room = 0;
  for (const step of steps) {
    if (step.kind !== "validation") {
      parts.push(step);
      open = null;
      room = 0;
      continue;
    }
    if (open === null || room === 0) {
      parts.push((open = []));
      room = checks === undefined ? (dialect === "polars" ? Number.POSITIVE_INFINITY : 1) : (sizes.shift() ?? 0);
    }
    open.push(step);
    room--;
  }
  if (checks !== undefined && !isGrouping(checks, parts)) {
    throw new ConfigError(
      "SL4106",
      `the groups of checks ${JSON.stringify(checks)} do not fit the validations, which stand in runs of ${JSON.stringify(runs(steps))}; leave 'checks' out`,
      { checks },
    );
  }
  return parts;
}

function isGrouping(checks: readonly number[], parts: readonly (StepConfig | readonly Validation[])[]): boolean {
  const made = parts.flatMap((part) => ("kind" in part ? [] : [part.length]));
  return made.length === checks.length && made.every((size, i) => size === checks[i]);
}

function runs(steps: readonly StepConfig[]): number[] {
  const lengths: number[] = [];
  steps.forEach((step, i) => {
    if (step.kind !== "validation") return;
    if (steps[i - 1]?.kind === "validation") lengths.push((lengths.pop() ?? 0) + 1);
    else lengths.push(1);
  });
  return lengths;
}

function namesOf(config: Config): DefinitionProblem[] {
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

/** The platform loads the file alone, with the names that the file has. */
function renamedOf({ models }: Config): DefinitionProblem[] {
  return models.flatMap((model, i) => {
    const words = renamedText(model);
    if (words.length === 0) return [];
    return [
      {
        code: "SL4102" as const,
        path: `models[${i}].renamed`,
        message: `the platform reads the file's own names, and in '${model.name}' ${words.join(" and ")}: take the model's 'ports' out of the settings and run 'shapeline generate' again, or export the file with these names`,
      },
    ];
  });
}

const noRefusal = (): DefinitionProblem[] => [];

/** What the platform cannot say of a step. */
const refusalsByKind: {
  readonly [K in StepConfig["kind"]]: (step: StepConfigOf<K>, dialect: Dialect, path: string) => DefinitionProblem[];
} = {
  model({ rename, model }, _, path) {
    const renamed = Object.entries(rename).filter(([input, from]) => input !== from);
    if (renamed.length === 0) return [];
    const words = renamed.map(([input, from]) => `'${input}' takes '${from}'`).join(", ");
    return [
      {
        code: "SL4102",
        path,
        message: `a step of the platform has no renaming, and of '${model}' ${words}: give the ports one name, or leave the renaming to the model's configuration there (tensor_fields)`,
      },
    ];
  },
  models: noRefusal,
  audit: noRefusal,
  select: noRefusal,
  keySplit: noRefusal,
  randomSplit: noRefusal,
  shadow: noRefusal,
  refine: ({ sizes }, _, path) => [
    {
      code: "SL4103",
      path,
      message: `the platform has no step that checks sizes (${Object.keys(sizes).join(", ")}): leave the step out for the platform`,
    },
  ],
  alert: ({ name }, dialect, path) => [
    {
      code: "SL4105",
      path,
      message: `alert '${name}': ${dialect === "polars" ? "platforms since 2023.4.2 have no alerts" : "a definition of the older platforms holds the left side of an alert and never its condition"}: leave the step out for the platform, and watch its metrics or log instead`,
    },
  ],
  validation({ name, expression }, dialect, path) {
    const backEnd: BackEnd = dialect === "polars" ? "polars-0.18" : "checks";
    if (expression.strings[backEnd] !== undefined) return [];
    const reason = expression.refused[backEnd]?.reason ?? `the config has no ${backEnd} text for it; compile it again`;
    return [{ code: "SL4101", path, message: `validation '${name}': ${reason}` }];
  },
};

function refusals(step: StepConfig, dialect: Dialect, path: string): DefinitionProblem[] {
  return (refusalsByKind[step.kind] as (step: StepConfig, dialect: Dialect, path: string) => DefinitionProblem[])(
    step,
    dialect,
    path,
  );
}
