import { kindOf, validationNameProblem } from "./names.js";
import type { ModelStep, ShadowStep, ValidationStep } from "./steps.js";
import type { ModelOutputs, Walk } from "./walk.js";
import { alreadyChallenger, noChallengers, noInferenceBefore, repeated } from "./wording.js";

// The run-time checks of the steps that give the outputs of one model: model, shadow and validation.

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
    walk.report("SL2031", `the challengers of step ${index} must be a list of models, not ${kindOf(challengers)}`, index);
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

function renameOf(walk: Walk, rename: unknown, index: number): Readonly<Record<string, string>> {
  if (typeof rename === "object" && rename !== null && !Array.isArray(rename)) {
    if (Object.values(rename).every((column) => typeof column === "string" && column !== "")) {
      return rename as Readonly<Record<string, string>>;
    }
  }
  walk.report("SL2018", `the renaming of step ${index} must be { "model input": "output or column" }`, index);
  return {};
}
