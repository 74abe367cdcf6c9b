import { flow } from "../check/check-pipeline.js";
import type { AnyDeployment } from "../deployment.js";
import { TargetError, type Problem } from "../errors.js";
import { rowChange } from "../check/row-change.js";
import { isSameModel, modelFlaw, type Model, type PortDefinitions } from "../model.js";
import { kindOf } from "../value-kind.js";
import type { AnyPipeline } from "./pipeline.js";
import type { RenameOption } from "../steps/rename.js";
import type { RowScope } from "../row.js";
import {
  alertStep,
  auditStep,
  keySplitStep,
  modelsOf,
  modelsStep,
  modelStep,
  randomSplitStep,
  refineStep,
  selectStep,
  shadowStep,
  validationStep,
  type KeySplitOptions,
  type Step,
} from "../steps/nodes.js";
import type { Target } from "../target.js";
import { editOutOfRange, oneStep } from "../messages/edits.js";
import { written, type Written } from "../check/edit-history.js";

type Edits = Omit<Written, "stated">;
const unedited: Edits = Object.freeze({ problems: [], rows: null });

/** The pipeline behind the interfaces: it keeps whatever it is given; `checkPipeline` says what is wrong with it. */
export class StepList implements AnyPipeline {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly modelList: readonly Model[];
  readonly inputs: object;
  readonly outputs: object;
  /** Not enumerable, being no data of the pipeline. */
  get [written](): Written {
    return { stated: this.#declared !== undefined, ...this.#edits };
  }
  readonly #declared: PortDefinitions | undefined;
  readonly #edits: Edits;
  /** By step index, and at the end: what a lambda there may read. */
  readonly #scopes: readonly RowScope[];

  constructor(
    name: string,
    steps: readonly Step[],
    models: readonly Model[],
    declared: PortDefinitions | undefined,
    edits: Edits = unedited,
  ) {
    const { inputs, outputs, scopes } = flow(steps, declared);
    this.name = name;
    this.steps = Object.freeze(steps);
    this.modelList = Object.freeze(models);
    this.inputs = inputs;
    this.outputs = outputs;
    this.#declared = declared;
    this.#edits = edits;
    this.#scopes = scopes;
    Object.freeze(this);
  }

  model(model: Model, rename: RenameOption = {}): StepList {
    return this.#with(modelStep(model, rename));
  }

  models(models: readonly Model[]): StepList {
    return this.#with(modelsStep(models));
  }

  audit(slice: string): StepList {
    return this.#with(auditStep(slice));
  }

  select(index: number): StepList {
    return this.#with(selectStep(index));
  }

  keySplit(key: string, options: KeySplitOptions<Model, Readonly<Record<string, Model>>>): StepList {
    return this.#with(keySplitStep(key, options));
  }

  randomSplit(weights: readonly (readonly [number, Model])[], options?: { readonly hashKey?: string }): StepList {
    return this.#with(randomSplitStep(weights, options?.hashKey ?? null));
  }

  shadow(champion: Model, challengers: readonly Model[]): StepList {
    return this.#with(shadowStep(champion, challengers));
  }

  validate(name: string, check: (row: never) => unknown): StepList {
    return this.#with(validationStep(name, check));
  }

  alert(
    name: string,
    condition: (all: never) => unknown,
    options: { readonly over: string; readonly for?: string },
  ): StepList {
    return this.#with(alertStep(name, condition, options));
  }

  refine(sizes: Readonly<Record<string, number>>): StepList {
    return this.#with(refineStep(sizes));
  }

  replaceStep(index: number, make: (at: StepList) => unknown): StepList {
    return this.#edit("replaceStep", index, 1, make);
  }

  insertStep(index: number, make: (at: StepList) => unknown): StepList {
    return this.#edit("insertStep", index, 0, make);
  }

  removeStep(index: number): StepList {
    return this.#edit("removeStep", index, 1, null);
  }

  clear(): StepList {
    return new StepList(this.name, [], [], this.#declared);
  }

  async deploy(target: Target): Promise<AnyDeployment> {
    const given: unknown = target;
    if (typeof (given as Partial<Target> | null | undefined)?.deploy !== "function") {
      throw new TargetError(
        "SL6000",
        `pipeline '${this.name}': deploy() takes a target such as local() from 'shapeline/local', not ${kindOf(given)}`,
      );
    }
    return target.deploy(this);
  }

  #with(step: Step): StepList {
    const models = withModels(this.modelList, modelsOf(step));
    const { problems, rows } = this.#edits;
    const here = this.#scopes.at(-1);
    const edits = rows === null || here === undefined ? this.#edits : { problems, rows: [...rows, here] };
    return new StepList(this.name, [...this.steps, step], models, this.#declared, edits);
  }

  /** `gone` steps from `index` on go, and the one that `make` adds there comes. What cannot be done is left to `checkPipeline`. */
  #edit(method: string, index: number, gone: 0 | 1, make: ((at: StepList) => unknown) | null): StepList {
    const count = this.steps.length;
    if (!Number.isSafeInteger(index) || index < 0 || index > count - gone) {
      const message = editOutOfRange(method, typeof index === "number" ? index : kindOf(index), count);
      return this.#refused({ code: "SL2090", message, details: { step: index } });
    }
    const before = this.#to(this.steps.slice(0, index), unedited);
    const made = make === null ? before : addedTo(before, make);
    if (made === null) return this.#refused({ code: "SL2091", message: oneStep, details: { step: index } });
    const edited = this.#to([...made.steps, ...this.steps.slice(index + gone)], unedited);
    const readFrom = this.#edits.rows ?? this.#scopes;
    const rows = edited.steps.map((_, place) => {
      const now = edited.#scopes[place] as RowScope;
      const old = place < made.steps.length ? now : (readFrom[place - made.steps.length + index + gone] as RowScope);
      return rowChange(old, now) === null ? now : old;
    });
    return this.#to(edited.steps, { problems: this.#edits.problems, rows });
  }

  #to(steps: readonly Step[], edits: Edits): StepList {
    const models = steps.reduce<readonly Model[]>((known, step) => withModels(known, modelsOf(step)), []);
    return new StepList(this.name, steps, models, this.#declared, edits);
  }

  #refused(problem: Problem): StepList {
    return this.#to(this.steps, { ...this.#edits, problems: [...this.#edits.problems, problem] });
  }
}

/** What `make` gives, where that is `before` with one more step. */
function addedTo(before: StepList, make: unknown): StepList | null {
  const made = typeof make === "function" ? (make as (at: StepList) => unknown)(before) : null;
  if (!(made instanceof StepList) || made.steps.length !== before.steps.length + 1) return null;
  return made[written].rows === null && before.steps.every((step, place) => step === made.steps[place]) ? made : null;
}

const areModels = (...values: unknown[]): boolean => values.every((value) => modelFlaw(value) === null);

/** `known` and those of `more` that are not among them; what is no model is left to `checkPipeline`. */
function withModels(known: readonly Model[], more: readonly Model[]): readonly Model[] {
  const models = [...known];
  for (const model of more) {
    const isKnown = (other: Model) =>
      other === model || (other?.name === model?.name && areModels(other, model) && isSameModel(other, model));
    if (!models.some(isKnown)) models.push(model);
  }
  return models;
}
