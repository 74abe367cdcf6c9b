import { TargetError } from "../../../dsl/errors.js";
import type { Config } from "../../config/schema.js";
import { describeValue } from "../../util/format-value.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import type { DefinitionForm } from "../definition.js";
import type { DefinitionProblem } from "../platform.js";
import { ConfigBuilder } from "./config-builder.js";
import { groupSteps, type ParsedStep } from "./group-steps.js";
import type { KnownModel } from "./infer-ports.js";
import { parseDefinition } from "./parse-definition.js";
import { Problems } from "./problems.js";
import { modelsWithPorts } from "./signatures.js";

export interface FromDefinitionOptions {
  /**
   * The models with their ports, which a definition does not contain: handles, results of `readSignature`, or the
   * models of a config.
   */
  readonly models?: readonly KnownModel[];
}

/** What was read from a definition. */
export interface ParsedDefinition {
  /**
   * The pipeline, without the parts that `problems` name; null if the definition has no pipeline that fits together.
   */
  readonly config: Config | null;
  /** What could not be read, with paths. Empty if the config expresses everything in the definition. */
  readonly problems: readonly DefinitionProblem[];
  /**
   * The models without a known signature. Their ports are inferred: those that checks read, as float64, just long
   * enough. Such a config can be explained and compared; to run it, pass `models`.
   */
  readonly inferred: readonly string[];
  /** For `toDefinition`, which then returns the same definition again. */
  readonly form: DefinitionForm;
}

/**
 * Reads a definition of the Wallaroo platform: joins the three steps of a shadow into one, and decompiles the texts of
 * checks into typed lambdas. A definition never makes it throw.
 *
 * @param definition parsed JSON, or its text
 * @param options `models`: the ports of the definition's models
 * @throws TargetError SL6011 for an option that is not valid
 * @returns the config, the problems (SL2xxx, SL411x), the models with inferred ports, and the definition's form
 * @example
 * const { config, problems } = fromDefinition(await readFile("fraud.definition.json", "utf8"), { models });
 */
export function fromDefinition(definition: unknown, options: FromDefinitionOptions = {}): ParsedDefinition {
  requireKnownOptions("fromDefinition()", options, ["models"]);
  if (options.models !== undefined && !Array.isArray(options.models))
    throw new TargetError(
      "SL6011",
      `fromDefinition(): the option 'models' is ${describeValue(options.models)}; give a list of handles, or of results of readSignature()`,
      { option: "models" },
    );
  const problems = new Problems();
  const read = parseDefinition(definition, problems);
  if (read === null) return { config: null, problems: problems.all, inferred: [], form: { dialect: "polars" } };
  const { id, dialect } = read;
  const steps = read.steps.flatMap((step) => withoutGauges(step, problems));
  const parts = groupSteps(steps, dialect === "checks", problems);
  const { models, inferred } = modelsWithPorts(parts, options.models ?? [], dialect, problems);
  const built = new ConfigBuilder(id, models, parts, problems).build();
  return {
    config: built?.config ?? null,
    problems: problems.all,
    inferred,
    form: { dialect, ...(built === null ? {} : { checks: built.checks }) },
  };
}

/** Reports the gauges of a step. A step with gauges alone is left out. */
function withoutGauges(step: ParsedStep, problems: Problems): ParsedStep[] {
  if (step.kind !== "checks" || step.checks.length === 0) return [step];
  const checks = step.checks.filter(({ gauge, path }) => {
    if (gauge === undefined) return true;
    const message = "this is the left side of an alert; the definition does not contain the alert's condition";
    problems.report("SL4111", `${path}:.gauges`, message);
    return false;
  });
  return checks.length === 0 ? [] : [{ ...step, checks }];
}
