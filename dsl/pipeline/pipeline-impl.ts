import { derivePorts } from "../check/derive-ports.js";
import { missingColumns } from "../missing.js";
import { hasPorts, isSameModel, type Model, type PortDefinitions } from "../model.js";
import { isRecord } from "../value-kind.js";
import type { AnyPipeline, DeployOptions, ModelServer, Target } from "./any-pipeline.js";
import type { RowScope } from "../row.js";
import { definitionOf, stepKinds, type Step } from "../steps/step-kinds.js";
import type { StepDefinition } from "../steps/step-definition.js";
import { unknownName } from "../messages/options.js";
import { editHistory, type EditHistory, type EditNote } from "../check/edit-history.js";

type Edits = Omit<EditHistory, "stated" | "missing">;

/** The options of `pipeline(name, options)`. */
export interface StatedInputs {
  readonly inputs: PortDefinitions;
  readonly missing?: unknown;
}
const deployOptions = ["config"] as const;
const unedited: Edits = Object.freeze({ notes: [], rows: null });

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

  constructor(name: string, steps: readonly Step[], declared: StatedInputs | undefined, edits: Edits = unedited) {
    const { inputs, outputs, scopes } = derivePorts(steps, declared?.inputs);
    this.name = name;
    this.steps = Object.freeze(steps);
    this.modelList = Object.freeze(modelsOf(steps));
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
        return this.#with(create(...args), argumentNotes(definition, args, this.steps.length));
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
    return new StepList(this.name, [], this.#declared);
  }

  async deploy(target: Target, options: DeployOptions = {}): Promise<never> {
    if (!has(target, "deploy") || unknownName(options, deployOptions) !== undefined)
      return this.#refuse("deploy", target, options, deployOptions);
    return (options.config === undefined ? target.deploy(this) : target.deploy(this, options)) as Promise<never>;
  }

  async connect(target: Target | ModelServer, options: object = {}): Promise<never> {
    if (!has(target, "connect") || unknownName(options, []) !== undefined)
      return this.#refuse("connect", target, options, []);
    return (target as ModelServer).connect(this) as Promise<never>;
  }

  /** The words are loaded when they are needed: they would be a tenth of what `pipeline()` costs a page. */
  async #refuse(
    method: "deploy" | "connect",
    target: unknown,
    options: object,
    known: readonly string[],
  ): Promise<never> {
    const { targetMisuse } = await import("./target-misuse.js");
    throw targetMisuse(this.name, method, target, options, known);
  }

  #with(step: Step, added: readonly EditNote[]): StepList {
    const notes = [...this.#edits.notes, ...added];
    const edits = { notes, rows: this.#edits.rows && [...this.#edits.rows, this.#scopes.slice(-1)] };
    return new StepList(this.name, [...this.steps, step], this.#declared, edits);
  }

  /**
   * Removes `removed` steps at `index`, and inserts the step that `make` adds. `checkPipeline` reports an edit that is
   * not possible.
   */
  #edit(method: string, index: number, removed: 0 | 1, make: ((at: StepList) => unknown) | null): StepList {
    const count = this.steps.length;
    if (!Number.isSafeInteger(index) || index < 0 || index > count - removed) {
      return this.#withNote({ kind: "index", method, index, count });
    }
    const before = this.#withSteps(this.steps.slice(0, index), unedited);
    const head = make === null ? before : addStep(before, make);
    if (head === null) return this.#withNote({ kind: "callback", index });
    const notes = [...this.#edits.notes, ...head.#edits.notes];
    const edited = this.#withSteps([...head.steps, ...this.steps.slice(index + removed)], unedited);
    const oldRows = this.#edits.rows ?? this.#scopes.map((scope) => [scope]);
    const rows = edited.steps.map((_, position) => {
      const old = position < head.steps.length ? [] : oldRows[position - head.steps.length + index + removed];
      return [...(old ?? []), edited.#scopes[position] as RowScope];
    });
    return this.#withSteps(edited.steps, { notes, rows });
  }

  #withSteps(steps: readonly Step[], edits: Edits): StepList {
    return new StepList(this.name, steps, this.#declared, edits);
  }

  #withNote(note: EditNote): StepList {
    return this.#withSteps(this.steps, { ...this.#edits, notes: [...this.#edits.notes, note] });
  }
}

/** Whether a value, which plain JavaScript may have passed, has a method. */
const has = (value: unknown, method: string): boolean =>
  typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[method] === "function";

/** A note if a method does not take these arguments: of an unknown option, or past the last argument. */
export function argumentNotes(
  { method, arity, options }: Pick<StepDefinition<Step>, "method" | "arity" | "options">,
  args: readonly unknown[],
  step: number | null,
): readonly EditNote[] {
  const given = args[arity - 1];
  const isUnknown = options !== undefined && isRecord(given) && unknownName(given, options) !== undefined;
  if (!isUnknown && args.slice(arity).every((arg) => arg === undefined)) return [];
  return [{ kind: "arguments", step, method, args, arity, options }];
}

/** The result of `make(before)` if it is `before` with one more step, else null. */
function addStep(before: StepList, make: unknown): StepList | null {
  const made = typeof make === "function" ? (make as (at: StepList) => unknown)(before) : null;
  if (!(made instanceof StepList) || made.steps.length !== before.steps.length + 1) return null;
  return made[editHistory].rows === null && before.steps.every((step, position) => step === made.steps[position])
    ? made
    : null;
}

/** The models of all steps, each once. Keeps values that are not models; `checkPipeline` reports them. */
function modelsOf(steps: readonly Step[]): readonly Model[] {
  const models: Model[] = [];
  for (const model of steps.flatMap((step) => definitionOf(step).modelsOf(step))) {
    const isKnown = (other: Model) =>
      other === model || (other?.name === model?.name && [other, model].every(hasPorts) && isSameModel(other, model));
    if (!models.some(isKnown)) models.push(model);
  }
  return models;
}
