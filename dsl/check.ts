import { fit, normal, type OpenCheck } from "./accepts.js";
import type { ErrorCode, Problem } from "./errors.js";
import { isSameModel, modelFlaw, portsFlaw, portsOf, recordOf, type Model } from "./model.js";
import { kindOf, pipelineNameProblem, validationNameProblem } from "./names.js";
import type { AnyPipeline } from "./pipeline.js";
import { firstColumns } from "./renaming.js";
import type { RowScope } from "./row.js";
import type { ModelStep, ShadowStep, Step, StepKind, ValidationStep } from "./steps.js";
import type { Port } from "./tensor.js";
import { alreadyChallenger, noChallengers, noInferenceBefore, repeated, requestSource, stepSource } from "./wording.js";

/** What the types leave open: `input` of `model` at `step` must have `expects` elements along `axis`, or rank `expects` where `axis` is null. A symbol must be one size in all its places. */
export interface RuntimeCheck extends OpenCheck {
  readonly step: number;
  readonly model: string;
}

/** What the check of a whole pipeline found. */
export interface PipelineCheck {
  /** Everything that is wrong, in order of the steps; empty when the pipeline fits together. */
  readonly problems: Problem[];
  readonly checks: RuntimeCheck[];
  /** By step index: what a validation there may read. */
  readonly scopes: RowScope[];
}

/**
 * The check that the types make, at run time and in the same words: for code that escaped them, and for what they leave open.
 * @example const { problems } = checkPipeline(fraud);
 */
export function checkPipeline(pipeline: AnyPipeline): PipelineCheck {
  const given: unknown = pipeline;
  if (typeof given !== "object" || given === null || !Array.isArray((given as Partial<AnyPipeline>).steps)) {
    const message = `expected a pipeline from pipeline(name), not ${kindOf(given)}`;
    return { problems: [{ code: "SL2040", message }], checks: [], scopes: [] };
  }
  const problems: Problem[] = [];
  const nameProblem = pipelineNameProblem(pipeline.name);
  if (nameProblem !== null) problems.push(nameProblem);
  const flaw = declaredFlaw(pipeline.inputs);
  if (flaw !== null) problems.push({ code: "SL2041", message: `${flaw}` });
  const walk = new Walk(flaw === null ? pipeline.inputs : undefined);
  pipeline.steps.forEach((step, index) => walk.step(step, index));
  problems.push(...walk.problems);
  if (walk.source === null) {
    problems.push({ code: "SL2007", message: "the pipeline has no inference step: add .model() or .shadow()" });
  }
  return { problems, checks: walk.checks, scopes: walk.scopes };
}

/** The request columns and the outputs of a list of steps, as frozen data, as far as they can be told. */
export function flow(steps: readonly Step[], declared: object | undefined): { inputs: object; outputs: object } {
  const flaw = declared === undefined ? null : declaredFlaw(declared);
  const walk = new Walk(flaw === null ? declared : undefined);
  steps.forEach((step, index) => walk.step(step, index));
  return { inputs: flaw === null ? recordOf(walk.inputs) : Object.freeze({ ...declared }), outputs: recordOf(walk.outputs) };
}

/** No columns at all is no flaw: a pipeline without a step has none. */
function declaredFlaw(inputs: unknown): string | null {
  if (typeof inputs === "object" && inputs !== null && Object.keys(inputs).length === 0) return null;
  return portsFlaw(inputs, "input", "the pipeline");
}

class Walk {
  readonly problems: Problem[] = [];
  readonly checks: RuntimeCheck[] = [];
  readonly scopes: RowScope[] = [];
  inputs: readonly Port[];
  outputs: readonly Port[];
  /** Where `outputs` come from, null before the first inference step. */
  source: string | null = null;
  #models: Record<string, readonly Port[]> = {};
  #champion: string | null = null;
  #first: Required<RowScope>["first"] | null = null;
  #last: string | null = null;
  readonly #validations = new Set<string>();
  readonly #challengers = new Set<string>();
  readonly #named = new Map<string, { readonly model: Model; readonly step: number }>();

  constructor(declared: object | undefined) {
    this.inputs = declared === undefined ? [] : portsOf(declared);
    this.outputs = normal(this.inputs);
  }

  step(step: Step, index: number): void {
    this.scopes.push({
      inputs: this.inputs,
      outputs: this.source === null ? [] : this.outputs,
      models: this.#models,
      ...(this.#champion === null ? {} : { champion: this.#champion }),
      ...(this.#first === null ? {} : { first: this.#first }),
      ...(this.#last === null ? {} : { last: this.#last }),
    });
    (walkByKind[step.kind] as (walk: Walk, step: Step, index: number) => void)(this, step, index);
  }

  model(step: ModelStep, index: number): void {
    const rename = this.#rename(step.rename, index);
    if (!this.#isModel(step.model, "the model", index)) return;
    const outputs = this.#infer(step.model, rename, index);
    this.#first ??= { name: step.model.name, columns: portsOf(step.model.inputs).map(({ name }) => (Object.hasOwn(rename, name) ? (rename[name] ?? name) : name)) };
    this.#goOn(step.model, outputs, index, {});
  }

  shadow(step: ShadowStep, index: number): void {
    const { champion, challengers } = step;
    const championIsModel = this.#isModel(champion, "the champion", index);
    if (!Array.isArray(challengers)) {
      this.report("SL2031", `the challengers of step ${index} must be a list of models, not ${kindOf(challengers)}`, index);
    } else if (challengers.length === 0) {
      this.report("SL2020", noChallengers, index);
    }
    if (!championIsModel) return;
    const outputs = this.#infer(champion, {}, index);
    this.#first ??= { name: champion.name, columns: portsOf(champion.inputs).map(({ name }) => name) };
    const models = new Map([[champion.name, outputs]]);
    for (const challenger of Array.isArray(challengers) ? (challengers as readonly Model[]) : []) {
      if (!this.#isModel(challenger, "a challenger", index)) continue;
      const { name } = challenger;
      if (models.has(name)) {
        this.report("SL2021", repeated(name), index, { model: name });
        continue;
      }
      if (this.#challengers.has(name)) {
        this.report("SL2022", alreadyChallenger(name), index, { model: name });
        continue;
      }
      this.#challengers.add(name);
      models.set(name, this.#infer(challenger, {}, index));
    }
    this.#goOn(champion, outputs, index, Object.fromEntries(models));
  }

  validation(step: ValidationStep, index: number): void {
    const { name, check } = step;
    if (this.source === null && typeof name === "string") {
      this.report("SL2005", noInferenceBefore(name), index, { validation: name });
    }
    const problem = validationNameProblem(name, this.#validations);
    if (problem !== null) this.problems.push({ ...problem, details: { ...problem.details, step: index } });
    if (typeof check !== "function") {
      this.report("SL2006", `validation '${name}' needs a function of the row, not ${kindOf(check)}`, index);
    }
    this.#validations.add(name);
  }

  report(code: ErrorCode, message: string, step: number, details: Readonly<Record<string, unknown>> = {}): void {
    this.problems.push({ code, message, details: { step, ...details } });
  }

  /** What `model` makes of what arrives; the first one names the request's columns. */
  #infer(model: Model, rename: Readonly<Record<string, string>>, index: number): readonly Port[] {
    if (this.inputs.length === 0) {
      this.inputs = firstColumns(portsOf(model.inputs), rename);
      this.outputs = normal(this.inputs);
    }
    const { problems, checks, outputs } = fit(model, rename, { ports: this.outputs, source: this.source ?? requestSource });
    for (const problem of problems) this.problems.push({ ...problem, details: { step: index, ...problem.details } });
    for (const check of checks) this.checks.push({ step: index, model: model.name, ...check });
    return outputs;
  }

  #goOn(model: Model, outputs: readonly Port[], index: number, models: Record<string, readonly Port[]>): void {
    this.outputs = outputs;
    this.source = stepSource(index, model.name);
    this.#last = model.name;
    this.#models = models;
    this.#champion = Object.keys(models).length === 0 ? null : model.name;
  }

  #isModel(value: unknown, what: string, index: number): value is Model {
    const flaw = modelFlaw(value);
    if (flaw !== null) {
      const message = `${what} of step ${index} is not a model from defineModel: ${flaw}`;
      this.report("SL2031", message, index);
      return false;
    }
    const model = value as Model;
    const known = this.#named.get(model.name);
    if (known === undefined) {
      this.#named.set(model.name, { model, step: index });
    } else if (!isSameModel(known.model, model)) {
      const message = `two different models are named '${model.name}', in step ${known.step} and step ${index}: rename one`;
      this.report("SL2030", message, index, { model: model.name });
    }
    return true;
  }

  #rename(rename: unknown, index: number): Readonly<Record<string, string>> {
    if (typeof rename === "object" && rename !== null && !Array.isArray(rename)) {
      if (Object.values(rename).every((column) => typeof column === "string" && column !== "")) {
        return rename as Readonly<Record<string, string>>;
      }
    }
    this.report("SL2018", `the renaming of step ${index} must be { "model input": "output or column" }`, index);
    return {};
  }
}

const walkByKind: { readonly [K in StepKind]: (walk: Walk, step: Extract<Step, { kind: K }>, index: number) => void } = {
  model: (walk, step, index) => walk.model(step, index),
  shadow: (walk, step, index) => walk.shadow(step, index),
  validation: (walk, step, index) => walk.validation(step, index),
};
