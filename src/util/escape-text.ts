/**
 * Control, format and surrogate characters, line separators and letters that nothing shows: invisible, or able to move a
 * terminal's cursor.
 */
export const unsafeCharacters = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

export function hasUnsafe(text: string): boolean {
  return text.search(unsafeCharacters) >= 0;
}

/** `text` with its unsafe characters as `\uXXXX` escapes. */
export function escapeUnsafe(text: string): string {
  return text.replace(unsafeCharacters, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );
}
