import type { DefinitionModel } from "../platform.js";
import { type ConfigPart, inferenceStep, type ReadStep } from "../steps.js";
import type { ParsedCheck } from "./parse-check.js";
import type { Problems } from "./problems.js";

/** The parsed texts of one Check step. */
export interface ChecksPart {
  readonly kind: "checks";
  readonly path: string;
  readonly checks: readonly ParsedCheck[];
}

/** A step as a config has it, where a shadow is one step; or the checks of one Check step. */
export type Part = ConfigPart | ChecksPart;

/** A step of a definition whose check texts are parsed. */
export type ParsedStep = Exclude<ReadStep, { kind: "check" }> | ChecksPart;

/** The models that a part runs, or null if it runs none. */
export function modelsOfPart(part: Part): readonly DefinitionModel[] | null {
  return part.kind === "step" ? part.models : null;
}

/**
 * Joins the three steps of a shadow into one, and moves the checks of the `checks` dialect to where a config has them:
 * that SDK inserts each check right after the last inference step, so the newest comes first and audits and selects
 * follow.
 */
export function groupSteps(all: readonly ParsedStep[], isChecksDialect: boolean, problems: Problems): Part[] {
  const parts: Part[] = [];
  const steps = all.filter((step) => step.kind !== "checks" || checksSomething(step, problems));
  for (let i = 0; i < steps.length;) {
    const step = steps[i] as ParsedStep;
    i++;
    if (step.kind === "multiOut") {
      problems.report(
        "SL4111",
        step.path,
        "MultiOut is supported only at the end of a shadow: after a step of several models and an audit from 1",
      );
      continue;
    }
    if (step.kind === "checks" || (step.kind === "step" && step.models === null)) {
      if (step.kind === "checks" && isChecksDialect) {
        problems.report(
          "SL4113",
          step.path,
          "in the 'checks' dialect, checks are supported only right after an inference step",
        );
      } else parts.push(step);
      continue;
    }
    const checks: Part[] = [];
    for (let next = steps[i]; isChecksDialect && next?.kind === "checks"; next = steps[++i]) checks.unshift(next);
    if (step.kind === "inference") {
      const isShadow = step.models.length > 1 && isShadowEnd(steps[i], steps[i + 1]);
      if (isShadow) i += 2;
      parts.push({ kind: "step", path: step.path, step: inferenceStep(step.models, isShadow), models: step.models });
    } else parts.push(step);
    if (checks.length === 0) continue;
    for (let next = steps[i]; next?.kind === "step" && next.models === null; next = steps[++i]) parts.push(next);
    parts.push(...checks);
  }
  return parts;
}

function checksSomething({ path, checks }: ChecksPart, problems: Problems): boolean {
  if (checks.length > 0) return true;
  const message = "the step checks nothing; the SDK writes such a step for a validation named 'count'";
  problems.report("SL4113", path, message);
  return false;
}

/** Whether two steps are what follows the models of a shadow: an audit from 1 without end, and MultiOut. */
function isShadowEnd(audit: ParsedStep | undefined, end: ParsedStep | undefined): boolean {
  if (audit?.kind !== "step" || audit.step.kind !== "audit" || end?.kind !== "multiOut") return false;
  return audit.step.from === 1 && audit.step.to === null;
}
