import { maxDepth } from "../../expression/tree/size.js";
import { bounds, exceeded } from "../../util/bounds.js";
import { pathText } from "../format-issue.js";

/**
 * Levels of a config: an expression has at most one list between two nodes, and stands in `steps[0].expression.tree`.
 */
const maxLevels = 2 * maxDepth + 8;

/**
 * Why data cannot be a config, whatever the schema says: nested too deeply, too large, or no JSON. Null if it can.
 * Without recursion: the schema, the hash and `JSON.stringify` would overflow the stack. A cycle is too deep, too.
 *
 * @param hasProto whether the key `__proto__` is let through; the schema would drop it in silence
 */
export function dataProblem(data: unknown, hasProto = false): string | null {
  if (!isObject(data)) return leafProblem(data, []);
  const pending: Visit[] = [{ value: data, depth: 0, path: [] }];
  let values = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth, path } = next;
    if (depth > maxLevels) return `${pathText(path)}: nested more than ${maxLevels} levels deep`;
    for (const [key, child] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
      if (++values > bounds.configValues.limit) return `(whole): ${exceeded(bounds.configValues)}`;
      const below = () => (path.length < shownParts ? [...path, key] : path);
      if (key === "__proto__" && !hasProto) return `${pathText(path)}: unknown key '__proto__'`;
      if (isObject(child)) pending.push({ value: child, depth: depth + 1, path: below() });
      else if (!isJson(child)) return leafProblem(child, below());
    }
  }
  return null;
}

/** Deeper texts are not parsed. For others, `dataProblem` says where they are too deep. */
const maxTextLevels = 200_000;

/**
 * Why a JSON text cannot be a config, before it is parsed: deep or many values cost far more memory than their text.
 */
export function jsonTextProblem(text: string): string | null {
  if (text.length > bounds.configLength.limit) return exceeded(bounds.configLength, text.length);
  let depth = 0;
  let values = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (isInString) {
      if (char === backslash) i++;
      else if (char === quote) isInString = false;
    } else if (char === quote) isInString = true;
    else if (char === comma) values++;
    else if (char === openBracket || char === openBrace) {
      values++;
      if (++depth > maxTextLevels) return `(whole): nested more than ${maxLevels} levels deep`;
    } else if (char === closeBracket || char === closeBrace) depth--;
  }
  return values > bounds.configValues.limit ? `(whole): ${exceeded(bounds.configValues)}` : null;
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

const leafProblem = (value: unknown, path: Visit["path"]): string | null =>
  isJson(value) ? null : `${pathText(path)}: expected JSON, found a ${typeof value}`;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** `undefined` is a key that is not there. */
const isJson = (value: unknown): boolean =>
  typeof value !== "bigint" && typeof value !== "function" && typeof value !== "symbol";

/** As in `steps[1].expression.tree`. */
const shownParts = 4;

interface Visit {
  readonly value: object;
  readonly depth: number;
  /** The first parts of the path. */
  readonly path: readonly (string | number)[];
}
