import type { ErrorCode } from "../../../dsl/messages/error-codes.js";
import { formatJson } from "../../util/format-value.js";
import type { DefinitionProblem } from "../platform.js";

/** Collects what cannot be read. A reader that reports a problem returns null. */
export class Problems {
  readonly all: DefinitionProblem[] = [];

  report(code: ErrorCode, path: string, message: string): null {
    this.all.push({ code, path, message });
    return null;
  }
}

/** Reports that a value is missing or has the wrong type. */
export function reportMismatch(problems: Problems, path: string, expected: string, found: unknown): null {
  return problems.report("SL4110", path, `expected ${expected}, found ${describeJson(found)}`);
}

function describeJson(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return formatJson(value);
}

/** Reports the keys of an object that nothing reads. */
export function reportUnknownKeys(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: string,
  problems: Problems,
): void {
  const keys = known.length === 0 ? "there are no keys here" : `the keys here are ${known.join(", ")}`;
  for (const key of Object.keys(value))
    if (!known.includes(key)) problems.report("SL4110", `${path}.${key}`, `unknown key; ${keys}`);
}
