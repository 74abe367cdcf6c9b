import { escapeUnsafe } from "../../util/escape-text.js";

/**
 * Formats rows as the lines of a table with aligned columns: titles, a line of dashes, the rows. Columns of numbers are
 * right-aligned.
 */
export function textTable(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const head = titles.map(escapeUnsafe);
  const cells = rows.map((row) => row.map((cell) => escapeUnsafe(String(cell))));
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const alignRight = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number"));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (alignRight[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((w) => "-".repeat(w))), ...cells.map(line)];
}
