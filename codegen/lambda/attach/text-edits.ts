/** Replaces the text in `[start, end)`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** In source order; edits of the same range keep their order. */
export const sortedEdits = (edits: readonly Edit[]): Edit[] =>
  [...edits].sort((a, b) => a.start - b.start || a.end - b.end);

/** Applies edits, which must not overlap. */
export function applyEdits(code: string, edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const { start, end, text } of sortedEdits(edits)) {
    out += code.slice(at, start) + text;
    at = end;
  }
  return out + code.slice(at);
}
