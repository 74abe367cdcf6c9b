import type { Problem } from "../../../dsl/errors.js";
import { checkPipeline, portsOf, type PipelineCheck } from "../../../dsl/index.js";
import type { RowScope } from "../../../dsl/row.js";
import { sealConfig, type UnhashedConfig } from "../../config/config.js";
import { rowsOf } from "../../config/model-rows.js";
import { rebuildPipeline } from "../../config/rebuild/rebuild.js";
import { type Config, type ModelConfig, portSchema, type StepConfig, type StepConfigOf } from "../../config/schema.js";
import { stepModels } from "../../config/step-models.js";
import { decompileLambda } from "../../config/steps/validation.js";
import { emitAlertAll, emitAll } from "../../expression/compile.js";
import { printReadable } from "../../expression/tree/print.js";
import type { ExpressionTree } from "../../expression/tree/tree.js";
import { backEndOf } from "../steps.js";
import type { Part } from "./group-steps.js";
import { conditionOf, type ParsedCheck } from "./parse-check.js";
import { alertTree } from "./read-gauge.js";
import type { Problems } from "./problems.js";

/** A step of the config before the lambdas of validations and alerts are decompiled. */
type Draft =
  | { readonly step: StepConfig; readonly path: string; readonly check: null }
  | {
      readonly step: StepConfigOf<"validation" | "alert">;
      readonly path: string;
      readonly check: ParsedCheck;
      /** The index of the part: the validations of one Check have the same. */
      readonly group: number;
    };

/** Makes a config from the parts, leaving out what does not fit. */
export class ConfigBuilder {
  readonly #name: string;
  readonly #models: readonly ModelConfig[];
  readonly #problems: Problems;
  #drafts: readonly Draft[];

  constructor(name: string, models: readonly ModelConfig[], parts: readonly Part[], problems: Problems) {
    this.#name = name;
    this.#models = models;
    this.#problems = problems;
    this.#drafts = parts.flatMap((part, group) => draftsOf(part, group, problems));
  }

  build(): { readonly config: Config; readonly checks: readonly number[] } | null {
    const first = this.#checkDrafts();
    if (first === null) return null;
    const dialect = this.#drafts.find(({ check }) => check !== null)?.check?.dialect;
    const read = this.#drafts.map((draft, i) => {
      if (draft.check === null) return draft;
      if (draft.check.dialect !== dialect) return null;
      const scope = first.scopes[i] as RowScope;
      const tree = conditionOf(draft.check, scope, this.#problems);
      return tree === null ? null : { ...draft, step: this.#checkStep(draft.check, tree, scope) };
    });
    const kept = read.filter((draft) => draft !== null);
    const isWhole = kept.length === read.length;
    this.#drafts = kept;
    const checked = isWhole ? first : this.#checkDrafts();
    if (checked === null) return null;
    try {
      return {
        config: sealConfig({ ...this.#content(), inputs: checked.inputs, checks: checked.checks }),
        checks: groupSizes(kept),
      };
    } catch {
      this.#problems.report("SL4110", "(whole)", "what was read is not a valid config");
      return null;
    }
  }

  #checkStep(check: ParsedCheck, tree: ExpressionTree, scope: RowScope): StepConfigOf<"validation" | "alert"> {
    const { name, gauge } = check;
    if (gauge?.bound === undefined) return validationStep(check, tree, scope);
    const { overSeconds, bound } = gauge;
    const condition = alertTree(tree, bound);
    const source = `all => ${printReadable(condition)}`;
    const texts = emitAlertAll(condition, { pipeline: this.#name, name, overSeconds, scope });
    return { kind: "alert", name, source, overSeconds, forSeconds: 0, expression: { tree: condition, ...texts } };
  }

  #content(): UnhashedConfig {
    const steps = this.#drafts.map(({ step }) => step);
    const used = new Set(steps.flatMap((step) => [...stepModels(step).serving, ...stepModels(step).challengers]));
    return {
      shapeline: 1,
      name: this.#name,
      inputs: [],
      models: this.#models.filter(({ name }) => used.has(name)).map((model) => ({ ...model, rows: rowsOf(model) })),
      steps,
      checks: [],
    };
  }

  /**
   * Runs the checks of `build()`. Drops validations that do not fit and checks again; returns null if any other step
   * does not fit.
   */
  #checkDrafts(): (PipelineCheck & { readonly inputs: Config["inputs"] }) | null {
    for (;;) {
      const pipeline = rebuildPipeline(this.#content() as Config);
      const checked = checkPipeline(pipeline);
      if (checked.problems.length === 0) {
        const inputs = portsOf(pipeline.inputs).map((port) =>
          portSchema.parse({ ...port, shape: port.shape === null ? null : [...port.shape] }),
        );
        return { ...checked, inputs };
      }
      const dropped = new Set<Draft>();
      let isFatal = false;
      for (const problem of checked.problems) {
        const draft = this.#drafts[stepIndexOf(problem)] ?? this.#validationOf(problem, dropped);
        this.#problems.report(problem.code, draft?.path ?? "(whole)", problem.message);
        if (draft === undefined || draft.check === null) isFatal = true;
        else dropped.add(draft);
      }
      if (isFatal) return null;
      this.#drafts = this.#drafts.filter((draft) => !dropped.has(draft));
    }
  }

  /** The last validation that has the problem's name and is not among `dropped`. */
  #validationOf({ details }: Problem, dropped: ReadonlySet<Draft>): Draft | undefined {
    const name = details?.["validation"];
    return this.#drafts.findLast((draft) => draft.check?.name === name && name !== undefined && !dropped.has(draft));
  }
}

const stepIndexOf = ({ details }: Problem): number => (typeof details?.["step"] === "number" ? details["step"] : -1);

function draftsOf(part: Part, group: number, problems: Problems): Draft[] {
  if (part.kind === "checks") {
    return part.checks.map((check) => ({ step: placeholder(check), path: check.path, check, group }));
  }
  if (part.unsupported !== undefined) {
    problems.report("SL4113", part.path, part.unsupported);
    return [];
  }
  return [{ step: part.step, path: part.path, check: null }];
}

/** A validation or alert whose condition is always true: what a row has at its place is not known yet. */
function placeholder({ name, gauge }: ParsedCheck): StepConfigOf<"validation" | "alert"> {
  const expression = { tree: { op: "constant", type: "boolean", value: true }, strings: {}, refused: {} } as const;
  if (gauge === undefined) return { kind: "validation", name, source: "", expression };
  return { kind: "alert", name, source: "", overSeconds: gauge.overSeconds, forSeconds: 0, expression };
}

/** The lambda is decompiled from the tree; the text of the definition's own dialect is kept unchanged. */
function validationStep(
  { name, text, dialect }: ParsedCheck,
  tree: ExpressionTree,
  scope: RowScope,
): StepConfigOf<"validation"> {
  const written = emitAll(tree, name, scope);
  const ownBackEnd = backEndOf[dialect];
  const strings = { ...written.strings, [ownBackEnd]: text };
  const refused = Object.fromEntries(Object.entries(written.refused).filter(([backEnd]) => backEnd !== ownBackEnd));
  const kept = written.strings[ownBackEnd] === text ? {} : { kept: ownBackEnd };
  return { kind: "validation", name, source: decompileLambda(tree), expression: { tree, strings, refused, ...kept } };
}

/** The number of validations in each Check. */
function groupSizes(drafts: readonly Draft[]): number[] {
  const sizes = new Map<number, number>();
  for (const draft of drafts) if (draft.check !== null) sizes.set(draft.group, (sizes.get(draft.group) ?? 0) + 1);
  return [...sizes.values()];
}
