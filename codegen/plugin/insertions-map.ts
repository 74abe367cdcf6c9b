import type { Edit } from "../lambda/attach/text-edits.js";

/** Words, and all other characters but spaces: the parts of a line whose columns are in the map. */
const parts = /\w+|[^\w\s]/g;

/**
 * The source map, of version 3 as JSON, of a file in which text without line breaks was inserted between words. It maps
 * every word of the file: bundlers chain it with their own maps, and a chain is as exact as its coarsest map.
 *
 * @param insertions edits with empty ranges, in source order
 * @param source the file's path
 */
export function insertionsMap(code: string, insertions: readonly Edit[], source: string): string {
  let mappings = "";
  let next = 0;
  let lineStart = 0;
  let [mappedLine, mappedColumn] = [0, 0];
  for (const [line, text] of code.split("\n").entries()) {
    if (line > 0) mappings += ";";
    let shift = 0;
    let generatedColumn = 0;
    let separator = "";
    parts.lastIndex = 0;
    for (let found = parts.exec(text); found !== null; found = parts.exec(text)) {
      const column = found.index;
      for (let at = insertions[next]; at !== undefined && at.start <= lineStart + column; at = insertions[++next])
        shift += at.text.length;
      const columns = vlq(column + shift - generatedColumn);
      mappings += `${separator}${columns}A${vlq(line - mappedLine)}${vlq(column - mappedColumn)}`;
      [mappedLine, mappedColumn, generatedColumn, separator] = [line, column, column + shift, ","];
    }
    lineStart += text.length + 1;
    while ((insertions[next]?.start ?? Infinity) < lineStart) next++;
  }
  return JSON.stringify({ version: 3, sources: [source], sourcesContent: [code], names: [], mappings });
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A number as source maps write it: its sign in the lowest bit, then five bits per digit, the lowest first. */
function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = "";
  for (; rest > 31; rest >>>= 5) text += digits.charAt((rest & 31) | 32);
  return text + digits.charAt(rest);
}
