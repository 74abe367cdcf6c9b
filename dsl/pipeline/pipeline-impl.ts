import { derivePorts } from "../check/check-pipeline.js";
import { TargetError, type Problem } from "../errors.js";
import { rowChange } from "../check/row-change.js";
import { missingColumns } from "../missing.js";
import { isSameModel, modelFlaw, type Model, type PortDefinitions } from "../model.js";
import { isRecord, kindOf } from "../value-kind.js";
import type { AnyPipeline, DeployOptions, ModelServer, Target } from "./any-pipeline.js";
import type { RowScope } from "../row.js";
import { definitionOf, stepKinds, type Step } from "../steps/step-kinds.js";
import type { StepDefinition } from "../steps/step-definition.js";
import { editOutOfRange, exactlyOneStep } from "../messages/edits.js";
import { unknownArgument, unknownOption } from "../messages/options.js";
import { editHistory, type EditHistory } from "../check/edit-history.js";

type Edits = Omit<EditHistory, "stated" | "missing">;

/** The options of `pipeline(name, options)`. */
export interface StatedInputs {
  readonly inputs: PortDefinitions;
  readonly missing?: unknown;
}
const unedited: Edits = Object.freeze({ problems: [], rows: null });

/**
 * The implementation behind the interfaces of pipelines. It stores arguments unchecked; `checkPipeline` reports what is
 * wrong with them. The methods that add a step come from `stepKinds`.
 */
export class StepList implements AnyPipeline {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly modelList: readonly Model[];
  readonly inputs: object;
  readonly missing: readonly string[];
  readonly outputs: object;
  /** A getter, so that it is not enumerable. */
  get [editHistory](): EditHistory {
    return { stated: this.#declared !== undefined, missing: this.#declared?.missing, ...this.#edits };
  }
  readonly #declared: StatedInputs | undefined;
  readonly #edits: Edits;
  /** By step index, and at the end: what a lambda at that position may read. */
  readonly #scopes: readonly RowScope[];

  constructor(
    name: string,
    steps: readonly Step[],
    models: readonly Model[],
    declared: StatedInputs | undefined,
    edits: Edits = unedited,
  ) {
    const { inputs, outputs, scopes } = derivePorts(steps, declared?.inputs);
    this.name = name;
    this.steps = Object.freeze(steps);
    this.modelList = Object.freeze(models);
    this.inputs = inputs;
    this.missing = Object.freeze(missingColumns(declared?.missing, inputs));
    this.outputs = outputs;
    this.#declared = declared;
    this.#edits = edits;
    this.#scopes = scopes;
    Object.freeze(this);
  }

  /** One method per step kind: `.shadow(a, [b])` adds the step `shadowKind.create(a, [b])`. */
  static {
    for (const definition of Object.values(stepKinds) as readonly StepDefinition<Step>[]) {
      const { method, create } = definition;
      const add = function (this: StepList, ...args: never[]): StepList {
        const message = argumentsProblem(definition, args);
        const added = this.#with(create(...args));
        if (message === null) return added;
        return added.#withProblem({ code: "SL2093", message: `step ${this.steps.length}: ${message}` });
      };
      Object.defineProperty(this.prototype, method, { value: add, writable: true, configurable: true });
    }
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

  async deploy(target: Target, options: DeployOptions = {}): Promise<never> {
    this.#assertTarget("deploy", target);
    this.#refuseOptions("deploy", options, ["config"]);
    return (options.config === undefined ? target.deploy(this) : target.deploy(this, options)) as Promise<never>;
  }

  async connect(target: Target | ModelServer, options: object = {}): Promise<never> {
    this.#refuseOptions("connect", options, []);
    if (typeof (target as Partial<ModelServer> | null | undefined)?.connect === "function")
      return (target as ModelServer).connect(this) as Promise<never>;
    this.#assertTarget("connect", target);
    throw new TargetError(
      "SL6000",
      `pipeline '${this.name}': the target '${target.kind}' cannot compare what is deployed with the pipeline; deploy the pipeline there, or use the target's own methods`,
    );
  }

  #assertTarget(method: string, target: unknown): void {
    if (typeof (target as Partial<Target> | null | undefined)?.deploy === "function") return;
    throw new TargetError(
      "SL6000",
      `pipeline '${this.name}': ${method}() takes a target such as local() from 'shapeline/local', not ${kindOf(target)}`,
    );
  }

  #refuseOptions(method: string, options: object, known: readonly string[]): void {
    const message = unknownOption(`${method}()`, options, known);
    if (message !== null) throw new TargetError("SL6011", `pipeline '${this.name}': ${message}`);
  }

  #with(step: Step): StepList {
    const models = withModels(this.modelList, definitionOf(step).modelsOf(step));
    const { problems, rows } = this.#edits;
    const here = this.#scopes.at(-1);
    const edits = rows === null || here === undefined ? this.#edits : { problems, rows: [...rows, here] };
    return new StepList(this.name, [...this.steps, step], models, this.#declared, edits);
  }

  /**
   * Removes `removed` steps at `index`, and inserts the step that `make` adds. `checkPipeline` reports an edit that is
   * not possible.
   */
  #edit(method: string, index: number, removed: 0 | 1, make: ((at: StepList) => unknown) | null): StepList {
    const count = this.steps.length;
    if (!Number.isSafeInteger(index) || index < 0 || index > count - removed) {
      const message = editOutOfRange(method, typeof index === "number" ? index : kindOf(index), count);
      return this.#withProblem({ code: "SL2090", message, details: { step: index } });
    }
    const before = this.#withSteps(this.steps.slice(0, index), unedited);
    const head = make === null ? before : addStep(before, make);
    if (head === null) return this.#withProblem({ code: "SL2091", message: exactlyOneStep, details: { step: index } });
    const problems = [...this.#edits.problems, ...head.#edits.problems];
    const edited = this.#withSteps([...head.steps, ...this.steps.slice(index + removed)], unedited);
    const oldRows = this.#edits.rows ?? this.#scopes;
    const rows = edited.steps.map((_, position) => {
      const now = edited.#scopes[position] as RowScope;
      if (position < head.steps.length) return now;
      const old = oldRows[position - head.steps.length + index + removed] as RowScope;
      return rowChange(old, now) === null ? now : old;
    });
    return this.#withSteps(edited.steps, { problems, rows });
  }

  #withSteps(steps: readonly Step[], edits: Edits): StepList {
    const models = steps.reduce<readonly Model[]>(
      (known, step) => withModels(known, definitionOf(step).modelsOf(step)),
      [],
    );
    return new StepList(this.name, steps, models, this.#declared, edits);
  }

  #withProblem(problem: Problem): StepList {
    return this.#withSteps(this.steps, { ...this.#edits, problems: [...this.#edits.problems, problem] });
  }
}

/** Why a step's method does not take these arguments, or null. */
function argumentsProblem({ method, arity, options }: StepDefinition<Step>, args: readonly unknown[]): string | null {
  const given = args[arity - 1];
  const unknown = options !== undefined && isRecord(given) ? unknownOption(`${method}()`, given, options) : null;
  return unknown ?? unknownArgument(`${method}()`, args, arity);
}

/** The result of `make(before)` if it is `before` with one more step, else null. */
function addStep(before: StepList, make: unknown): StepList | null {
  const made = typeof make === "function" ? (make as (at: StepList) => unknown)(before) : null;
  if (!(made instanceof StepList) || made.steps.length !== before.steps.length + 1) return null;
  return made[editHistory].rows === null && before.steps.every((step, position) => step === made.steps[position])
    ? made
    : null;
}

const areModels = (...values: unknown[]): boolean => values.every((value) => modelFlaw(value) === null);

/**
 * `known` and the models of `more` that are not in it. Values that are not models are kept; `checkPipeline` reports
 * them.
 */
function withModels(known: readonly Model[], more: readonly Model[]): readonly Model[] {
  const models = [...known];
  for (const model of more) {
    const isKnown = (other: Model) =>
      other === model || (other?.name === model?.name && areModels(other, model) && isSameModel(other, model));
    if (!models.some(isKnown)) models.push(model);
  }
  return models;
}
