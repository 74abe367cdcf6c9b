import { elementType, type ExpressionTree } from "../tree/tree.js";

/** A type with its article. */
export const withArticle = {
  number: "a number",
  bigint: "a bigint",
  boolean: "a boolean",
  string: "a string",
  list: "a list",
} as const;

const plural = { number: "numbers", bigint: "bigints", boolean: "booleans", string: "strings" } as const;

/** `a list of 3 numbers`, `a number`. */
export function describe(tree: ExpressionTree): string {
  if (tree.op !== "read" || tree.type !== "list") return withArticle[tree.type];
  const sizes = tree.shape.slice(tree.at.length);
  const kind = plural[elementType(tree.dtype)];
  if (sizes.length > 1) return `a list of ${sizes.map((size) => size ?? "?").join(" x ")} ${kind}`;
  return sizes[0] === null ? `a list of ${kind}` : `a list of ${sizes[0]} ${sizes[0] === 1 ? kind.slice(0, -1) : kind}`;
}
