import { bounds } from "../../util/bounds.js";

/**
 * Whether a value that was read from JSON holds a number that no JavaScript number can hold, such as 1e400: it was read
 * as Infinity. Lists deeper than any tensor are refused later and are not searched.
 */
export function hasOverflow(value: unknown, depth = 0): boolean {
  if (value === Infinity || value === -Infinity) return true;
  if (!Array.isArray(value) || depth > bounds.tensorRank.limit) return false;
  for (let i = 0; i < value.length; i++) {
    const each: unknown = value[i];
    if (typeof each === "number" ? each === Infinity || each === -Infinity : hasOverflow(each, depth + 1)) return true;
  }
  return false;
}
