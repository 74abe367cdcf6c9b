import type { StepConfig, StepConfigOf } from "../config/schema.js";
import type { BackEnd } from "../expression/backends/back-ends.js";
import type { DefinitionModel, DefinitionProblem, Dialect } from "./platform.js";
import { isRecord } from "../util/objects.js";
import { type Problems, reportMismatch, reportUnknownKeys } from "./read/problems.js";
import { allOrNull, readModel, readWholeNumber, withoutHoles } from "./read/values.js";

// The step kinds of a definition: how each is written, why it cannot be written, and how it is read back.

/** A step of a definition. Its only key is its kind. */
export type DefinitionStep =
  | { readonly ModelInference: { readonly models: readonly DefinitionModel[] } }
  | { readonly AuditResults: { readonly from: number; readonly to: number | null } }
  | { readonly Nth: { readonly index: number } }
  | { readonly MultiOut: Readonly<Record<string, never>> }
  | {
      readonly MetaValueSplit: {
        readonly split_key: string;
        readonly control: DefinitionModel;
        readonly routes: Readonly<Record<string, DefinitionModel>>;
      };
    }
  | {
      readonly RandomSplit: {
        readonly hash_key: string | null;
        readonly weights: readonly { readonly model: DefinitionModel; readonly weight: number }[];
      };
    }
  | { readonly Check: { readonly tree: readonly string[] } };

/** Whether a step of a definition runs models. */
export function isInference(step: DefinitionStep): boolean {
  return "ModelInference" in step || "MetaValueSplit" in step || "RandomSplit" in step;
}

interface StepWriter<S> {
  /** The definition's steps for one step of a config. Validations are written as groups instead, see `checkStep`. */
  readonly write: (step: S, model: (name: string) => DefinitionModel) => DefinitionStep[];
  /** What a definition cannot express of the step. */
  readonly refuse?: (step: S, dialect: Dialect, path: string) => DefinitionProblem | null;
}

const writers: { readonly [K in StepConfig["kind"]]: StepWriter<StepConfigOf<K>> } = {
  model: {
    write: (step, model) => [{ ModelInference: { models: [model(step.model)] } }],
    refuse({ rename, sources = {}, model }, _, path) {
      const others = Object.entries(sources).map(([input, source]) => `'${input}' takes ${sourceWords(source)}`);
      if (others.length > 0) {
        return {
          code: "SL4102",
          path,
          message: `a step of the platform takes only the outputs of the step before it, and in '${model}' ${others.join(", ")}: let the model before it pass the value on as an output, export the model with the value inside, or deploy to another target, such as local()`,
        };
      }
      const renamed = Object.entries(rename).filter(([input, from]) => input !== from);
      if (renamed.length === 0) return null;
      const names = renamed.map(([input, from]) => `'${input}' takes '${from}'`).join(", ");
      return {
        code: "SL4102",
        path,
        message: `a step of the platform cannot rename ports, and in '${model}' ${names}: give the ports the same name, or rename them in the model's configuration on the platform (tensor_fields)`,
      };
    },
  },
  models: { write: ({ models }, model) => [{ ModelInference: { models: models.map(model) } }] },
  audit: { write: ({ from, to }) => [{ AuditResults: { from, to } }] },
  select: { write: ({ index }) => [{ Nth: { index } }] },
  keySplit: {
    write: (step, model) => [
      {
        MetaValueSplit: {
          split_key: step.key,
          control: model(step.default),
          routes: Object.fromEntries(Object.entries(step.routes).map(([value, name]) => [value, model(name)])),
        },
      },
    ],
  },
  randomSplit: {
    write: ({ hashKey, weights }, model) => [
      {
        RandomSplit: {
          hash_key: hashKey,
          weights: weights.map(({ model: name, weight }) => ({ model: model(name), weight })),
        },
      },
    ],
  },
  shadow: {
    write: ({ champion, challengers }, model) => [
      { ModelInference: { models: [champion, ...challengers].map(model) } },
      { AuditResults: { from: 1, to: null } },
      { MultiOut: {} },
    ],
  },
  validation: {
    write: () => [],
    refuse({ name, expression }, dialect, path) {
      const backEnd = backEndOf[dialect];
      if (expression.strings[backEnd] !== undefined) return null;
      const reason =
        expression.refused[backEnd]?.reason ?? `the config has no ${backEnd} text for it; compile it again`;
      return { code: "SL4101", path, message: `validation '${name}': ${reason}` };
    },
  },
  alert: {
    write: () => [],
    refuse: ({ name }, dialect, path) => ({
      code: "SL4105",
      path,
      message: `alert '${name}': ${
        dialect === "polars"
          ? "platforms since 2023.4.2 have no alerts"
          : 'a definition of the older platforms contains the left side of an alert but not its condition; give alerts: "gauges" and send alertConfigurations(config) too'
      }: remove the step for the platform, and watch its metrics or log instead`,
    }),
  },
  refine: {
    write: () => [],
    refuse: ({ sizes }, _, path) => ({
      code: "SL4103",
      path,
      message: `the platform has no step that checks sizes (${Object.keys(sizes).join(", ")}): remove the step for the platform`,
    }),
  },
};

function sourceWords(source: NonNullable<StepConfigOf<"model">["sources"]>[string]): string {
  if ("constant" in source) return "a constant";
  return "column" in source ? `the request column '${source.column}'` : `'${source.model}.${source.output}'`;
}

const writerOf = (step: StepConfig): StepWriter<StepConfig> => writers[step.kind] as StepWriter<StepConfig>;

/** The definition's steps for one step of a config; none for a validation. */
export function writeStep(step: StepConfig, model: (name: string) => DefinitionModel): DefinitionStep[] {
  return writerOf(step).write(step, model);
}

/** What a definition cannot express of a step. */
export function stepProblems(step: StepConfig, dialect: Dialect, path: string): DefinitionProblem[] {
  const problem = writerOf(step).refuse?.(step, dialect, path) ?? null;
  return problem === null ? [] : [problem];
}

/** The back-end whose text a dialect stores. */
export const backEndOf = { polars: "polars-0.18", checks: "checks" } as const satisfies Record<Dialect, BackEnd>;

/** One Check step for a group of validations. */
export function checkStep(validations: readonly StepConfigOf<"validation">[], dialect: Dialect): DefinitionStep {
  return { Check: { tree: validations.map(({ expression }) => expression.strings[backEndOf[dialect]] as string) } };
}

/**
 * What was read of one step. A ModelInference can be the start of a `model`, `models` or `shadow` step, and the texts
 * of a Check are not parsed yet; every other step is already a step of a config.
 */
export type ReadStep =
  | { readonly kind: "inference"; readonly path: string; readonly models: readonly DefinitionModel[] }
  | { readonly kind: "multiOut"; readonly path: string }
  | { readonly kind: "check"; readonly path: string; readonly texts: readonly string[] }
  | ConfigPart;

/** A step of a config, with the models it names; `models` is null if the step runs none. */
export interface ConfigPart {
  readonly kind: "step";
  readonly path: string;
  readonly step: StepConfig;
  readonly models: readonly DefinitionModel[] | null;
  /** Why a config cannot hold the step, which is then left out. */
  readonly unsupported?: string;
}

interface StepReader {
  readonly keys: readonly string[];
  readonly read: (body: Readonly<Record<string, unknown>>, path: string, problems: Problems) => ReadStep | null;
}

const readers: Readonly<Record<string, StepReader>> = {
  ModelInference: {
    keys: ["models"],
    read(body, path, problems) {
      if (!Array.isArray(body["models"]))
        return reportMismatch(problems, `${path}.models`, "a list of models", body["models"]);
      const list = withoutHoles(body["models"]);
      if (list.length === 0) return problems.report("SL4113", `${path}.models`, "the step has no model");
      const models = allOrNull(list.map((model, i) => readModel(model, `${path}.models[${i}]`, problems)));
      return models === null ? null : { kind: "inference", path, models };
    },
  },
  AuditResults: {
    keys: ["from", "to"],
    read(body, path, problems) {
      const from = readWholeNumber(body["from"], `${path}.from`, problems);
      if (body["to"] === undefined) return reportMismatch(problems, `${path}.to`, "a whole number or null", undefined);
      const to = body["to"] === null ? null : readWholeNumber(body["to"], `${path}.to`, problems);
      if (from === null || (to === null && body["to"] !== null)) return null;
      return { kind: "step", path, step: { kind: "audit", from, to }, models: null };
    },
  },
  Nth: {
    keys: ["index"],
    read(body, path, problems) {
      const index = readWholeNumber(body["index"], `${path}.index`, problems);
      return index === null ? null : { kind: "step", path, step: { kind: "select", index }, models: null };
    },
  },
  MultiOut: { keys: [], read: (_, path) => ({ kind: "multiOut", path }) },
  MetaValueSplit: {
    keys: ["split_key", "control", "routes"],
    read(body, path, problems) {
      const { split_key: key, control, routes } = body;
      if (typeof key !== "string") reportMismatch(problems, `${path}.split_key`, "a metadata key", key);
      const fallback = readModel(control, `${path}.control`, problems);
      if (!isRecord(routes)) return reportMismatch(problems, `${path}.routes`, "an object of models", routes);
      const entries = allOrNull(
        Object.entries(routes).map(([value, model]) => {
          const route = readModel(model, `${path}.routes[${JSON.stringify(value)}]`, problems);
          return route === null ? null : ([value, route] as const);
        }),
      );
      if (typeof key !== "string" || fallback === null || entries === null) return null;
      return {
        kind: "step",
        path,
        step: {
          kind: "keySplit",
          key,
          default: fallback.name,
          routes: Object.fromEntries(entries.map(([value, { name }]) => [value, name])),
        },
        models: [fallback, ...entries.map(([, model]) => model)],
        ...(Object.hasOwn(routes, "__proto__") && {
          unsupported: "a config cannot hold a route for the value '__proto__'",
        }),
      };
    },
  },
  RandomSplit: {
    keys: ["hash_key", "weights"],
    read(body, path, problems) {
      const { hash_key: hashKey = null, weights } = body;
      if (hashKey !== null && typeof hashKey !== "string")
        return reportMismatch(problems, `${path}.hash_key`, "a metadata key or null", hashKey);
      if (!Array.isArray(weights)) return reportMismatch(problems, `${path}.weights`, "a list of weights", weights);
      const pairs = allOrNull(
        withoutHoles(weights).map((pair, i) => readWeight(pair, `${path}.weights[${i}]`, problems)),
      );
      if (pairs === null) return null;
      return {
        kind: "step",
        path,
        step: {
          kind: "randomSplit",
          hashKey,
          weights: pairs.map(({ model, weight }) => ({ model: model.name, weight })),
        },
        models: pairs.map(({ model }) => model),
        ...(pairs.some(({ weight }) => weight === 0) && {
          unsupported: "expected weights above 0, found 0: the SDK accepts it, but a config has only weights above 0",
        }),
      };
    },
  },
  Check: {
    keys: ["tree"],
    read(body, path, problems) {
      if (!Array.isArray(body["tree"]))
        return reportMismatch(problems, `${path}.tree`, "a list of texts", body["tree"]);
      const texts = withoutHoles(body["tree"]);
      texts.forEach((text, i) => {
        if (typeof text !== "string") reportMismatch(problems, `${path}.tree[${i}]`, "a text", text);
      });
      return texts.every((text) => typeof text === "string") ? { kind: "check", path, texts } : null;
    },
  },
};

function readWeight(pair: unknown, path: string, problems: Problems) {
  if (!isRecord(pair)) return reportMismatch(problems, path, "{ model, weight }", pair);
  reportUnknownKeys(pair, ["model", "weight"], path, problems);
  const model = readModel(pair["model"], `${path}.model`, problems);
  const { weight } = pair;
  if (typeof weight !== "number") return reportMismatch(problems, `${path}.weight`, "a number above 0", weight);
  if (!(weight >= 0) || !Number.isFinite(weight)) {
    return problems.report(
      "SL4113",
      `${path}.weight`,
      `expected a number above 0, found ${weight}: the SDK accepts it, but it is not a valid weight`,
    );
  }
  return model === null ? null : { model, weight };
}

/**
 * Steps that the SDK reads and no method of it builds, with what to use instead. Its classes hold their members only:
 * nothing says what the platform computes, so running them would be a guess.
 */
const unknownMeaning: ReadonlyMap<string, string> = new Map([
  ["Average", "compute the mean inside a model, or from the answers of a step with several models"],
  ["ColumnsSelect", "choose the columns of the answer with 'dataset', or select them inside a model"],
  ["ColumnsToRows", "reshape inside a model (ONNX: Transpose, Reshape), or in the request"],
  ["RowsToModels", "choose the model of each row with a key split (add_key_split)"],
  ["InputDataToType", "send the dtype that the model takes, or cast inside the model (ONNX: Cast)"],
]);

/** Reads one step of a definition. Returns null after reporting a problem. */
export function readStep(step: unknown, path: string, problems: Problems): ReadStep | null {
  if (!isRecord(step)) return reportMismatch(problems, path, "an object whose only key is the step's kind", step);
  const [kind, ...more] = Object.keys(step);
  if (kind === undefined || more.length > 0)
    return reportMismatch(problems, path, "one key, the step's kind", Object.keys(step).join(", ") || undefined);
  const here = `${path}.${kind}`;
  if (!Object.hasOwn(readers, kind)) {
    const instead = unknownMeaning.get(kind);
    const message =
      instead === undefined
        ? `unknown step kind '${kind}'`
        : `no release of the SDK builds step kind '${kind}' or says what it computes, so that it is not run: remove the step and ${instead}`;
    return problems.report("SL4111", here, message);
  }
  const { keys, read } = readers[kind] as StepReader;
  const body = step[kind];
  if (!isRecord(body)) return reportMismatch(problems, here, "an object", body);
  reportUnknownKeys(body, keys, here, problems);
  return read(body, here, problems);
}

/** The models of a ModelInference as a step of a config; `isShadow`: MultiOut follows. */
export function inferenceStep(models: readonly DefinitionModel[], isShadow: boolean): StepConfig {
  const [first = "", ...others] = models.map(({ name }) => name);
  if (isShadow) return { kind: "shadow", champion: first, challengers: others };
  return others.length > 0
    ? { kind: "models", models: [first, ...others] }
    : { kind: "model", model: first, rename: {} };
}

export function distinct(models: readonly DefinitionModel[]): DefinitionModel[] {
  return [...new Map(models.map((model) => [model.name, model])).values()];
}

/** A split with other models in the places of its own. */
export function withModels(part: ConfigPart, models: readonly DefinitionModel[]): ConfigPart {
  const { step } = part;
  const name = (i: number): string => models[i]?.name ?? "";
  if (step.kind === "keySplit") {
    const routes = Object.fromEntries(Object.keys(step.routes).map((value, i) => [value, name(i + 1)]));
    return { ...part, models, step: { ...step, default: name(0), routes } };
  }
  if (step.kind !== "randomSplit") return part;
  return {
    ...part,
    models,
    step: { ...step, weights: step.weights.map(({ weight }, i) => ({ model: name(i), weight })) },
  };
}

/**
 * A split as a config can hold it: without routes it is its default, and models of weight 0 get no request. Null after
 * reporting a split that chooses no model.
 */
export function equalSplit(part: ConfigPart, problems: Problems): ConfigPart | null {
  const { step, path } = part;
  const models = part.models ?? [];
  if (step.kind === "keySplit" && models.length === 1 && part.unsupported === undefined)
    return { ...part, step: inferenceStep(models, false) };
  if (step.kind !== "randomSplit") return part;
  const weights: { readonly model: string; readonly weight: number }[] = [];
  for (const next of step.weights.filter(({ weight }) => weight > 0)) {
    const last = weights.at(-1);
    // Neighbours of one model take one interval together, so the same values of the hash key choose it.
    if (last?.model === next.model) weights[weights.length - 1] = { ...last, weight: last.weight + next.weight };
    else weights.push(next);
  }
  if (weights.length === 0)
    return problems.report("SL4113", path, "no model has a weight above 0: give one of them a weight");
  const used = distinct(models.filter(({ name }) => weights.some(({ model }) => model === name)));
  return { kind: "step", path, step: { ...step, weights }, models: used };
}
