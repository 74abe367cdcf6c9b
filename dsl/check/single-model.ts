import { alertNameProblem, durationProblem } from "../steps/alert.js";
import { validationNameProblem } from "../names.js";
import { kindOf } from "../value-kind.js";
import type { AlertStep, ModelStep, ShadowStep, ValidationStep } from "../steps/nodes.js";
import type { ModelOutputs, Walk } from "./walker.js";
import { alreadyChallenger, noChallengers, noInferenceBefore, repeated } from "../messages/shapes.js";
import { noInferenceBeforeAlert } from "../messages/alerts.js";

// The run-time checks of the steps that give the outputs of one model: model and shadow, and of those that look at them: validation and alert.

export function walkModel(walk: Walk, step: ModelStep, index: number): void {
  const rename = renameOf(walk, step.rename, index);
  if (!walk.isModel(step.model, "the model", index)) return;
  walk.goOn(step.model, walk.infer(step.model, rename, index), index);
}

export function walkShadow(walk: Walk, step: ShadowStep, index: number): void {
  const { champion } = step;
  const challengers: unknown = step.challengers;
  const championIsModel = walk.isModel(champion, "the champion", index);
  if (!Array.isArray(challengers)) {
    walk.report(
      "SL2031",
      `the challengers of step ${index} must be a list of models, not ${kindOf(challengers)}`,
      index,
    );
  } else if (challengers.length === 0) {
    walk.report("SL2020", noChallengers, index);
  }
  if (!championIsModel) return;
  const models: ModelOutputs[] = [{ name: champion.name, outputs: walk.infer(champion, {}, index) }];
  for (const challenger of Array.isArray(challengers) ? (challengers as readonly unknown[]) : []) {
    if (!walk.isModel(challenger, "a challenger", index)) continue;
    const { name } = challenger;
    if (models.some((model) => model.name === name)) {
      walk.report("SL2021", repeated(name), index, { model: name });
    } else if (walk.logged.has(name)) {
      walk.report("SL2022", alreadyChallenger(name), index, { model: name });
    } else {
      walk.logged.add(name);
      models.push({ name, outputs: walk.infer(challenger, {}, index) });
    }
  }
  walk.goOnBeside(models, index);
}

export function walkValidation(walk: Walk, step: ValidationStep, index: number): void {
  const { name, check } = step;
  if (walk.source === null && typeof name === "string") {
    walk.report("SL2005", noInferenceBefore(name), index, { validation: name });
  }
  const problem = validationNameProblem(name, walk.validations);
  if (problem !== null) walk.problems.push({ ...problem, details: { ...problem.details, step: index } });
  if (typeof check !== "function") {
    walk.report("SL2006", `validation '${name}' needs a function of the row, not ${kindOf(check)}`, index);
  }
  walk.validations.add(name);
}

export function walkAlert(walk: Walk, step: AlertStep, index: number): void {
  const { name, condition } = step;
  const details = { alert: name };
  if (walk.source === null && typeof name === "string")
    walk.report("SL2083", noInferenceBeforeAlert(name), index, details);
  const problem = alertNameProblem(name, walk.alerts);
  if (problem !== null) walk.problems.push({ ...problem, details: { ...problem.details, step: index } });
  if (typeof condition !== "function") {
    walk.report(
      "SL2084",
      `alert '${name}' needs a function of the window's rows, not ${kindOf(condition)}`,
      index,
      details,
    );
  }
  const durations: readonly (readonly [string, unknown])[] = [
    ["over", step.over],
    ...(step.for === null ? [] : [["for", step.for] as const]),
  ];
  for (const [option, duration] of durations) {
    const wrong = durationProblem(option, duration);
    if (wrong !== null) walk.report(wrong.code, wrong.message, index, details);
  }
  walk.alerts.add(name);
}

function renameOf(walk: Walk, rename: unknown, index: number): Readonly<Record<string, string>> {
  if (typeof rename === "object" && rename !== null && !Array.isArray(rename)) {
    if (Object.values(rename).every((column) => typeof column === "string" && column !== "")) {
      return rename as Readonly<Record<string, string>>;
    }
  }
  walk.report("SL2018", `the renaming of step ${index} must be { "model input": "output or column" }`, index);
  return {};
}
