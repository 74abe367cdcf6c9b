import { formatJson } from "../../util/format-value.js";
import { isRecord } from "../../util/is-record.js";
import type { ErrorCode } from "../../../dsl/messages/error-codes.js";
import { isPlatformName, nameRule, type DefinitionModel, type DefinitionProblem } from "../definition.js";

/** A platform step in the words of a config, as far as one step tells; checks keep their texts. */
export type ReadStep =
  | { readonly kind: "inference"; readonly path: string; readonly models: readonly DefinitionModel[] }
  | { readonly kind: "audit"; readonly path: string; readonly from: number; readonly to: number | null }
  | { readonly kind: "select"; readonly path: string; readonly index: number }
  | { readonly kind: "multiOut"; readonly path: string }
  | {
      readonly kind: "keySplit";
      readonly path: string;
      readonly key: string;
      readonly default: DefinitionModel;
      readonly routes: readonly (readonly [string, DefinitionModel])[];
    }
  | {
      readonly kind: "randomSplit";
      readonly path: string;
      readonly hashKey: string | null;
      readonly weights: readonly { readonly model: DefinitionModel; readonly weight: number }[];
    }
  | { readonly kind: "check"; readonly path: string; readonly texts: readonly string[] };

/** Collects what is wrong; a reader that has said something gives null. */
export class Problems {
  readonly all: DefinitionProblem[] = [];

  say(code: ErrorCode, path: string, message: string): null {
    this.all.push({ code, path, message });
    return null;
  }
}

type Reader = (body: Readonly<Record<string, unknown>>, path: string, problems: Problems) => ReadStep | null;

/** Describes a wrong value on one short line. */
function describeJson(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return formatJson(value);
}

const wrong = (problems: Problems, path: string, needed: string, found: unknown): null =>
  problems.say("SL4110", path, `${needed} is needed, found ${describeJson(found)}`);

function modelOf(value: unknown, path: string, problems: Problems): DefinitionModel | null {
  if (!isRecord(value)) return wrong(problems, path, "a model { name, version, sha }", value);
  const { name, version, sha } = value;
  if (typeof name !== "string" || name === "") return wrong(problems, `${path}.name`, "a model's name", name);
  if (!isPlatformName(name)) return problems.say("SL4104", `${path}.name`, nameRule);
  if (typeof version !== "string" || version === "")
    return wrong(problems, `${path}.version`, "a model's version", version);
  if (typeof sha !== "string" || !/^[0-9a-f]{64}$/.test(sha))
    return wrong(problems, `${path}.sha`, "a SHA-256 of 64 lower-case hex digits", sha);
  extra(value, ["name", "version", "sha"], path, problems);
  return { name, version, sha };
}

/** Keys that nobody reads are said, not skipped. */
function extra(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: string,
  problems: Problems,
): void {
  for (const key of Object.keys(value))
    if (!known.includes(key))
      problems.say(
        "SL4110",
        `${path}.${key}`,
        `there is no such key here; there ${known.length === 1 ? "is" : "are"} ${known.join(", ") || "none"}`,
      );
}

function all<T>(values: readonly (T | null)[]): readonly T[] | null {
  return values.includes(null) ? null : (values as readonly T[]);
}

function wholeNumber(value: unknown, path: string, problems: Problems): number | null {
  if (typeof value !== "number") return wrong(problems, path, "a whole number from 0 on", value);
  return Number.isSafeInteger(value) && value >= 0
    ? value
    : problems.say(
        "SL4113",
        path,
        `a whole number from 0 on is needed, found ${value}: the SDK lets it pass, and no output has that place`,
      );
}

const inference: Reader = (body, path, problems) => {
  if (!Array.isArray(body["models"])) return wrong(problems, `${path}.models`, "a list of models", body["models"]);
  const given = [...(body["models"] as readonly unknown[])];
  if (given.length === 0) return problems.say("SL4113", `${path}.models`, "the step has no model");
  const models = all(given.map((model, i) => modelOf(model, `${path}.models[${i}]`, problems)));
  return models === null ? null : { kind: "inference", path, models };
};

const keySplit: Reader = (body, path, problems) => {
  const { split_key: key, control, routes } = body;
  if (typeof key !== "string") wrong(problems, `${path}.split_key`, "a key of the metadata", key);
  const fallback = modelOf(control, `${path}.control`, problems);
  if (!isRecord(routes)) return wrong(problems, `${path}.routes`, "an object of models", routes);
  const entries = all(
    Object.entries(routes).map(([value, model]) => {
      const read = modelOf(model, `${path}.routes[${JSON.stringify(value)}]`, problems);
      return read === null ? null : ([value, read] as const);
    }),
  );
  return typeof key !== "string" || fallback === null || entries === null
    ? null
    : { kind: "keySplit", path, key, default: fallback, routes: entries };
};

const randomSplit: Reader = (body, path, problems) => {
  const { hash_key: hashKey = null, weights } = body;
  if (hashKey !== null && typeof hashKey !== "string")
    return wrong(problems, `${path}.hash_key`, "a key of the metadata, or null", hashKey);
  if (!Array.isArray(weights)) return wrong(problems, `${path}.weights`, "a list of weights", weights);
  const read = all(
    [...(weights as readonly unknown[])].map((pair, i) => {
      const here = `${path}.weights[${i}]`;
      if (!isRecord(pair)) return wrong(problems, here, "{ model, weight }", pair);
      extra(pair, ["model", "weight"], here, problems);
      const model = modelOf(pair["model"], `${here}.model`, problems);
      const { weight } = pair;
      if (typeof weight !== "number") return wrong(problems, `${here}.weight`, "a number above 0", weight);
      if (!(weight > 0) || !Number.isFinite(weight))
        return problems.say(
          "SL4113",
          `${here}.weight`,
          `a number above 0 is needed, found ${weight}: the SDK lets it pass, and no chance is like that`,
        );
      return model === null ? null : { model, weight };
    }),
  );
  return read === null ? null : { kind: "randomSplit", path, hashKey, weights: read };
};

const readers: Readonly<Record<string, { readonly keys: readonly string[]; readonly read: Reader }>> = {
  ModelInference: { keys: ["models"], read: inference },
  AuditResults: {
    keys: ["from", "to"],
    read(body, path, problems) {
      const from = wholeNumber(body["from"], `${path}.from`, problems);
      if (body["to"] === undefined) return wrong(problems, `${path}.to`, "a whole number or null", undefined);
      const to = body["to"] === null ? null : wholeNumber(body["to"], `${path}.to`, problems);
      return from === null || (to === null && body["to"] !== null) ? null : { kind: "audit", path, from, to };
    },
  },
  Nth: {
    keys: ["index"],
    read(body, path, problems) {
      const index = wholeNumber(body["index"], `${path}.index`, problems);
      return index === null ? null : { kind: "select", path, index };
    },
  },
  MultiOut: { keys: [], read: (_, path) => ({ kind: "multiOut", path }) },
  MetaValueSplit: { keys: ["split_key", "control", "routes"], read: keySplit },
  RandomSplit: { keys: ["hash_key", "weights"], read: randomSplit },
  Check: {
    keys: ["tree"],
    read(body, path, problems) {
      if (!Array.isArray(body["tree"])) return wrong(problems, `${path}.tree`, "a list of texts", body["tree"]);
      const texts = [...(body["tree"] as readonly unknown[])];
      texts.forEach(
        (text, i) => void (typeof text === "string" || wrong(problems, `${path}.tree[${i}]`, "a text", text)),
      );
      if (texts.length === 0)
        return problems.say(
          "SL4113",
          `${path}.tree`,
          "the step checks nothing; the SDK makes it of a validation named 'count'",
        );
      return texts.every((text) => typeof text === "string") ? { kind: "check", path, texts } : null;
    },
  },
};

/** Steps that the platform reads and no method of its SDK builds. */
const foreign = new Set(["Average", "ColumnsSelect", "ColumnsToRows", "RowsToModels", "InputDataToType"]);

/** Reads one step; what is wrong is said, and the step is then null. */
export function readStep(step: unknown, path: string, problems: Problems): ReadStep | null {
  if (!isRecord(step)) return wrong(problems, path, "an object with the step's kind as its one key", step);
  const [kind, ...more] = Object.keys(step);
  if (kind === undefined || more.length > 0)
    return wrong(problems, path, "one key, the step's kind,", Object.keys(step).join(", ") || undefined);
  const here = `${path}.${kind}`;
  if (!Object.hasOwn(readers, kind)) {
    return problems.say(
      "SL4111",
      here,
      foreign.has(kind)
        ? `a pipeline here has no step ${kind}; no method of the SDK builds it`
        : `there is no step '${kind}'`,
    );
  }
  const { keys, read } = readers[kind] as (typeof readers)[string];
  const body = step[kind];
  if (!isRecord(body)) return wrong(problems, here, "an object", body);
  extra(body, keys, here, problems);
  return read(body, here, problems);
}
