/**
 * Characters that are invisible, or able to move a terminal's cursor or reorder a line: control, format, surrogate and
 * private-use characters, line separators, fillers and joiners without a glyph, and all spaces but the plain one. The
 * classes are the same in every version of Unicode, so that every Node writes the same file.
 */
const unsafeCharacters =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u{1d159}]/gu;

/** Those that no name of a config may hold. Other spaces are shown, only not told apart. */
const refusedCharacters = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

export function hasUnsafe(text: string): boolean {
  return refusedCharacters.test(text);
}

/**
 * `text` with its unsafe characters as escapes of a TypeScript string: `\u200b`, `\u{e0001}`.
 *
 * @example
 * escapeUnsafe("a\u001b[8mb\n"); // "a\\u001b[8mb\\u000a"
 */
export function escapeUnsafe(text: string): string {
  return text.replace(unsafeCharacters, (char) => (char.length === 1 ? unicodeEscape(char) : codePointEscape(char)));
}

/** JSON text with its unsafe characters as escapes of JSON. Only strings may contain such characters. */
export function escapeJson(json: string): string {
  return json.replace(unsafeCharacters, (char) =>
    char === "\n" ? char : Array.from(units(char), unicodeEscape).join(""),
  );
}

function units(char: string): string[] {
  return Array.from({ length: char.length }, (_, i) => char.charAt(i));
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function codePointEscape(char: string): string {
  return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}
