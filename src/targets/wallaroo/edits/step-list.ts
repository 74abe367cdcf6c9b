import { ConfigError } from "../../../../dsl/errors.js";
import { formatValue } from "../../../util/format-value.js";
import type { Dialect } from "../../../wallaroo/platform.js";
import { isInference, type DefinitionStep } from "../../../wallaroo/steps.js";

type Steps = readonly DefinitionStep[];

/**
 * Replaces one step. Indexes are those of the platform's SDK: from 0, or from the end if negative.
 *
 * @throws ConfigError SL2090 if there is no such step
 */
export function replaceStep(steps: Steps, index: number, made: Steps, method: string): Steps {
  return steps.toSpliced(positionOf(steps, index, method), 1, ...made);
}

/** @throws ConfigError SL2090 if there is no such step */
export function removeStep(steps: Steps, index: number): Steps {
  return steps.toSpliced(positionOf(steps, index, "removeStep"), 1);
}

/**
 * Where a new check comes: at the end in `polars`, right after the last inference step in `checks`.
 *
 * @throws ConfigError SL2005 if no inference step is before it
 */
export function checkPosition(steps: Steps, dialect: Dialect, method: string): number {
  const inference = steps.findLastIndex(isInference);
  if (inference === -1)
    throw new ConfigError("SL2005", `${method}: the pipeline has no inference step yet; add a model before the check`);
  return dialect === "polars" ? steps.length : inference + 1;
}

/**
 * Where a check may replace a step. In `checks` it follows an inference step, with only other checks between.
 *
 * @throws ConfigError SL2090, SL2005
 */
export function checkReplacement(steps: Steps, index: number, dialect: Dialect, method: string): number {
  const position = positionOf(steps, index, method);
  const before = steps.slice(0, position);
  if (before.some(isInference) && (dialect === "polars" || isInference(before.findLast(isNoCheck) as DefinitionStep)))
    return position;
  const rule =
    dialect === "polars"
      ? "a check needs an inference step before it"
      : "a check comes right after an inference step or another check";
  throw new ConfigError("SL2005", `${method}: ${rule}, and step ${index} does not; use another index`, { index });
}

const isNoCheck = (step: DefinitionStep): boolean => !("Check" in step);

function positionOf(steps: Steps, index: number, method: string): number {
  if (Number.isInteger(index) && index >= -steps.length && index < steps.length)
    return index < 0 ? steps.length + index : index;
  const range =
    steps.length === 0 ? "the pipeline has no steps" : `the indexes are ${-steps.length} to ${steps.length - 1}`;
  throw new ConfigError("SL2090", `${method}: there is no step ${formatValue(index)}; ${range}`, {
    index,
    steps: steps.length,
  });
}
