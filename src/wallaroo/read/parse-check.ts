import { ConfigError } from "../../../dsl/errors.js";
import type { RowScope } from "../../../dsl/row.js";
import { columnsRead, type ExpressionTree } from "../../expression/tree/tree.js";
import { validateTree } from "../../expression/tree/validate.js";
import { bounds, exceeded } from "../../util/bounds.js";
import type { Dialect } from "../platform.js";
import { type JsonObject, type JsonValue, parseJsonText } from "./lossless-json.js";
import { readPolars } from "./polars/read.js";
import { fail } from "./polars/value.js";
import { checkText, readChecks } from "./read-checks.js";
import { type Gauge, gaugeText, isGauge } from "./read-gauge.js";
import type { Problems } from "./problems.js";

/** One text of a Check, parsed down to its name. */
export interface ParsedCheck {
  readonly dialect: Dialect;
  readonly name: string;
  readonly text: string;
  readonly path: string;
  /** The JSON below the name; ports are inferred from its columns. */
  readonly body: JsonValue;
  /** The condition that must hold; of a gauge, that of the rows that it counts. */
  read(scope: RowScope): ExpressionTree;
  /** Of an alert's left side; absent from validations. */
  readonly gauge?: Gauge;
}

/** Parses one text of a Check. Returns null after reporting a problem. */
export function parseCheck(text: string, path: string, problems: Problems): ParsedCheck | null {
  if (text.length > bounds.definitionCheckLength.limit)
    return problems.report("SL4117", path, exceeded(bounds.definitionCheckLength, text.length));
  const parsed = parseJsonText(text);
  if ("flaw" in parsed)
    return problems.report("SL4112", path, `not valid JSON: ${parsed.flaw.why}, at character ${parsed.flaw.at}`);
  return attempt(problems, path, () => {
    if (!(parsed.value instanceof Map)) return fail(path, "expected an object", "SL4110");
    const top = parsed.value as JsonObject;
    if (top.has("values")) {
      const gauge = isGauge(top) ? gaugeText(top, `${path}:`) : null;
      const check = gauge ?? checkText(top, `${path}:`);
      return {
        ...{ dialect: "checks", name: check.name, text, path, body: top },
        read: (scope) => readChecks(check, scope),
        ...(gauge !== null && { gauge: { overSeconds: gauge.overSeconds } }),
      };
    }
    const alias = top.get("Alias");
    if (top.size !== 1 || !Array.isArray(alias) || alias.length !== 2 || typeof alias[1] !== "string") {
      return fail(
        path,
        "expected an Alias with an expression and the validation's name, or the values of an older check",
        "SL4110",
      );
    }
    const [body, name] = alias as unknown as readonly [JsonValue, string];
    return { dialect: "polars", name, text, path, body, read: (scope) => readPolars(body, scope, `${path}:Alias[0]`) };
  });
}

/** The condition of a check. Returns null after reporting a problem. */
export function conditionOf(check: ParsedCheck, scope: RowScope, problems: Problems): ExpressionTree | null {
  return attempt(problems, check.path, () => {
    const tree = check.read(scope);
    const flaw = validateTree(tree, "row");
    if (flaw !== null) return fail(check.path, flaw);
    return columnsRead(tree).length > 0 ? tree : fail(check.path, "the expression reads no column");
  });
}

/** The result of `work`. A ConfigError that it throws is reported as a problem; the result is then null. */
function attempt<T>(problems: Problems, path: string, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const at = error.details["path"];
    return problems.report(error.code, typeof at === "string" ? at : path, error.message);
  }
}
