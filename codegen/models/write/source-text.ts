import { escapeUnsafe } from "../../../src/util/escape-text.js";

/** A TypeScript string literal that evaluates to `text`, whatever characters it contains. */
export function stringLiteral(text: string): string {
  return escapeUnsafe(JSON.stringify(text));
}

/** A key of a type literal. */
export function typeKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : stringLiteral(name);
}

/** A key of an object literal. A plain `__proto__` key would set the prototype instead of a property. */
export function objectKey(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : typeKey(name);
}

const maxCommentLength = 300;

/** One line of a doc comment. It cannot end the comment or start a tag, and unsafe characters are visible escapes. */
export function commentText(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const short = line.length > maxCommentLength ? `${[...line].slice(0, maxCommentLength).join("")}…` : line;
  return escapeUnsafe(short).replace(/\*\//g, "*\\/").replace(/[@`]/g, "\\$&");
}
