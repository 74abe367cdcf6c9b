import { errorMessage } from "../../util/error-message.js";
import { isRecord } from "../../util/objects.js";
import type { Problem } from "../../../dsl/errors.js";
import { checkPipeline, portsOf, type PipelineCheck } from "../../../dsl/index.js";
import { sealConfig, type UnhashedConfig } from "../../config/config.js";
import { rowsOf } from "../../config/model-rows.js";
import { rebuildPipeline } from "../../config/rebuild.js";
import { type Config, type ModelConfig, portSchema, type StepConfig, type StepConfigOf } from "../../config/schema.js";
import { stepModels } from "../../config/step-models.js";
import { decompileLambda } from "../../config/steps/validation.js";
import { emitAll } from "../../expression/compile.js";
import type { RowScope } from "../../../dsl/row.js";
import type { ExpressionTree } from "../../expression/tree/tree.js";
import type { DefinitionForm } from "../definition.js";
import { type DefinitionProblem, type Dialect, isPlatformName, nameRule } from "../platform.js";
import { backEndOf, readStep } from "../steps.js";
import { groupSteps, type ParsedStep, type Part } from "./group-steps.js";
import { conditionOf, parseCheck, type ParsedCheck } from "./parse-check.js";
import { Problems } from "./problems.js";
import type { KnownModel } from "./infer-ports.js";
import { modelsWithPorts } from "./signatures.js";
import { withoutHoles } from "./values.js";

export interface FromDefinitionOptions {
  /**
   * The models with their ports, which a definition does not contain: results of `readSignature`, or the models of a
   * config.
   */
  readonly models?: readonly KnownModel[];
}

/** What was read from a definition. */
export interface ParsedDefinition {
  /**
   * The pipeline, without the parts that `problems` name; null if the definition has no pipeline that fits together.
   */
  readonly config: Config | null;
  /** What could not be read, with paths. Empty if the config expresses everything in the definition. */
  readonly problems: readonly DefinitionProblem[];
  /**
   * The models without a known signature. Their ports are inferred: those that checks read, as float64, just long
   * enough. Such a config can be explained and compared; to run it, pass `models`.
   */
  readonly inferred: readonly string[];
  /** For `toDefinition`, which then returns the same definition again. */
  readonly form: DefinitionForm;
}

/**
 * Reads a definition of the Wallaroo platform: joins the three steps of a shadow into one, and decompiles the texts of
 * checks into typed lambdas. Never throws.
 *
 * @param definition parsed JSON, or its text
 * @param options `models`: the ports of the definition's models
 * @returns the config, the problems (SL2xxx, SL411x), the models with inferred ports, and the definition's form
 * @example
 * const { config, problems } = fromDefinition(await readFile("fraud.definition.json", "utf8"), { models });
 */
export function fromDefinition(definition: unknown, options: FromDefinitionOptions = {}): ParsedDefinition {
  const problems = new Problems();
  const data = typeof definition === "string" ? parseText(definition, problems) : definition;
  const unreadable = (): ParsedDefinition => ({
    config: null,
    problems: problems.all,
    inferred: [],
    form: { dialect: "polars" },
  });
  if (data === undefined && problems.all.length > 0) return unreadable();
  if (!isRecord(data) || typeof data["id"] !== "string" || !Array.isArray(data["steps"])) {
    problems.report("SL4110", "(whole)", "expected a definition { id, steps }, as the platform stores it");
    return unreadable();
  }
  if (!isPlatformName(data["id"])) problems.report("SL4104", "id", nameRule);
  for (const key of Object.keys(data))
    if (key !== "id" && key !== "steps")
      problems.report("SL4110", key === "" ? '[""]' : key, "unknown key; a definition has only id and steps");
  const list = withoutHoles(data["steps"]);
  if (list.length > maxSteps) {
    problems.report("SL4117", "steps", `there are ${list.length} steps; the maximum is ${maxSteps}`);
    return unreadable();
  }
  const steps = list.flatMap((step, i) => parseStep(step, `steps[${i}]`, problems));
  const dialect = dialectOf(steps, problems);
  const parts = groupSteps(steps, dialect === "checks", problems);
  const known = Array.isArray(options?.models) ? options.models : [];
  const { models, inferred } = modelsWithPorts(parts, known, dialect, problems);
  const built = new ConfigBuilder(data["id"], models, parts, problems).build();
  return {
    config: built?.config ?? null,
    problems: problems.all,
    inferred,
    form: { dialect, ...(built === null ? {} : { checks: built.checks }) },
  };
}

const maxSteps = 1000;

function parseText(text: string, problems: Problems): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    problems.report("SL4110", "(whole)", `not valid JSON: ${errorMessage(error)}`);
    return undefined;
  }
}

/** A step with its check texts parsed; empty after reporting a problem. */
function parseStep(step: unknown, path: string, problems: Problems): ParsedStep[] {
  const read = readStep(step, path, problems);
  if (read === null) return [];
  if (read.kind !== "check") return [read];
  const checks = read.texts
    .map((text, i) => parseCheck(text, `${read.path}.tree[${i}]`, problems))
    .filter((check) => check !== null);
  return checks.length === 0 ? [] : [{ kind: "checks", path: read.path, checks }];
}

/** The dialect of the first check. Reports all checks of the other dialect. */
function dialectOf(steps: readonly ParsedStep[], problems: Problems): Dialect {
  const checks = steps.flatMap((step) => (step.kind === "checks" ? step.checks : []));
  const dialect = checks[0]?.dialect ?? "polars";
  for (const check of checks)
    if (check.dialect !== dialect)
      problems.report(
        "SL4113",
        check.path,
        "this check and the first one are of different dialects, and no platform reads both",
      );
  return dialect;
}

/** A step of the config before the lambdas of validations are decompiled. */
type Draft =
  | { readonly step: StepConfig; readonly path: string; readonly check: null }
  | {
      readonly step: StepConfigOf<"validation">;
      readonly path: string;
      readonly check: ParsedCheck;
      /** The index of the part: the validations of one Check have the same. */
      readonly group: number;
    };

/** Makes a config from the parts, leaving out what does not fit. */
class ConfigBuilder {
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
      return tree === null ? null : { ...draft, step: validationStep(draft.check, tree, scope) };
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
    return part.checks.map((check) => ({
      step: {
        kind: "validation",
        name: check.name,
        source: "",
        expression: { tree: { op: "constant", type: "boolean", value: true }, strings: {}, refused: {} },
      },
      path: check.path,
      check,
      group,
    }));
  }
  if (part.unsupported !== undefined) {
    problems.report("SL4113", part.path, part.unsupported);
    return [];
  }
  return [{ step: part.step, path: part.path, check: null }];
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
