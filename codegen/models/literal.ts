/** Controls, invisible and direction-changing characters, line separators: never raw in a generated file. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A TypeScript string literal that reads back as `text`, whatever is in it. */
export function stringLiteral(text: string): string {
  return JSON.stringify(text).replace(unsafe, escaped);
}

/** A key of a type literal. */
export function typeKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : stringLiteral(name);
}

/** A key of an object literal. `__proto__` would set the prototype instead of a property. */
export function objectKey(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : typeKey(name);
}

const COMMENT_LENGTH = 300;

/** One line of a doc comment: it can neither end the comment nor begin a tag, and it shows what would be invisible. */
export function commentText(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const short = line.length > COMMENT_LENGTH ? `${[...line].slice(0, COMMENT_LENGTH).join("")}…` : line;
  return short.replace(unsafe, escaped).replace(/\*\//g, "*\\/").replace(/[@`]/g, "\\$&");
}

/** Text with what would be invisible or would move a terminal's cursor shown as escapes. */
export function escapeUnsafe(text: string): string {
  return text.replace(unsafe, escaped);
}

function escaped(char: string): string {
  return Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join(
    "",
  );
}
