import { flow } from "./check.js";
import type { AnyDeployment } from "./deployment.js";
import { isSameModel, modelFlaw, type Model, type PortDefinitions } from "./model.js";
import { modelList, type ModelList } from "./model-list.js";
import type { AnyPipeline } from "./pipeline.js";
import type { RenameOption } from "./renaming.js";
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
} from "./steps.js";
import type { Target } from "./target.js";

/** The pipeline behind the interfaces: it keeps whatever it is given; `checkPipeline` says what is wrong with it. */
export class StepList implements AnyPipeline {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly models: ModelList<(models: readonly Model[]) => StepList>;
  readonly inputs: object;
  readonly outputs: object;
  readonly #declared: PortDefinitions | undefined;

  constructor(
    name: string,
    steps: readonly Step[],
    models: readonly Model[],
    declared: PortDefinitions | undefined,
  ) {
    const { inputs, outputs } = flow(steps, declared);
    this.name = name;
    this.steps = Object.freeze(steps);
    this.models = modelList(models, (more) => this.#with(modelsStep(more)));
    this.inputs = inputs;
    this.outputs = outputs;
    this.#declared = declared;
    Object.freeze(this);
  }

  model(model: Model, rename: RenameOption = {}): StepList {
    return this.#with(modelStep(model, rename));
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

  alert(name: string, condition: (all: never) => unknown, options: { readonly over: string; readonly for?: string }): StepList {
    return this.#with(alertStep(name, condition, options));
  }

  refine(sizes: Readonly<Record<string, number>>): StepList {
    return this.#with(refineStep(sizes));
  }

  async deploy(target: Target): Promise<AnyDeployment> {
    return target.deploy(this);
  }

  #with(step: Step): StepList {
    const models = withModels(this.models, modelsOf(step));
    return new StepList(this.name, [...this.steps, step], models, this.#declared);
  }
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
