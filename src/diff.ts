import { constantText } from "./config/constants.js";
import { ConfigError } from "../dsl/errors.js";
import type { AnyPipeline } from "../dsl/index.js";
import { renamedText } from "../dsl/renamed-ports.js";
import { build } from "./build.js";
import { parseConfig } from "./config/config.js";
import type { Config, ModelConfig, StepConfig } from "./config/schema.js";
import { canonicalJson } from "./config/canonical.js";
import { stepText } from "./config/decompile.js";
import { isDictionary } from "./util/objects.js";

/**
 * A step that differs, as a call of the builder. `from` and `to` are its indexes in the first and the second pipeline.
 */
export type StepChange =
  | { readonly kind: "added"; readonly to: number; readonly step: string }
  | { readonly kind: "removed"; readonly from: number; readonly step: string }
  | { readonly kind: "moved"; readonly from: number; readonly to: number; readonly step: string }
  | {
      readonly kind: "changed";
      readonly from: number;
      readonly to: number;
      readonly before: string;
      readonly after: string;
    };

/** The differences between two pipelines. */
export interface ConfigDiff {
  readonly same: boolean;
  readonly name: { readonly before: string; readonly after: string } | null;
  /** Models by name: added, removed, or changed in version, file or renamed ports. */
  readonly models: readonly {
    readonly kind: "added" | "removed" | "changed";
    readonly name: string;
    readonly text: string;
  }[];
  /** In the order of the second pipeline; a removed step at its index in the first. */
  readonly steps: readonly StepChange[];
}

/**
 * What can be compared: a config, or a pipeline, which is built first. Read a platform's definition with
 * `fromDefinition` first.
 */
export type Comparable = Config | AnyPipeline;

/**
 * Lists what changes from one pipeline to another: steps added, removed, changed and moved, with lambdas as source
 * text. Lambdas are compared by meaning, not by how they are written.
 *
 * @param before a config or a pipeline
 * @param after a config or a pipeline
 * @throws ConfigError SL4002 for a definition of the platform; otherwise what `parseConfig` and `build` throw
 * @example
 * const { steps } = await diffConfigs(fraud, stored); // [{ kind: "changed", before: 'validate("amt", …)', … }]
 */
export async function diffConfigs(before: Comparable, after: Comparable): Promise<ConfigDiff> {
  const [a, b] = await Promise.all([configOf(before), configOf(after)]);
  const name = a.name === b.name ? null : { before: a.name, after: b.name };
  const models = modelChanges(a.models, b.models);
  const steps = stepChanges(a.steps, b.steps);
  return { same: name === null && models.length === 0 && steps.length === 0, name, models, steps };
}

async function configOf(compared: Comparable): Promise<Config> {
  if (!isDictionary(compared)) return build(compared);
  if ("shapeline" in compared) return parseConfig(compared);
  if ("id" in compared && "steps" in compared) {
    throw new ConfigError(
      "SL4002",
      "this is a definition of the Wallaroo platform, not a config: read it first with fromDefinition of 'shapeline/wallaroo'",
    );
  }
  return build(compared);
}

/** Everything that a pipeline adds where there was none. */
export function additionsOf({ models, steps }: Config): ConfigDiff {
  return {
    same: false,
    name: null,
    models: models.map((model) => ({ kind: "added", name: model.name, text: modelText(model) })),
    steps: steps.map((step, to) => ({ kind: "added", to, step: stepText(step) })),
  };
}

function modelText(model: ModelConfig): string {
  return [
    `version ${model.version}`,
    `file ${model.sha256.slice(0, 12)}…`,
    ...(model.batchSize === undefined ? [] : [`batch size ${model.batchSize}`]),
    ...Object.entries(model.constants ?? {}).map(([input, value]) => `${input} ${constantText(value, true)}`),
    ...[...renamedText(model)].sort(),
  ].join(", ");
}

function modelChanges(before: readonly ModelConfig[], after: readonly ModelConfig[]): ConfigDiff["models"] {
  const beforeByName = new Map(before.map((model) => [model.name, model]));
  const namesAfter = new Set(after.map(({ name }) => name));
  const removed = before
    .filter(({ name }) => !namesAfter.has(name))
    .map((model) => ({ kind: "removed" as const, name: model.name, text: modelText(model) }));
  const others = after.flatMap((model): ConfigDiff["models"] => {
    const old = beforeByName.get(model.name);
    if (old === undefined) return [{ kind: "added", name: model.name, text: modelText(model) }];
    const isSame = old.sha256 === model.sha256 && modelText(old) === modelText(model);
    return isSame ? [] : [{ kind: "changed", name: model.name, text: `${modelText(old)} -> ${modelText(model)}` }];
  });
  return [...removed, ...others];
}

/**
 * Text that is equal for steps of the same meaning: a lambda is compared without the dtypes and lengths of its reads.
 */
function meaningOf(step: StepConfig): string {
  return step.kind === "validation" || step.kind === "alert" ? stepText(step) : canonicalJson(step);
}

/** What identifies a step when its content changes: its kind, and its name if it has one. */
function identityOf(step: StepConfig): string {
  return "name" in step ? `${step.kind} ${step.name}` : step.kind;
}

function stepChanges(before: readonly StepConfig[], after: readonly StepConfig[]): StepChange[] {
  const unchanged = longestCommon(before.map(meaningOf), after.map(meaningOf));
  const unchangedAfter = new Set(unchanged.map(([, to]) => to));
  const unmatchedBefore = new Set(before.keys());
  for (const [from] of unchanged) unmatchedBefore.delete(from);
  const findUnmatched = (fits: (step: StepConfig) => boolean): number | undefined =>
    [...unmatchedBefore].find((from) => fits(before[from] as StepConfig));
  const changes: StepChange[] = [];
  const unmatchedAfter: number[] = [];
  after.forEach((step, to) => {
    if (unchangedAfter.has(to)) return;
    const from = findUnmatched((other) => meaningOf(other) === meaningOf(step));
    if (from === undefined) return void unmatchedAfter.push(to);
    unmatchedBefore.delete(from);
    changes.push({ kind: "moved", from, to, step: stepText(step) });
  });
  for (const to of unmatchedAfter) {
    const step = after[to] as StepConfig;
    const from = findUnmatched((other) => identityOf(other) === identityOf(step));
    if (from === undefined) changes.push({ kind: "added", to, step: stepText(step) });
    else {
      unmatchedBefore.delete(from);
      changes.push({ kind: "changed", from, to, before: stepText(before[from] as StepConfig), after: stepText(step) });
    }
  }
  for (const from of unmatchedBefore)
    changes.push({ kind: "removed", from, step: stepText(before[from] as StepConfig) });
  const indexOf = (change: StepChange): number => ("to" in change ? change.to : change.from);
  return changes.sort((x, y) => indexOf(x) - indexOf(y));
}

/** The index pairs of a longest common subsequence. */
function longestCommon(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--)
      (lengths[i] as Uint16Array)[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
