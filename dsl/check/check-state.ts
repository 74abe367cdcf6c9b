import { fit, type OpenCheck } from "../shapes/fits.js";
import type { ErrorCode, Problem } from "../errors.js";
import { isSameModel, modelFlaw, portsOf, type Model } from "../model.js";
import type { EarlierModel, FoundSource, Origins, Sources } from "../shapes/sources.js";
import { columnNames, firstColumns } from "../steps/model.js";
import type { RowScope } from "../row.js";
import type { Port } from "../tensor.js";
import { requestSource, stepSource } from "../messages/shapes.js";
import { needsSelect } from "../messages/steps.js";

/**
 * A check that the types cannot make: `input` of `model` at `step` must have `expects` elements along `axis` of a row,
 * or rows of rank `expects` where `axis` is null. A symbol must have one size wherever it occurs.
 */
export interface RuntimeCheck extends OpenCheck {
  readonly step: number;
  /** Null at a refine step: `input` is then one of the arriving tensors. */
  readonly model: string | null;
}

/** The outputs of one model by its name. */
export interface ModelOutputs {
  readonly name: string;
  readonly outputs: readonly Port[];
}

/** The outputs of a models step before one is selected. */
interface OutputTuple {
  readonly step: number;
  readonly outputs: readonly ModelOutputs[];
  audited: boolean;
}

const noOutputs: Readonly<Record<string, readonly Port[]>> = {};

/** The state of a check of a pipeline, step by step: what arrives at the next step, and the problems so far. */
export class CheckState {
  readonly problems: Problem[] = [];
  readonly checks: RuntimeCheck[] = [];
  readonly scopes: RowScope[] = [];
  inputs: readonly Port[];
  outputs: readonly Port[];
  /** The source of `outputs`, null before the first inference step. */
  source: string | null = null;
  tuple: OutputTuple | null = null;
  /** The model that takes the request; null if a split chooses it. */
  first: NonNullable<RowScope["first"]> | null = null;
  /** The model that produced `outputs`; null after a split and while `tuple` is set. */
  last: string | null = null;
  readonly validations = new Set<string>();
  readonly alerts = new Set<string>();
  /** The models whose outputs are logged by name. */
  readonly logged = new Set<string>();
  /** By step index and input: the sources that the step names. */
  readonly sources = new Map<number, ReadonlyMap<string, FoundSource>>();
  /** By model: what a later step may name as a source. */
  readonly #earlier = new Map<string, EarlierModel>();
  #byModel = noOutputs;
  #champion: string | null = null;
  readonly #firstUse = new Map<string, { readonly model: Model; readonly step: number }>();

  constructor(declared: object | undefined) {
    this.inputs = declared === undefined ? [] : portsOf(declared);
    this.outputs = this.inputs;
  }

  /** Records what a validation or alert at this position may read. */
  recordScope(): void {
    this.scopes.push({
      inputs: this.inputs,
      outputs: this.source === null || this.tuple !== null ? [] : this.outputs,
      models: this.#byModel,
      ...(this.#champion === null ? {} : { champion: this.#champion }),
      ...(this.first === null ? {} : { first: this.first }),
      ...(this.last === null ? {} : { last: this.last }),
    });
  }

  report(code: ErrorCode, message: string, step: number, details: Readonly<Record<string, unknown>> = {}): void {
    this.problems.push({ code, message, details: { step, ...details } });
  }

  /** Checks that `model` takes what arrives, and returns its outputs. The first model defines the request's columns. */
  infer(model: Model, given: Sources, index: number): readonly Port[] {
    let sources = given;
    if (this.inputs.length === 0 && this.source === null) {
      sources = columnNames(given);
      this.inputs = firstColumns(portsOf(model.inputs), sources);
      this.outputs = this.inputs;
      if (this.inputs.length === 0) this.report("SL2042", noColumns(model.name), index, { model: model.name });
    }
    if (this.source === null) {
      const names = columnNames(sources);
      const columns = portsOf(model.inputs).map(({ name }) => (Object.hasOwn(names, name) ? names[name] : name));
      this.first ??= { name: model.name, columns: columns.filter((column) => typeof column === "string") };
    }
    const { tuple } = this;
    if (tuple !== null) {
      const message = needsSelect(tuple.step, tuple.outputs.length, `model '${model.name}'`);
      this.report("SL2026", message, index, { model: model.name });
      return portsOf(model.outputs);
    }
    const { problems, checks, outputs, sources: found } = fit(model, sources, this.#origins());
    if (found.size > 0) this.sources.set(index, found);
    for (const problem of problems) this.problems.push({ ...problem, details: { step: index, ...problem.details } });
    for (const check of checks) this.checks.push({ step: index, model: model.name, ...check });
    return outputs;
  }

  /** The outputs of `model` without a check: for a model that already has a problem. */
  outputsOf(model: Model): readonly Port[] {
    return fit(model, {}, this.#origins()).outputs;
  }

  #origins(): Origins {
    return {
      outputs: this.outputs,
      source: this.source ?? requestSource,
      columns: this.inputs,
      models: this.#earlier,
      isFirst: this.source === null,
    };
  }

  /** The next step takes the outputs of `model`. */
  setOutputs(model: Model, outputs: readonly Port[], index: number): void {
    this.#replaceOutputs(model.name, outputs, index);
    this.#earlier.set(model.name, { step: index, outputs });
    this.#byModel = noOutputs;
    this.#champion = null;
  }

  /**
   * The next step takes the outputs of the model that the split chooses. Messages name `first`.
   * @param models the names of all models of the split
   */
  setSplitOutputs(first: Model, models: readonly string[], outputs: readonly Port[], index: number): void {
    if (this.source === null) this.first = null;
    this.setOutputs(first, outputs, index);
    if (models.some((name) => name !== first.name)) {
      for (const name of models) this.#earlier.set(name, { step: index, outputs: null });
    }
    this.last = null;
  }

  /** The next step takes the outputs of the champion, the first of `models`. Lambdas can read those of all models. */
  setShadowOutputs(models: readonly ModelOutputs[], index: number): void {
    const [champion] = models;
    if (champion === undefined) return;
    this.#replaceOutputs(champion.name, champion.outputs, index);
    this.#byModel = byName(models);
    for (const { name, outputs } of models) this.#earlier.set(name, { step: index, outputs });
    this.#champion = champion.name;
  }

  /** The outputs of all `models` form a tuple. */
  setTuple(models: readonly ModelOutputs[], index: number): void {
    this.source = stepSource(index, models[0]?.name ?? "");
    this.last = null;
    this.tuple = { step: index, outputs: models, audited: false };
    this.#byModel = byName(models);
    for (const { name, outputs } of models) this.#earlier.set(name, { step: index, outputs });
    this.#champion = null;
  }

  /** The next step takes one output of the tuple. Lambdas can still read those of all models. */
  selectOutput(selected: ModelOutputs, step: number): void {
    this.#replaceOutputs(selected.name, selected.outputs, step);
    this.#champion = selected.name;
  }

  #replaceOutputs(name: string, outputs: readonly Port[], step: number): void {
    this.outputs = outputs;
    this.source = stepSource(step, name);
    this.last = name;
    this.tuple = null;
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

function byName(models: readonly ModelOutputs[]): Readonly<Record<string, readonly Port[]>> {
  return Object.fromEntries(models.map(({ name, outputs }) => [name, outputs]));
}
