import type { StepConfig, StepConfigOf } from "../../config/schema.js";
import type { DefinitionModel, Dialect } from "../platform.js";
import { type ConfigPart, distinct, equalSplit, inferenceStep } from "../steps.js";
import { collectUsage, type UsageByColumn } from "./column-usage.js";
import type { ChecksPart, ParsedStep, Part } from "./group-steps.js";
import type { ParsedCheck } from "./parse-check.js";
import type { Problems } from "./problems.js";

// The platform runs steps in combinations that the typed builder refuses. These functions write the same pipeline as
// the builder would accept it: same rows, same columns.

/** A step that runs models, and the steps after it up to the next one that does. */
interface Segment {
  readonly path: string;
  readonly models: readonly DefinitionModel[];
  /** Null for a ModelInference. */
  readonly split: ConfigPart | null;
  /** Checks that came before any model, and read the request alone. */
  readonly leading: readonly ChecksPart[];
  readonly tail: Exclude<ParsedStep, { kind: "inference" }>[];
  /** Checks of later steps that read the outputs of this one. */
  readonly moved: ChecksPart[];
}

/** The parts of an equal pipeline that a config can hold. Reports what has no equal. */
export function equalSteps(steps: readonly ParsedStep[], dialect: Dialect, problems: Problems): Part[] {
  const found = segments(steps, problems);
  moveChecks(found);
  return found.flatMap((segment) => partsOf(segment, dialect, problems));
}

function segments(steps: readonly ParsedStep[], problems: Problems): Segment[] {
  const found: Segment[] = [];
  const leading: ChecksPart[] = [];
  for (const step of steps) {
    if (step.kind === "inference" || (step.kind === "step" && step.models !== null)) {
      const split = step.kind === "step" ? step : null;
      const first = found.length === 0 ? leading : [];
      found.push({ path: step.path, models: step.models ?? [], split, leading: first, tail: [], moved: [] });
      continue;
    }
    const segment = found.at(-1);
    if (segment !== undefined) segment.tail.push(step);
    else if (step.kind === "checks" && readsRequestOnly(step)) leading.push(step);
    else
      problems.report(
        step.kind === "checks" ? "SL4115" : "SL4111",
        step.path,
        "no step before this one runs a model: put it after a step with models",
      );
  }
  return found;
}

/** Failed checks are logged and drop no row, so one that reads the request alone can run after a model as well. */
function readsRequestOnly({ checks }: ChecksPart): boolean {
  return checks.every((check) => {
    const columns = columnsOf(check);
    return columns.length > 0 && columns.every((column) => column.startsWith("in."));
  });
}

function columnsOf(check: ParsedCheck): string[] {
  const usage: UsageByColumn = new Map();
  collectUsage(check, usage);
  return [...usage.keys()];
}

/**
 * A row of a config has the outputs of the last step with models, and a check on the platform may read those of any
 * earlier one, such as the older checks, which stand after the last step. It moves to the step that it reads.
 */
function moveChecks(all: readonly Segment[]): void {
  all.forEach((segment, i) => {
    const earlier = all.slice(0, i);
    const kept = segment.tail.flatMap((step): Segment["tail"] => {
      if (step.kind !== "checks" || step.checks.length === 0) return [step];
      const stays = step.checks.filter((check) => {
        const read = stepReadBy(check, segment, earlier);
        read?.moved.push({ ...step, checks: [check] });
        return read === undefined;
      });
      return stays.length > 0 ? [{ ...step, checks: stays }] : [];
    });
    segment.tail.splice(0, segment.tail.length, ...kept);
  });
}

/** The earlier step whose outputs a check reads, and nothing of a later one; undefined if the check stays. */
function stepReadBy(check: ParsedCheck, own: Segment, earlier: readonly Segment[]): Segment | undefined {
  const columns = columnsOf(check).filter((column) => !column.startsWith("in.") && !/\/input\/\d+$/.test(column));
  const reads = ({ models }: Segment, column: string): boolean =>
    models.some(({ name }) => column.startsWith(`out_${name}.`) || column.startsWith(`${name}/output/`));
  if (columns.length === 0 || columns.some((column) => reads(own, column))) return undefined;
  return earlier.findLast((segment) => columns.every((column) => reads(segment, column)));
}

function partsOf(segment: Segment, dialect: Dialect, problems: Problems): Part[] {
  const { path, models, split, leading, tail, moved } = segment;
  const each = distinct(models);
  const tuple = split === null && models.length > 1 ? new Tuple(each, models, problems) : null;
  const checks: { readonly before: ChecksPart[]; readonly after: ChecksPart[] } = { before: [], after: [] };
  // That SDK inserts each check right after the inference step, so the newest comes first.
  let isInserted = dialect === "checks";
  for (const step of tail) {
    if (step.kind === "checks") {
      if (isInserted) checks.after.unshift(step);
      else if (dialect === "polars" && tuple?.isOpen === true) checks.before.push(step);
      else checks.after.push(step);
      continue;
    }
    isInserted = false;
    if (tuple?.isOpen === true) tuple.apply(step);
    else applyToOne(step, problems);
  }
  checks.after.push(...moved);
  if (split !== null) {
    const equal = equalSplit(split, problems);
    return [...(equal === null ? [] : [equal]), ...leading, ...checks.before, ...checks.after];
  }
  if (tuple === null)
    return [part(path, inferenceStep(models, false), models), ...leading, ...checks.before, ...checks.after];
  return tuple.parts(path, [...leading, ...checks.before], checks.after);
}

function part(path: string, step: StepConfig, models: readonly DefinitionModel[] | null): ConfigPart {
  return { kind: "step", path, step, models };
}

/** After one model, or the model that a split chose, there is one output: auditing or selecting it changes nothing. */
function applyToOne(step: Exclude<ParsedStep, { kind: "inference" | "checks" }>, problems: Problems): void {
  if (step.kind === "multiOut" || step.step.kind !== "select" || step.step.index === 0) return;
  problems.report(
    "SL2054",
    step.path,
    `index ${step.step.index} is out of range: the step before has one output, which has the index 0`,
  );
}

/** The outputs of several models, until a select or MultiOut. */
class Tuple {
  readonly #each: readonly DefinitionModel[];
  readonly #all: readonly DefinitionModel[];
  readonly #problems: Problems;
  /** The models whose outputs are audited, with the path of the first audit. */
  readonly #audited = new Set<number>();
  #auditPath: string | null = null;
  #end: { readonly path: string; readonly select: number | null } | null = null;

  constructor(each: readonly DefinitionModel[], all: readonly DefinitionModel[], problems: Problems) {
    this.#each = each;
    this.#all = all;
    this.#problems = problems;
  }

  get isOpen(): boolean {
    return this.#end === null;
  }

  apply(step: Exclude<ParsedStep, { kind: "inference" | "checks" }>): void {
    if (step.kind === "multiOut") this.#multiOut(step.path);
    else if (step.step.kind === "audit") this.#audit(step.step, step.path);
    else if (step.step.kind === "select") this.#select(step.step.index, step.path);
  }

  /** A range past the last model, or an empty one, audits what there is. */
  #audit({ from, to }: StepConfigOf<"audit">, path: string): void {
    this.#auditPath ??= path;
    for (const model of this.#all.slice(from, to ?? undefined)) this.#audited.add(this.#indexOf(model));
  }

  #select(index: number, path: string): void {
    const model = this.#all[index];
    if (model === undefined) {
      const count = this.#all.length;
      this.#problems.report("SL2054", path, `index ${index} is out of range: the step before has ${count} outputs`);
    }
    this.#end = { path, select: model === undefined ? 0 : this.#indexOf(model) };
  }

  #multiOut(path: string): void {
    const [champion, ...others] = this.#all;
    if (others.some(({ name }) => name === champion?.name)) {
      this.#problems.report(
        "SL2021",
        path,
        `'${champion?.name}' is the first model of the step and among the others: remove it from the others`,
      );
    }
    this.#end = { path, select: null };
  }

  #indexOf = ({ name }: DefinitionModel): number => this.#each.findIndex((model) => model.name === name);

  parts(path: string, before: readonly ChecksPart[], after: readonly ChecksPart[]): Part[] {
    const end = this.#end;
    // MultiOut gives and logs the outputs of all models, whatever an audit adds.
    const isShadow = end !== null && end.select === null && this.#each.length > 1;
    if (isShadow) return [part(path, inferenceStep(this.#each, true), this.#each), ...before, ...after];
    const names = this.#each.map(({ name }) => name);
    return [
      part(path, { kind: "models", models: names }, this.#each),
      ...this.#auditPart(),
      ...before,
      ...(end === null || end.select === null ? [] : [part(end.path, { kind: "select", index: end.select }, null)]),
      ...after,
    ];
  }

  #auditPart(): Part[] {
    if (this.#audited.size === 0 || this.#auditPath === null) return [];
    const from = Math.min(...this.#audited);
    const to = Math.max(...this.#audited) + 1;
    if (to - from !== this.#audited.size) {
      this.#problems.report(
        "SL4111",
        this.#auditPath,
        "the audits of this step leave out a model between two others: audit one range of models",
      );
      return [];
    }
    const step: StepConfig = { kind: "audit", from, to: to === this.#each.length ? null : to };
    return [part(this.#auditPath, step, null)];
  }
}
