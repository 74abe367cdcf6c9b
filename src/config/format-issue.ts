import type * as z from "zod";
import { escapeUnsafe } from "../util/escape-text.js";
import { formatJson } from "../util/format-value.js";

/** Formats a Zod issue on one line: the path as in code, the expected and the found value. */
export function formatIssue(issue: z.core.$ZodIssue, data: unknown): string {
  const path = pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.map((k) => `'${escapeUnsafe(k)}'`).join(", ");
    return `${path}: unknown key ${keys}`;
  }
  // An invalid key of a record: the path ends with it.
  if (issue.code === "invalid_key") return `${path}: ${issue.issues[0]?.message ?? "the key is not valid"}`;
  const found = valueAt(data, issue.path);
  const message = issue.message.replace(/^Invalid input: /, "").replace(/, received \w+$/, "");
  return `${path}: ${lowerFirst(escapeUnsafe(message))}, found ${formatJson(found)}`;
}

/** A path as in code: `steps[0].name`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(String(part))) text += text === "" ? String(part) : `.${String(part)}`;
    else text += `[${escapeUnsafe(JSON.stringify(String(part)))}]`;
  }
  return text === "" ? "(whole)" : text;
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const part of path) {
    if (value === null || typeof value !== "object") return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
