import type { Comparison, Histogram } from "../logs/comparison.js";
import {
  challengerFacts,
  championFacts,
  outputFacts,
  outputTitle,
  stripControls,
  formatNumber,
  type Fact,
} from "./facts.js";

const bars = "▁▂▃▄▅▆▇█";

/** Formats a comparison for a terminal. `bold` styles titles. */
export function reportText(comparison: Comparison, bold: (text: string) => string = (text) => text): string {
  const parts = [bold(`pipeline ${stripControls(comparison.pipeline)}`), facts(championFacts(comparison))];
  if (comparison.challengers.length === 0 && comparison.rows > 0) parts.push("", "no challenger in this period");
  for (const challenger of comparison.challengers) {
    parts.push("", bold(`challenger ${stripControls(challenger.name)}`), facts(challengerFacts(challenger)));
    if (challenger.outputs.length === 0)
      parts.push(
        comparison.withheld.length === 0
          ? "  nothing to compare: its outputs differ from the champion's in name or type"
          : "  nothing to compare: its outputs differ from the champion's in name or type, or are not in the log",
      );
    for (const output of challenger.outputs) {
      parts.push("", `  ${bold(outputTitle(output))}`, facts(outputFacts(output, comparison.within), "    "));
      if (output.numbers !== null && output.numbers.values > 0) {
        parts.push(
          facts(
            [
              ["differences", sparkline(output.numbers.histogram)],
              ["champion", sparkline(output.numbers.championValues)],
              ["challenger", sparkline(output.numbers.challengerValues)],
            ],
            "    ",
          ),
        );
      }
    }
  }
  return parts.join("\n");
}

function facts(list: readonly Fact[], indent = "  "): string {
  const width = Math.max(...list.map(([label]) => label.length), 19);
  return list.map(([label, value]) => `${indent}${label.padEnd(width)}  ${value}`).join("\n");
}

/** A histogram in one line. Every non-empty bin is visible. */
function sparkline({ from, to, counts }: Histogram): string {
  const most = Math.max(...counts, 1);
  const line = counts.map((count) => (count === 0 ? " " : (bars[Math.ceil((count / most) * bars.length) - 1] ?? "")));
  return `${formatNumber(from)} │${line.join("")}│ ${formatNumber(to)}`;
}
