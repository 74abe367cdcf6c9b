import { isRecord } from "../../util/objects.js";
import { type DefinitionModel, isPlatformName, nameRule } from "../platform.js";
import { type Problems, reportMismatch, reportUnknownKeys } from "./problems.js";

/** The list, or null if one of its values could not be read. */
export function allOrNull<T>(values: readonly (T | null)[]): readonly T[] | null {
  return values.includes(null) ? null : (values as readonly T[]);
}

/** A copy of a list, in which holes are undefined and therefore reported. */
export function withoutHoles(list: readonly unknown[]): readonly unknown[] {
  return [...list];
}

export function readWholeNumber(value: unknown, path: string, problems: Problems): number | null {
  if (typeof value !== "number") return reportMismatch(problems, path, "a whole number from 0", value);
  return Number.isSafeInteger(value) && value >= 0
    ? value
    : problems.report(
        "SL4113",
        path,
        `expected a whole number from 0, found ${value}: the SDK accepts it, but no output has this index`,
      );
}

export function readModel(value: unknown, path: string, problems: Problems): DefinitionModel | null {
  if (!isRecord(value)) return reportMismatch(problems, path, "a model { name, version, sha }", value);
  const { name, version, sha } = value;
  if (typeof name !== "string" || name === "") return reportMismatch(problems, `${path}.name`, "a model name", name);
  if (!isPlatformName(name)) return problems.report("SL4104", `${path}.name`, nameRule);
  if (typeof version !== "string" || version === "")
    return reportMismatch(problems, `${path}.version`, "a model version", version);
  if (typeof sha !== "string" || !/^[0-9a-f]{64}$/.test(sha))
    return reportMismatch(problems, `${path}.sha`, "a SHA-256 of 64 lower-case hex digits", sha);
  reportUnknownKeys(value, ["name", "version", "sha"], path, problems);
  return { name, version, sha };
}
