import { kindOf } from "../value-kind.js";
import type { AuditStep, ModelsStep, SelectStep } from "../steps/nodes.js";
import type { ModelOutputs, Walk } from "./walker.js";
import {
  auditedAlready,
  emptySlice,
  needsModels,
  noModels,
  noSlice,
  repeatedModel,
  selectOutOfRange,
  sliceOutOfRange,
} from "../messages/steps.js";

// The run-time checks of a tuple of outputs: models, audit and select.

export function walkModels(walk: Walk, step: ModelsStep, index: number): void {
  const models: unknown = step.models;
  if (!Array.isArray(models)) {
    return walk.report("SL2031", `the models of step ${index} must be a list of models, not ${kindOf(models)}`, index);
  }
  if (models.length === 0) walk.report("SL2023", noModels, index);
  const found: ModelOutputs[] = [];
  for (const model of models as readonly unknown[]) {
    if (!walk.isModel(model, "a model", index)) continue;
    const { name } = model;
    const before = found.find((other) => other.name === name);
    if (before !== undefined) {
      walk.report("SL2024", repeatedModel(name, "models step"), index, { model: name });
      found.push(before);
    } else {
      const logged = walk.isLogged(name, index);
      found.push({ name, outputs: logged ? walk.outputsOf(model) : walk.infer(model, {}, index) });
    }
  }
  if (found.length > 0 || models.length === 0) walk.goOnSeveral(found, index);
}

export function walkAudit(walk: Walk, step: AuditStep, index: number): void {
  const { from, to } = step;
  const { several } = walk;
  if (several === null) return walk.report("SL2027", needsModels("audit"), index);
  if (several.audited) return walk.report("SL2053", auditedAlready(several.step), index);
  several.audited = true;
  if (!isCount(from) || !(to === null || isCount(to))) return walk.report("SL2050", noSlice(String(from)), index);
  const slice = `${from}:${to ?? ""}`;
  const count = several.outputs.length;
  if (from >= count || (to ?? 0) > count)
    return walk.report("SL2052", sliceOutOfRange(slice, several.step, count), index);
  if (to !== null && to <= from) return walk.report("SL2051", emptySlice(slice), index);
  for (const { name } of several.outputs.slice(from, to ?? undefined)) walk.logged.add(name);
}

export function walkSelect(walk: Walk, step: SelectStep, index: number): void {
  const { several } = walk;
  if (several === null) return walk.report("SL2027", needsModels("select"), index);
  const chosen = isCount(step.index) ? several.outputs[step.index] : undefined;
  if (chosen === undefined) {
    return walk.report(
      "SL2054",
      selectOutOfRange(
        typeof step.index === "number" ? step.index : kindOf(step.index),
        several.step,
        several.outputs.length,
      ),
      index,
    );
  }
  walk.goOnSelected(chosen, several.step);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
