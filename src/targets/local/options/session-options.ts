import { TargetError } from "../../../../dsl/errors.js";
import type { SessionOptions, SessionSettings } from "../../../engine/session-settings.js";
import type { Config } from "../../../config/schema.js";
import { didYouMean } from "../../../util/did-you-mean.js";
import { formatValue } from "../../../util/format-value.js";
import { joinNames } from "../../../util/join-names.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import { isDictionary } from "../../../util/objects.js";

const levels = ["disabled", "basic", "extended", "all"];

const threads = {
  isValid: (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0,
  expected: "give a whole number of threads, or 0 for as many as there are cores",
};

/** For each option: whether a value is valid, and what to give otherwise. */
const checks: Readonly<
  Record<keyof SessionOptions, { readonly isValid: (value: unknown) => boolean; readonly expected: string }>
> = {
  intraOpNumThreads: threads,
  interOpNumThreads: threads,
  graphOptimizationLevel: {
    isValid: (value) => typeof value === "string" && levels.includes(value),
    expected: `use one of ${levels.map((level) => `"${level}"`).join(", ")}`,
  },
  enableCpuMemArena: { isValid: (value) => typeof value === "boolean", expected: "give true or false" },
  executionProviders: {
    isValid: (value) => Array.isArray(value) && value.length > 0 && value.every(isProvider),
    expected: 'give a list of providers, such as ["cuda", "cpu"], each a name or an object with a name',
  },
};

function isProvider(value: unknown): boolean {
  const name: unknown = isDictionary(value) ? Reflect.get(value, "name") : value;
  return typeof name === "string" && name !== "";
}

/** Validates the option `session` of `local()`. Throws TargetError SL6011 for an unknown or invalid option. */
export function parseSession(value: unknown): SessionSettings {
  if (value === undefined) return {};
  const { models, ...shared } = requireOptions("session", value, [...Object.keys(checks), "models"]);
  checkOptions("session", shared);
  if (models === undefined) return shared;
  const byName = requireOptions("session.models", models, null);
  for (const [name, own] of Object.entries(byName)) {
    const place = `session.models[${JSON.stringify(name)}]`;
    checkOptions(place, requireOptions(place, own, Object.keys(checks)));
  }
  return { ...shared, models: byName as Readonly<Record<string, SessionOptions>> };
}

/** Shorter names are one letter from any other. */
const shortestTypo = 3;

/**
 * Checks the names in `session.models` against a pipeline's models. Other pipelines of the target may have models of
 * other names, so only a name that is nearly that of a model without options of its own is refused.
 *
 * @throws TargetError SL6011
 */
export function checkSessionModels(
  { name: pipeline, models }: Pick<Config, "name" | "models">,
  session: SessionSettings,
): void {
  const known = models.map(({ name }) => name);
  const chosen = Object.keys(session.models ?? {});
  const plain = known.filter((name) => !chosen.includes(name));
  for (const name of chosen) {
    const hint = known.includes(name) || name.length < shortestTypo ? "" : didYouMean(name, plain);
    if (hint !== "")
      throw invalid(
        "session.models",
        `local(): 'session.models' names '${name}', which is no model of pipeline '${pipeline}'${hint}; its models are ${joinNames(known)}. If it is a model of another pipeline, give that one a local() of its own`,
      );
  }
}

/** @param known the names that it may have; null: any */
function requireOptions(
  place: string,
  value: unknown,
  known: readonly string[] | null,
): Readonly<Record<string, unknown>> {
  if (!isDictionary(value)) {
    throw invalid(place, `local(): the option '${place}' is ${formatValue(value)}; give an object of options`);
  }
  if (known !== null) requireKnownOptions(`local(): '${place}'`, value, known);
  return value as Readonly<Record<string, unknown>>;
}

function checkOptions(place: string, options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    const { isValid, expected } = checks[name as keyof SessionOptions];
    if (value !== undefined && !isValid(value))
      throw invalid(place, `local(): the option '${place}.${name}' is ${formatValue(value)}; ${expected}`);
  }
}

function invalid(option: string, message: string): TargetError {
  return new TargetError("SL6011", message, { option });
}
