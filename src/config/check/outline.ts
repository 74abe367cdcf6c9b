import { editHistory, type EditHistory } from "../../../dsl/check/edit-history.js";
import { isConstant } from "../../../dsl/constant.js";
import { portsOf } from "../../../dsl/model.js";
import type { AnyPipeline } from "../../../dsl/pipeline/any-pipeline.js";
import { secondsIn } from "../../../dsl/steps/alert.js";
import type { Step } from "../../../dsl/steps/step-kinds.js";
import { isRecord } from "../../util/objects.js";
import { canonicalJson } from "../canonical.js";
import { modelConfig } from "../model-config.js";

/**
 * A pipeline without its lambdas, as text. If the outline of a pipeline equals that of a config's pipeline, then
 * `refuseDrift` finds no difference. It is a fraction of the code of `refuseDrift`, which apps load only where outlines
 * differ.
 *
 * @returns null for a pipeline with edits, whose problems the steps do not show, and for one with constants, which can
 * be written in many ways
 */
export function pipelineOutline(pipeline: AnyPipeline): string | null {
  const { notes = [], rows = null } = (pipeline as { readonly [editHistory]?: EditHistory })[editHistory] ?? {};
  if (notes.length > 0 || rows !== null) return null;
  if (pipeline.steps.some((step) => Object.values(step).some(hasConstant))) return null;
  const { name, steps, modelList, inputs, missing = [] } = pipeline;
  const names = new Map<unknown, string>(modelList.map((model) => [model, model.name]));
  const named = (value: unknown): unknown => {
    if (typeof value === "function") return "lambda";
    if (Array.isArray(value)) return value.map(named);
    if (!isRecord(value)) return value;
    return names.get(value) ?? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, named(part)]));
  };
  return canonicalJson({
    name,
    inputs: portsOf(inputs),
    missing,
    models: modelList.map(modelConfig),
    steps: steps.map((step) => named(inSeconds(step))),
  });
}

function hasConstant(part: unknown): boolean {
  return isRecord(part) && Object.values(part).some(isConstant);
}

/** `"5m"` and `"300s"` are the same duration. */
function inSeconds(step: Step): object {
  if (step.kind !== "alert") return step;
  return { ...step, over: secondsIn(step.over), for: step.for === null ? 0 : secondsIn(step.for) };
}
