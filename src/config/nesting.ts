import { maxDepth } from "../expression/tree/size.js";
import { pathText } from "./format-issue.js";

/**
 * Levels of a config: an expression has at most one list between two nodes, and stands in `steps[0].expression.tree`.
 */
const maxLevels = 2 * maxDepth + 8;

/**
 * Where data are nested too deeply for a config, or null. Without recursion: the schema, the hash and `JSON.stringify`
 * would overflow the stack. A cycle is too deep, too.
 */
export function tooDeepAt(data: unknown): string | null {
  const pending: Visit[] = [{ value: data, depth: 0, path: [] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth, path } = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth > maxLevels) return `${pathText(path)}: nested more than ${maxLevels} levels deep`;
    const isList = Array.isArray(value);
    for (const [key, child] of Object.entries(value)) {
      const below = path.length < shownParts ? [...path, isList ? Number(key) : key] : path;
      pending.push({ value: child, depth: depth + 1, path: below });
    }
  }
  return null;
}

/** As in `steps[1].expression.tree`. */
const shownParts = 4;

interface Visit {
  readonly value: unknown;
  readonly depth: number;
  /** The first parts of the path. */
  readonly path: readonly PropertyKey[];
}
