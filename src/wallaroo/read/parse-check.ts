import { ConfigError } from "../../../dsl/errors.js";
import type { RowScope } from "../../../dsl/row.js";
import { columnsRead, type ExpressionTree } from "../../expression/tree/tree.js";
import { validateTree } from "../../expression/tree/validate.js";
import type { Dialect } from "../definition.js";
import { type JsonObject, type JsonValue, parseJsonText } from "./lossless-json.js";
import { readPolars } from "./polars/read.js";
import { unread } from "./polars/value.js";
import { checkText, readChecks } from "./read-checks.js";
import type { Problems } from "./read-steps.js";

/** One text of a Check, parsed as far as its name; `read` gives what must hold. */
export interface ParsedCheck {
  readonly dialect: Dialect;
  readonly name: string;
  readonly text: string;
  readonly path: string;
  /** The JSON below the name, for those who look for columns. */
  readonly body: JsonValue;
  read(scope: RowScope): ExpressionTree;
}

const longest = 1024 * 1024;

/** Parses one text of a Check; null where its problem has been said. */
export function parseCheck(text: string, path: string, problems: Problems): ParsedCheck | null {
  if (text.length > longest)
    return problems.say("SL4117", path, `the text has ${text.length} characters, and at most ${longest} are read`);
  const parsed = parseJsonText(text);
  if ("flaw" in parsed)
    return problems.say("SL4112", path, `it is no JSON: ${parsed.flaw.why}, at character ${parsed.flaw.at}`);
  return attempt(problems, path, () => {
    if (!(parsed.value instanceof Map)) return unread(path, "an object is needed", "SL4110");
    const top = parsed.value as JsonObject;
    if (top.has("values")) {
      const check = checkText(top, `${path}:`);
      return { dialect: "checks", name: check.name, text, path, body: top, read: (scope) => readChecks(check, scope) };
    }
    const alias = top.get("Alias");
    if (top.size !== 1 || !Array.isArray(alias) || alias.length !== 2 || typeof alias[1] !== "string") {
      return unread(
        path,
        "an Alias with an expression and the validation's name, or the values of an older check, are needed",
        "SL4110",
      );
    }
    const [body, name] = alias as unknown as readonly [JsonValue, string];
    return { dialect: "polars", name, text, path, body, read: (scope) => readPolars(body, scope, `${path}:Alias[0]`) };
  });
}

/** What a check must hold, or null where its problem has been said. */
export function treeOf(check: ParsedCheck, scope: RowScope, problems: Problems): ExpressionTree | null {
  return attempt(problems, check.path, () => {
    const tree = check.read(scope);
    const flaw = validateTree(tree, "row");
    if (flaw !== null) return unread(check.path, flaw);
    return columnsRead(tree).length > 0 ? tree : unread(check.path, "it reads no column");
  });
}

/** What `work` gives; what ends it becomes a problem, with its path. */
function attempt<T>(problems: Problems, path: string, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const at = error.details["path"];
    return problems.say(error.code, typeof at === "string" ? at : path, error.message);
  }
}
