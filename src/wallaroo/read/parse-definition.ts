import { bounds, exceeded } from "../../util/bounds.js";
import { errorMessage } from "../../util/error-message.js";
import { isRecord } from "../../util/objects.js";
import { type Dialect, isPlatformName, nameRule } from "../platform.js";
import { readStep } from "../steps.js";
import type { ParsedStep } from "./group-steps.js";
import { parseCheck } from "./parse-check.js";
import type { Problems } from "./problems.js";
import { withoutHoles } from "./values.js";

/** A definition whose steps are read one by one, and not yet joined. */
interface ReadDefinition {
  readonly id: string;
  readonly steps: readonly ParsedStep[];
  /** The dialect of the checks; `polars` if there is none. */
  readonly dialect: Dialect;
}

/** Reads a definition, parsed or as text. Null, after reporting a problem, if it is not one at all. */
export function parseDefinition(definition: unknown, problems: Problems): ReadDefinition | null {
  const data = typeof definition === "string" ? parseText(definition, problems) : definition;
  if (data === undefined && problems.all.length > 0) return null;
  if (!isRecord(data) || typeof data["id"] !== "string" || !Array.isArray(data["steps"]))
    return problems.report("SL4110", "(whole)", "expected a definition { id, steps }, as the platform stores it");
  if (!isPlatformName(data["id"])) problems.report("SL4104", "id", nameRule);
  for (const key of Object.keys(data))
    if (key !== "id" && key !== "steps")
      problems.report("SL4110", key === "" ? '[""]' : key, "unknown key; a definition has only id and steps");
  const list = withoutHoles(data["steps"]);
  if (list.length > bounds.definitionSteps.limit)
    return problems.report("SL4117", "steps", exceeded(bounds.definitionSteps, list.length));
  const steps = list.flatMap((step, i) => parseStep(step, `steps[${i}]`, problems));
  return { id: data["id"], steps, dialect: dialectOf(steps, problems) };
}

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
  if (read.texts.length === 0) return [{ kind: "checks", path: read.path, checks: [] }];
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
