import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { ChallengerComparison, Comparison, NumberComparison, OutputComparison } from "../logs/comparison.js";
import { plotScript, pageCss } from "./page-assets.js";
import {
  challengerFacts,
  challengerSummary,
  championFacts,
  outputFacts,
  outputTitle,
  stripControls,
  type Fact,
} from "./facts.js";

/**
 * A comparison as one self-contained page: it includes the plot library, styles and data. Its security policy blocks
 * all requests.
 *
 * @param createdAt shown in the footer
 */
export async function reportHtml(comparison: Comparison, createdAt = new Date()): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  const part = (name: string) => readFile(resolve(`uplot/dist/${name}`), "utf8");
  const [library, libraryStyle] = await Promise.all([part("uPlot.iife.min.js"), part("uPlot.min.css")]);
  const name = escapeHtml(stripControls(comparison.pipeline));
  const plots = comparison.challengers.flatMap(({ outputs }) =>
    outputs.flatMap(({ numbers }) => (numbers === null ? [] : [plotData(numbers)])),
  );
  const none = comparison.challengers.length === 0 ? "<p>No challenger in this period.</p>" : "";
  const sections = new Sections(comparison.within).all(comparison.challengers);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${name}: champion and challengers</title>
<style>${libraryStyle}${pageCss}</style>
</head>
<body>
<main>
<h1>${name}: champion and challengers</h1>
${table(championFacts(comparison))}
${none}${comparison.challengers.length > 1 ? overview(comparison.challengers) : ""}${sections}
<footer>Created by Shapeline, ${escapeHtml(createdAt.toISOString())}. Differences are the challenger's value minus the champion's. Times are in UTC.</footer>
</main>
<script type="application/json" id="plots">${escapeScript(JSON.stringify(plots))}</script>
<script>${escapeScript(library)}</script>
<script>${plotScript}</script>
</body>
</html>
`;
}

/** Renders the challengers' sections; numbers the plots across all of them. */
class Sections {
  readonly #within: Comparison["within"];
  #plots = 0;

  constructor(within: Comparison["within"]) {
    this.#within = within;
  }

  all(challengers: readonly ChallengerComparison[]): string {
    return challengers.map((challenger, index) => this.#challenger(challenger, index)).join("\n");
  }

  #challenger(challenger: ChallengerComparison, index: number): string {
    const nothing =
      challenger.outputs.length === 0
        ? "<p>Nothing to compare: its outputs differ from the champion's in name or type.</p>"
        : "";
    return `<section id="challenger-${index}">
<h2>Challenger ${escapeHtml(stripControls(challenger.name))}</h2>
${table(challengerFacts(challenger))}
${nothing}${challenger.outputs.map((output) => this.#output(output)).join("\n")}
</section>`;
  }

  #output(output: OutputComparison): string {
    return `<h3>${escapeHtml(outputTitle(output))}</h3>
${table(outputFacts(output, this.#within))}
${output.numbers === null ? "" : this.#figures(this.#plots++, output.numbers.values)}`;
  }

  #figures(index: number, values: number): string {
    if (values === 0) return "<p>No finite values to draw.</p>";
    const figure = (kind: string, caption: string) =>
      `<figure><figcaption>${caption}</figcaption><div class="plot" data-plot="${index}" data-kind="${kind}" role="img" aria-label="${caption}"></div></figure>`;
    return `<div class="figures">${figure("differences", "Differences: number of values")}${figure("values", "Values of both: number of values")}${figure("timeline", "Difference and absolute difference over time (UTC)")}</div>
<p class="note">The first and the last bar include all values beyond the 1% and 99% quantiles.</p>`;
  }
}

/** One table with a row per challenger. */
function overview(challengers: readonly ChallengerComparison[]): string {
  const head = [
    "challenger",
    "answered",
    "agreement",
    "correlation",
    "mean absolute difference",
    "median time to answer",
  ];
  const rows = challengers.map((challenger, index) => {
    const cells = challengerSummary(challenger)
      .map((cell) => `<td>${escapeHtml(cell)}</td>`)
      .join("");
    return `<tr><th scope="row"><a href="#challenger-${index}">${escapeHtml(stripControls(challenger.name))}</a></th>${cells}</tr>`;
  });
  return `<table class="overview"><tr>${head.map((each) => `<th scope="col">${each}</th>`).join("")}</tr>${rows.join("")}</table>`;
}

function plotData({ histogram, championValues, challengerValues, timeline }: NumberComparison): object {
  return { histogram, championValues, challengerValues, timeline };
}

function table(facts: readonly Fact[]): string {
  return `<table>${facts.map(([label, value]) => `<tr><th scope="row">${escapeHtml(label)}</th><td>${escapeHtml(value)}</td></tr>`).join("")}</table>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Escapes `</script` and `<!--`, which would end the script element or start a comment. */
function escapeScript(text: string): string {
  return text.replace(/<(?=[/!s])/gi, "\\u003c");
}
