// Output helpers of the quickstart: aligned columns and a one-line histogram.

/** Formats rows as aligned columns. */
export function textTable(head, rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((w) => "─".repeat(w))), ...rows.map(line)].join("\n");
}

const bars = " ▁▂▃▄▅▆▇█";

/** A histogram of `bins` equal bins over [low, high] as one line; every non-empty bin is visible. */
export function histogram(values, low, high, bins) {
  const counts = new Array(bins).fill(0);
  const width = (high - low) / bins || 1;
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - low) / width))]++;
  const top = Math.max(...counts);
  return counts.map((count) => bars[count === 0 ? 0 : 1 + Math.floor((count / top) * (bars.length - 2))]).join("");
}
