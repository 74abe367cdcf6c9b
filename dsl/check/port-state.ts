import { boundOutputs } from "../shapes/feeds.js";
import { hasPorts, portsOf, type Model } from "../model.js";
import type { EarlierModel, Origins, Sources } from "../shapes/sources.js";
import { columnNames, firstColumns } from "../shapes/first-columns.js";
import type { RowScope } from "../row.js";
import type { Port } from "../tensor.js";
import { requestSource, stepSource } from "../messages/shapes.js";

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

/**
 * What arrives at the next step of a pipeline. Without a check: a pipeline has its inputs and outputs while it is
 * written, and apps should not load the check's messages for that. `CheckState` adds the check.
 */
export class PortState {
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
  /** The models whose outputs are logged by name. */
  readonly logged = new Set<string>();
  /** By model: what a later step may name as a source. */
  readonly #earlier = new Map<string, EarlierModel>();
  #byModel = noOutputs;
  #champion: string | null = null;

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

  /** Whether a value is enough of a model for its ports. */
  accepts(value: unknown): boolean {
    return hasPorts(value);
  }

  /** The outputs of `model` on what arrives. */
  infer(model: Model, given: Sources): readonly Port[] {
    const sources = this.takeRequest(model, given);
    return this.tuple === null ? boundOutputs(model, sources, this.origins()) : portsOf(model.outputs);
  }

  /**
   * The first model defines the request's columns, if the pipeline does not state them.
   * @returns the sources of its inputs
   */
  protected takeRequest(model: Model, given: Sources): Sources {
    if (this.source !== null) return given;
    const names = columnNames(given);
    const isDefined = this.inputs.length > 0;
    if (!isDefined) this.inputs = this.outputs = firstColumns(portsOf(model.inputs), names);
    const columns = portsOf(model.inputs).map(({ name }) => (Object.hasOwn(names, name) ? names[name] : name));
    this.first ??= { name: model.name, columns: columns.filter((column) => typeof column === "string") };
    return isDefined ? given : names;
  }

  protected origins(): Origins {
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
    this.#setByModel(models, index);
    this.#champion = champion.name;
  }

  /** The outputs of all `models` form a tuple. */
  setTuple(models: readonly ModelOutputs[], index: number): void {
    this.source = stepSource(index, models[0]?.name ?? "");
    this.last = null;
    this.tuple = { step: index, outputs: models, audited: false };
    this.#setByModel(models, index);
    this.#champion = null;
  }

  /** The next step takes one output of the tuple. Lambdas can still read those of all models. */
  selectOutput(selected: ModelOutputs, step: number): void {
    this.#replaceOutputs(selected.name, selected.outputs, step);
    this.#champion = selected.name;
  }

  #setByModel(models: readonly ModelOutputs[], step: number): void {
    this.#byModel = Object.fromEntries(models.map(({ name, outputs }) => [name, outputs]));
    for (const { name, outputs } of models) this.#earlier.set(name, { step, outputs });
  }

  #replaceOutputs(name: string, outputs: readonly Port[], step: number): void {
    this.outputs = outputs;
    this.source = stepSource(step, name);
    this.last = name;
    this.tuple = null;
  }
}
