import { fit, type OpenCheck } from "../shapes/fit-model.js";
import type { ErrorCode, Problem } from "../errors.js";
import { isSameModel, modelFlaw, portsOf, type Model } from "../model.js";
import type { FoundSource, Sources } from "../shapes/sources.js";
import type { Port } from "../tensor.js";
import { needsSelect } from "../messages/steps.js";
import { PortState } from "./port-state.js";

/**
 * A check that the types cannot make: `input` of `model` at `step` must have `expects` elements along `axis` of a row,
 * or rows of rank `expects` where `axis` is null. A symbol must have one size wherever it occurs.
 */
export interface RuntimeCheck extends OpenCheck {
  readonly step: number;
  /** Null at a refine step: `input` is then one of the arriving tensors. */
  readonly model: string | null;
}

/** The state of a check of a pipeline, step by step: what arrives at the next step, and the problems so far. */
export class CheckState extends PortState {
  readonly problems: Problem[] = [];
  readonly checks: RuntimeCheck[] = [];
  readonly validations = new Set<string>();
  readonly alerts = new Set<string>();
  /** By step index and input: the sources that the step names. */
  readonly sources = new Map<number, ReadonlyMap<string, FoundSource>>();
  readonly #firstUse = new Map<string, { readonly model: Model; readonly step: number }>();

  report(code: ErrorCode, message: string, step: number, details: Readonly<Record<string, unknown>> = {}): void {
    this.problems.push({ code, message, details: { step, ...details } });
  }

  override accepts(value: unknown): boolean {
    return modelFlaw(value) === null;
  }

  /** Checks that `model` takes what arrives, and returns its outputs. The first model defines the request's columns. */
  check(model: Model, given: Sources, index: number): readonly Port[] {
    const wasEmpty = this.inputs.length === 0 && this.source === null;
    const sources = this.takeRequest(model, given);
    if (wasEmpty && this.inputs.length === 0)
      this.report("SL2042", noColumns(model.name), index, { model: model.name });
    const { tuple } = this;
    if (tuple !== null) {
      const message = needsSelect(tuple.step, tuple.outputs.length, `model '${model.name}'`);
      this.report("SL2026", message, index, { model: model.name });
      return portsOf(model.outputs);
    }
    const { problems, checks, sources: found } = fit(model, sources, this.origins());
    if (found.size > 0) this.sources.set(index, found);
    for (const problem of problems) this.problems.push({ ...problem, details: { step: index, ...problem.details } });
    for (const check of checks) this.checks.push({ step: index, model: model.name, ...check });
    return this.infer(model, sources);
  }

  /** Reports a value that is not a model, and a second model with the name of another one. */
  isModel(value: unknown, what: string, index: number): value is Model {
    const flaw = modelFlaw(value);
    if (flaw !== null) {
      const message = `${what} of step ${index} is not a model from defineModel: ${flaw}`;
      this.report("SL2031", message, index);
      return false;
    }
    const model = value as Model;
    const known = this.#firstUse.get(model.name);
    if (known === undefined) {
      this.#firstUse.set(model.name, { model, step: index });
    } else if (!isSameModel(known.model, model)) {
      const message = `two different models are named '${model.name}', in step ${known.step} and step ${index}: rename one`;
      this.report("SL2030", message, index, { model: model.name });
    }
    return true;
  }
}

const noColumns = (model: string): string =>
  `the request has no column, because all inputs of model '${model}' are constants; state the columns in pipeline(name, { inputs: { … } })`;
