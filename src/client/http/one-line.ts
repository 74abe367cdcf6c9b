import { escapeUnsafe } from "../../util/escape-text.js";

/** The longest text of a server in a message, in characters. */
const maxWords = 300;

/** One line, without invisible characters, of bounded length. */
export function oneLine(text: string): string {
  const line = escapeUnsafe(
    text
      .slice(0, 4 * maxWords)
      .replace(/\s+/g, " ")
      .trim(),
  );
  return line.length > maxWords ? `${line.slice(0, maxWords)}…` : line;
}
