import { LambdaError } from "../../../dsl/errors.js";
import { checkPipeline } from "../../../dsl/index.js";
import { rebuildPipeline } from "../../config/rebuild/rebuild.js";
import type { Config, StepConfigOf } from "../../config/schema.js";
import { type ChecksAlert, checksAlert } from "../../expression/backends/checks.js";
import { writeText } from "../../expression/backends/emitter.js";
import type { DefinitionProblem } from "../platform.js";

/** An alert of the older platforms: a definition holds its gauge, and the platform's table of alerts the condition. */
export interface AlertConfiguration {
  readonly name: string;
  /** The condition on the gauge, in PromQL. */
  readonly expression: string;
}

/**
 * The conditions of a config's alerts, as platforms up to 2023.4.1 store them beside the definition that
 * `toDefinition(config, { dialect: "checks", alerts: "gauges" })` returns. Python: `notify.AlertConfiguration`.
 *
 * @throws LambdaError for an alert that these platforms cannot evaluate; `toDefinition` says why
 */
export function alertConfigurations(config: Config): AlertConfiguration[] {
  return [...checksAlerts(config)].map(([{ name }, alert]) => ({ name, expression: alert().expression }));
}

/** The alerts of a config. A function of an alert that the platform cannot evaluate throws. */
export function checksAlerts(config: Config): Map<StepConfigOf<"alert">, () => ChecksAlert> {
  const found = new Map<StepConfigOf<"alert">, () => ChecksAlert>();
  if (!config.steps.some(({ kind }) => kind === "alert")) return found;
  const { scopes } = checkPipeline(rebuildPipeline(config));
  config.steps.forEach((step, i) => {
    const scope = scopes[i];
    if (step.kind !== "alert" || scope === undefined) return;
    found.set(step, () => {
      const { name, overSeconds, expression } = step;
      let alert: ChecksAlert = { gauge: "", expression: "" };
      writeText(() => (alert = checksAlert(expression.tree, { scope, name, overSeconds })).gauge);
      return alert;
    });
  });
  return found;
}

/** Why the older platforms cannot evaluate alerts of a config. */
export function alertProblems(config: Config): DefinitionProblem[] {
  return [...checksAlerts(config)].flatMap(([step, alert]): DefinitionProblem[] => {
    const refused = step.forSeconds > 0 ? "the older platforms have no 'for'" : reasonOf(alert);
    if (refused === null) return [];
    const path = `steps[${config.steps.indexOf(step)}]`;
    return [{ code: "SL4105", path, message: `alert '${step.name}': ${refused}: change it, or remove the step` }];
  });
}

function reasonOf(alert: () => ChecksAlert): string | null {
  try {
    alert();
    return null;
  } catch (error) {
    if (error instanceof LambdaError) return error.message;
    throw error;
  }
}
