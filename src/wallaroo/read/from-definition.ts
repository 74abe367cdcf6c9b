import { errorMessage } from "../../util/error-message.js";
import { isRecord } from "../../util/is-record.js";
import type { Problem } from "../../../dsl/errors.js";
import { checkPipeline, portsOf, type PipelineCheck } from "../../../dsl/index.js";
import { sealConfig, type Unhashed } from "../../config/config.js";
import { rebuildPipeline } from "../../config/rebuild.js";
import { type Config, type ModelConfig, portSchema, type StepConfig } from "../../config/schema.js";
import { emitAll } from "../../expression/compile.js";
import { stepModels } from "../../config/step-models.js";
import type { RowScope } from "../../../dsl/row.js";
import { arranged, type Part, type Parsed } from "./group-steps.js";
import { parseCheck, type ParsedCheck, treeOf } from "./parse-check.js";
import { decompileLambda } from "../../config/steps/validation.js";
import { type Dialect, isPlatformName, nameRule, type DefinitionForm, type DefinitionProblem } from "../definition.js";
import { Problems, readStep } from "./read-steps.js";
import { type KnownModel, signed } from "./signatures.js";

export interface FromDefinitionOptions {
  /** The ports of the definition's models, which it does not hold: what `readSignature` gives, or the models of a config. */
  readonly models?: readonly KnownModel[];
}

/** What was read of a definition. */
export interface ParsedDefinition {
  /** The pipeline; null where the definition does not hold one that fits together. What a problem names is left out of it. */
  readonly config: Config | null;
  /** What could not be read, with its path; empty when the config says all that the definition says. */
  readonly problems: readonly DefinitionProblem[];
  /** The models whose ports no signature told: they have those that checks read, as doubles, as many as are read. Such a config explains and compares; to run it, pass `models`. */
  readonly inferred: readonly string[];
  /** For `toPlatform`: gives the definition back as it came. */
  readonly form: DefinitionForm;
}

/**
 * Reads a definition of the Wallaroo platform, whoever made it: shadows are found in their three steps, the texts of checks become typed
 * lambdas again. It never throws.
 *
 * @param definition parsed JSON, or its text
 * @param options `models`: the models' ports, which a definition does not hold
 * @returns the config, what could not be read (SL2xxx, SL411x), whose ports were inferred, and the definition's form
 * @example
 * const { config, problems } = fromPlatform(await readFile("fraud.definition.json", "utf8"), { models });
 */
export function fromDefinition(definition: unknown, options: FromDefinitionOptions = {}): ParsedDefinition {
  const problems = new Problems();
  const data = typeof definition === "string" ? parsedText(definition, problems) : definition;
  const nothing = (): ParsedDefinition => ({
    config: null,
    problems: problems.all,
    inferred: [],
    form: { dialect: "polars" },
  });
  if (data === undefined && problems.all.length > 0) return nothing();
  if (!isRecord(data) || typeof data["id"] !== "string" || !Array.isArray(data["steps"])) {
    problems.say("SL4110", "(whole)", "a definition { id, steps } is needed, as the platform stores it");
    return nothing();
  }
  if (!isPlatformName(data["id"])) problems.say("SL4104", "id", nameRule);
  for (const key of Object.keys(data))
    if (key !== "id" && key !== "steps")
      problems.say("SL4110", key === "" ? '[""]' : key, "a definition has id and steps, and nothing else");
  // Holes of a list become undefined, and are said.
  const given = [...(data["steps"] as readonly unknown[])];
  if (given.length > mostSteps) {
    problems.say("SL4117", "steps", `there are ${given.length} steps, and at most ${mostSteps} are read`);
    return nothing();
  }
  const steps = given.flatMap((step, i) => parsed(step, `steps[${i}]`, problems));
  const dialect = dialectOf(steps, problems);
  const parts = arranged(steps, dialect === "checks", problems);
  const { models, inferred } = signed(parts, Array.isArray(options?.models) ? options.models : [], dialect, problems);
  const read = new Assembly(data["id"], models, parts, problems).config();
  return {
    config: read?.config ?? null,
    problems: problems.all,
    inferred,
    form: { dialect, ...(read === null ? {} : { checks: read.checks }) },
  };
}

const mostSteps = 1000;

function parsedText(text: string, problems: Problems): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return problems.say("SL4110", "(whole)", `it is no JSON: ${errorMessage(error)}`) ?? undefined;
  }
}

/** A step with its texts parsed; none where its problem has been said. */
function parsed(step: unknown, path: string, problems: Problems): Parsed[] {
  const read = readStep(step, path, problems);
  if (read === null) return [];
  if (read.kind !== "check") return [read];
  const checks = read.texts
    .map((text, i) => parseCheck(text, `${read.path}.tree[${i}]`, problems))
    .filter((check) => check !== null);
  return checks.length === 0 ? [] : [{ kind: "checks", path: read.path, checks }];
}

/** The dialect of the first check; all others must be of it. */
function dialectOf(steps: readonly Parsed[], problems: Problems): Dialect {
  const checks = steps.flatMap((step) => (step.kind === "checks" ? step.checks : []));
  const dialect = checks[0]?.dialect ?? "polars";
  for (const check of checks)
    if (check.dialect !== dialect)
      problems.say("SL4113", check.path, "it is of the other dialect than the first check, and no platform reads both");
  return dialect;
}

type Draft =
  | { readonly step: StepConfig; readonly path: string; readonly check: null }
  | {
      readonly step: Extract<StepConfig, { kind: "validation" }>;
      readonly path: string;
      readonly check: ParsedCheck;
      readonly group: number;
    };

/** Puts a config together, and takes out what does not fit. */
class Assembly {
  readonly #name: string;
  readonly #models: readonly ModelConfig[];
  readonly #problems: Problems;
  #drafts: readonly Draft[];

  constructor(name: string, models: readonly ModelConfig[], parts: readonly Part[], problems: Problems) {
    this.#name = name;
    this.#models = models;
    this.#problems = problems;
    this.#drafts = parts.flatMap((part, group) => drafts(part, group, problems));
  }

  config(): { readonly config: Config; readonly checks: readonly number[] } | null {
    const first = this.#check();
    if (first === null) return null;
    const dialect = this.#drafts.find(({ check }) => check !== null)?.check?.dialect;
    const read = this.#drafts.map((draft, i) => {
      if (draft.check === null) return draft;
      if (draft.check.dialect !== dialect) return null;
      const scope = first.scopes[i] as RowScope;
      const tree = treeOf(draft.check, scope, this.#problems);
      return tree === null ? null : { ...draft, step: validation(draft.check, tree, scope) };
    });
    const kept = read.filter((draft) => draft !== null);
    const isWhole = kept.length === read.length;
    this.#drafts = kept;
    const checked = isWhole ? first : this.#check();
    if (checked === null) return null;
    try {
      return {
        config: sealConfig({ ...this.#content(), inputs: checked.inputs, checks: checked.checks }),
        checks: groupSizes(kept),
      };
    } catch {
      this.#problems.say("SL4110", "(whole)", "what was read is no config");
      return null;
    }
  }

  #content(): Unhashed {
    const steps = this.#drafts.map(({ step }) => step);
    const used = new Set(steps.flatMap((step) => [...stepModels(step).serving, ...stepModels(step).challengers]));
    return {
      shapeline: 1,
      name: this.#name,
      inputs: [],
      models: this.#models.filter(({ name }) => used.has(name)),
      steps,
      checks: [],
    };
  }

  /** The check that `build()` makes; validations that do not fit are taken out, anything else ends it. */
  #check(): (PipelineCheck & { readonly inputs: readonly ReturnType<typeof portsOf>[number][] }) | null {
    for (;;) {
      const pipeline = rebuildPipeline(this.#content() as Config);
      const checked = checkPipeline(pipeline);
      if (checked.problems.length === 0)
        return {
          ...checked,
          inputs: portsOf(pipeline.inputs).map((port) =>
            portSchema.parse({ ...port, shape: port.shape === null ? null : [...port.shape] }),
          ),
        };
      const misfits = new Set<Draft>();
      let isFatal = false;
      for (const problem of checked.problems) {
        const draft = this.#drafts[stepOf(problem)] ?? this.#validationOf(problem, misfits);
        this.#problems.say(problem.code, draft?.path ?? "(whole)", problem.message);
        if (draft === undefined || draft.check === null) isFatal = true;
        else misfits.add(draft);
      }
      if (isFatal) return null;
      this.#drafts = this.#drafts.filter((draft) => !misfits.has(draft));
    }
  }

  #validationOf({ details }: Problem, taken: ReadonlySet<Draft>): Draft | undefined {
    const name = details?.["validation"];
    return this.#drafts.findLast((draft) => draft.check?.name === name && name !== undefined && !taken.has(draft));
  }
}

const stepOf = ({ details }: Problem): number => (typeof details?.["step"] === "number" ? details["step"] : -1);

function drafts(part: Part, group: number, problems: Problems): Draft[] {
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
  if (part.kind === "keySplit" && part.routes.some(([value]) => value === "__proto__")) {
    problems.say("SL4113", part.path, "a route for the value '__proto__' cannot be held by an object");
    return [];
  }
  return [{ step: stepConfig(part), path: part.path, check: null }];
}

function stepConfig(part: Exclude<Part, { kind: "checks" }>): StepConfig {
  switch (part.kind) {
    case "model":
      return { kind: "model", model: part.models[0]?.name ?? "", rename: {} };
    case "models":
      return { kind: "models", models: part.models.map(({ name }) => name) };
    case "shadow":
      return {
        kind: "shadow",
        champion: part.models[0]?.name ?? "",
        challengers: part.models.slice(1).map(({ name }) => name),
      };
    case "audit":
      return { kind: "audit", from: part.from, to: part.to };
    case "select":
      return { kind: "select", index: part.index };
    case "keySplit":
      return {
        kind: "keySplit",
        key: part.key,
        default: part.default.name,
        routes: Object.fromEntries(part.routes.map(([value, { name }]) => [value, name])),
      };
    case "randomSplit":
      return {
        kind: "randomSplit",
        hashKey: part.hashKey,
        weights: part.weights.map(({ model, weight }) => ({ model: model.name, weight })),
      };
  }
}

/** The lambda in its canonical form; the text of its own dialect stays as it came. */
function validation(
  { name, text, dialect }: ParsedCheck,
  tree: Parameters<typeof emitAll>[0],
  scope: RowScope,
): Extract<StepConfig, { kind: "validation" }> {
  const written = emitAll(tree, name, scope);
  const own = dialect === "polars" ? "polars-0.18" : "checks";
  const strings = { ...written.strings, [own]: text };
  const refused = Object.fromEntries(Object.entries(written.refused).filter(([backEnd]) => backEnd !== own));
  return { kind: "validation", name, source: decompileLambda(tree), expression: { tree, strings, refused } };
}

function groupSizes(drafts: readonly Draft[]): number[] {
  const sizes = new Map<number, number>();
  for (const draft of drafts) if (draft.check !== null) sizes.set(draft.group, (sizes.get(draft.group) ?? 0) + 1);
  return [...sizes.values()];
}
