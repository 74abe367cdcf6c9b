import { ConfigError, TargetError } from "../../../../dsl/errors.js";
import type { UncheckedPipeline } from "../../../../dsl/index.js";
import { rebuildPipeline } from "../../../config/rebuild/rebuild.js";
import type { Config } from "../../../config/schema.js";
import type { Dialect } from "../../../wallaroo/platform.js";
import { fromDefinition } from "../../../wallaroo/read/from-definition.js";
import type { KnownModel } from "../../../wallaroo/read/infer-ports.js";
import { parseCheck } from "../../../wallaroo/read/parse-check.js";
import { Problems } from "../../../wallaroo/read/problems.js";
import { backEndOf, type DefinitionStep } from "../../../wallaroo/steps.js";
import { alertConfigurations, type AlertConfiguration } from "../../../wallaroo/write/alerts.js";
import { toDefinition } from "../../../wallaroo/write/to-definition.js";
import type { AlertCondition, ValidationCondition } from "./public-types.js";

/** Where a check is written: the steps before it, in a pipeline. */
export interface CheckPlace {
  readonly pipeline: string;
  readonly dialect: Dialect;
  readonly before: readonly DefinitionStep[];
  /** Models whose ports are known. */
  readonly models: readonly KnownModel[];
  /** The names of the pipeline's other checks. */
  readonly taken: ReadonlySet<string>;
}

/**
 * Compiles validations to the texts of the dialect.
 *
 * @throws PipelineError SL1xxx, SL2002 to SL2004; ConfigError SL4101 for what the dialect cannot express; TargetError
 * SL6000 where the ports of a model are not known
 */
export async function compileValidations(
  conditions: Readonly<Record<string, ValidationCondition>>,
  place: CheckPlace,
): Promise<string[]> {
  const names = Object.keys(conditions);
  refuseTaken(names, place);
  const { steps } = await compiled(place, (base) =>
    names.reduce((built, name) => built.validate(name, conditions[name] as ValidationCondition), base),
  );
  const backEnd = backEndOf[place.dialect];
  return steps.slice(-names.length).map((step) => {
    if (step.kind !== "validation") throw new TypeError("the last steps are the validations");
    const { strings, refused } = step.expression;
    const text = strings[backEnd];
    if (text !== undefined) return text;
    throw new ConfigError(
      "SL4101",
      `validation '${step.name}' of pipeline '${place.pipeline}': ${refused[backEnd]?.reason ?? "the dialect has no text for it"}`,
      { pipeline: place.pipeline, dialect: place.dialect },
    );
  });
}

/** An alert of an older platform: its gauge, and the condition on it. */
export interface CompiledAlert extends AlertConfiguration {
  readonly gauge: string;
}

/** @throws as `compileValidations`; ConfigError SL4100 for an alert that the platform cannot evaluate */
export async function compileAlert(
  name: string,
  condition: AlertCondition,
  over: string,
  place: CheckPlace,
): Promise<CompiledAlert> {
  refuseTaken([`${name}:left`], place);
  if (place.dialect === "polars")
    throw new ConfigError(
      "SL4105",
      `alert '${name}' of pipeline '${place.pipeline}': platforms since 2023.4.2 have no alerts; watch their metrics or log instead`,
      { pipeline: place.pipeline },
    );
  const config = await compiled(place, (base) => base.alert(name, condition, { over }));
  const { steps } = toDefinition(config, { dialect: "checks", alerts: "gauges" });
  const [configuration] = alertConfigurations(config);
  const [gauge] = steps.flatMap((step) => ("Check" in step ? step.Check.tree : []));
  if (configuration === undefined || gauge === undefined) throw new TypeError("the alert was not written");
  return { ...configuration, gauge };
}

/** The config of the steps before, without their checks, and of what `add` adds to them. */
async function compiled(
  { pipeline, before, models }: CheckPlace,
  add: (base: UncheckedPipeline) => UncheckedPipeline,
): Promise<Config> {
  const steps = before.filter((step) => !("Check" in step));
  const { config, problems, inferred } = fromDefinition({ id: pipeline, steps }, { models });
  if (config === null) {
    const lines = problems.map(({ code, path, message }) => `\n  ${code} ${path}: ${message}`).join("");
    throw new ConfigError(
      problems[0]?.code ?? "SL4110",
      `pipeline '${pipeline}': a check cannot be compiled after steps that do not fit together:${lines}`,
      { pipeline },
    );
  }
  if (inferred.length > 0)
    throw new TargetError(
      "SL6000",
      `pipeline '${pipeline}': a check cannot be compiled, because the ports of ${inferred.map((name) => `'${name}'`).join(", ")} are not known; use handles from models.gen.ts in the steps, or give them: target.pipeline("${pipeline}", { models })`,
      { pipeline, models: inferred },
    );
  const { build } = await import("../../../build.js");
  return build(add(rebuildPipeline(config) as unknown as UncheckedPipeline));
}

function refuseTaken(names: readonly string[], { pipeline, taken }: CheckPlace): void {
  const found = names.find((name) => taken.has(name));
  if (found !== undefined)
    throw new ConfigError("SL2004", `pipeline '${pipeline}' already has a check '${found}'; give another name`, {
      pipeline,
    });
}

/** The names of the checks in steps. A text that cannot be read has none. */
export function checkNames(steps: readonly DefinitionStep[]): Set<string> {
  const names = new Set<string>();
  for (const step of steps)
    for (const text of "Check" in step ? step.Check.tree : []) {
      const name = parseCheck(text, "tree", new Problems())?.name ?? gaugeName(text);
      if (name !== undefined) names.add(name);
    }
  return names;
}

function gaugeName(text: string): string | undefined {
  return /"gauges": \["([^"\\]*)"\]/.exec(text)?.[1];
}
