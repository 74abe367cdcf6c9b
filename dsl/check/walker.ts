import { fit, normal, type OpenCheck } from "../shapes/fits.js";
import type { ErrorCode, Problem } from "../errors.js";
import { isSameModel, modelFlaw, portsOf, type Model } from "../model.js";
import { firstColumns } from "../steps/rename.js";
import type { RowScope } from "../row.js";
import type { Port } from "../tensor.js";
import { requestSource, stepSource } from "../messages/shapes.js";
import { loggedAlready, needsSelect } from "../messages/steps.js";

/** What the types leave open: `input` of `model` at `step` must have `expects` elements along `axis`, or rank `expects` where `axis` is null. A symbol must be one size in all its places. */
export interface RuntimeCheck extends OpenCheck {
  readonly step: number;
  /** Null at a refine step: `input` is then one of the tensors that arrive there. */
  readonly model: string | null;
}

/** The outputs of one model by its name. */
export interface ModelOutputs {
  readonly name: string;
  readonly outputs: readonly Port[];
}

/** The outputs of a models step while none of them is selected. */
interface Several {
  readonly step: number;
  readonly outputs: readonly ModelOutputs[];
  audited: boolean;
}

const noModel: Readonly<Record<string, readonly Port[]>> = {};

/** The way through a pipeline's steps: what stands at each one, and what is wrong so far. */
export class Walk {
  readonly problems: Problem[] = [];
  readonly checks: RuntimeCheck[] = [];
  readonly scopes: RowScope[] = [];
  inputs: readonly Port[];
  outputs: readonly Port[];
  /** Where `outputs` come from, null before the first inference step. */
  source: string | null = null;
  several: Several | null = null;
  /** The model that takes the request, null where a split chooses it. */
  first: NonNullable<RowScope["first"]> | null = null;
  /** The model whose outputs stand, null where a split chooses it or several stand. */
  last: string | null = null;
  readonly validations = new Set<string>();
  readonly alerts = new Set<string>();
  /** The models whose outputs are logged under their names. */
  readonly logged = new Set<string>();
  #models = noModel;
  #champion: string | null = null;
  readonly #named = new Map<string, { readonly model: Model; readonly step: number }>();

  constructor(declared: object | undefined) {
    this.inputs = declared === undefined ? [] : portsOf(declared);
    this.outputs = normal(this.inputs);
  }

  /** Notes what a validation or alert at this place may read. */
  enter(): void {
    this.scopes.push({
      inputs: this.inputs,
      outputs: this.source === null || this.several !== null ? [] : this.outputs,
      models: this.#models,
      ...(this.#champion === null ? {} : { champion: this.#champion }),
      ...(this.first === null ? {} : { first: this.first }),
      ...(this.last === null ? {} : { last: this.last }),
    });
  }

  report(code: ErrorCode, message: string, step: number, details: Readonly<Record<string, unknown>> = {}): void {
    this.problems.push({ code, message, details: { step, ...details } });
  }

  /** What `model` makes of what arrives; the first one names the request's columns. */
  infer(model: Model, rename: Readonly<Record<string, string>>, index: number): readonly Port[] {
    if (this.inputs.length === 0) {
      this.inputs = firstColumns(portsOf(model.inputs), rename);
      this.outputs = normal(this.inputs);
    }
    if (this.source === null) {
      const columns = portsOf(model.inputs).map(({ name }) =>
        Object.hasOwn(rename, name) ? (rename[name] ?? name) : name,
      );
      this.first ??= { name: model.name, columns };
    }
    const { several } = this;
    if (several !== null) {
      const message = needsSelect(several.step, several.outputs.length, `model '${model.name}'`);
      this.report("SL2026", message, index, { model: model.name });
      return normal(portsOf(model.outputs));
    }
    const { problems, checks, outputs } = fit(model, rename, {
      ports: this.outputs,
      source: this.source ?? requestSource,
    });
    for (const problem of problems) this.problems.push({ ...problem, details: { step: index, ...problem.details } });
    for (const check of checks) this.checks.push({ step: index, model: model.name, ...check });
    return outputs;
  }

  /** What `model` makes of what arrives, where something else is wrong with it. */
  outputsOf(model: Model): readonly Port[] {
    return fit(model, {}, { ports: this.outputs, source: this.source ?? requestSource }).outputs;
  }

  /** The outputs of `model` go on. */
  goOn(model: Model, outputs: readonly Port[], index: number): void {
    this.#become(model.name, outputs, index);
    this.#models = noModel;
    this.#champion = null;
  }

  /** The outputs of whichever model a split chooses go on; `standing` stands for them all. */
  goOnSplit(standing: Model, outputs: readonly Port[], index: number): void {
    if (this.source === null) this.first = null;
    this.goOn(standing, outputs, index);
    this.last = null;
  }

  /** The outputs of the champion, the first of `models`, go on; lambdas can read those of all. */
  goOnBeside(models: readonly ModelOutputs[], index: number): void {
    const [champion] = models;
    if (champion === undefined) return;
    this.#become(champion.name, champion.outputs, index);
    this.#models = byName(models);
    this.#champion = champion.name;
  }

  /** The outputs of several models go on, as a tuple. */
  goOnSeveral(models: readonly ModelOutputs[], index: number): void {
    this.source = stepSource(index, models[0]?.name ?? "");
    this.last = null;
    this.several = { step: index, outputs: models, audited: false };
    this.#models = byName(models);
    this.#champion = null;
  }

  /** One output of the tuple goes on; lambdas can still read those of all. */
  goOnSelected(chosen: ModelOutputs, step: number): void {
    this.#become(chosen.name, chosen.outputs, step);
    this.#champion = chosen.name;
  }

  #become(name: string, outputs: readonly Port[], step: number): void {
    this.outputs = outputs;
    this.source = stepSource(step, name);
    this.last = name;
    this.several = null;
  }

  isModel(value: unknown, what: string, index: number): value is Model {
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

  /** Whether an earlier step logs outputs under the model's name; says so. */
  isLogged(name: string, index: number): boolean {
    if (!this.logged.has(name)) return false;
    this.report("SL2025", loggedAlready(name), index, { model: name });
    return true;
  }
}

function byName(models: readonly ModelOutputs[]): Readonly<Record<string, readonly Port[]>> {
  return Object.fromEntries(models.map(({ name, outputs }) => [name, outputs]));
}
