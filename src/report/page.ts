/** The look of a report, in light and in dark. */
export const pageStyle = `
:root { --paper: #ffffff; --ink: #1d2330; --faint: #5b6472; --line: #d9dee6; --champion: #1f6feb; --challenger: #c2410c; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171d; --ink: #e6e9ef; --faint: #9aa4b2; --line: #323a47; --champion: #6cb0ff; --challenger: #ff9a62; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 24px; } h2 { font-size: 20px; margin-top: 40px; padding-top: 16px; border-top: 1px solid var(--line); } h3 { font-size: 16px; }
h1, h2, h3, td { overflow-wrap: anywhere; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: 500; color: var(--faint); padding: 2px 24px 2px 0; vertical-align: top; white-space: nowrap; }
td { padding: 2px 0; font-variant-numeric: tabular-nums; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px; margin-top: 12px; }
figure { margin: 0; } figcaption { color: var(--faint); font-size: 13px; }
.u-legend { color: var(--faint); font-size: 12px; }
footer { margin-top: 48px; color: var(--faint); font-size: 13px; }
`;

/** Draws the plots from the numbers in the page, and again when the colour scheme or the width changes. */
export const plotsScript = `
(() => {
  const data = JSON.parse(document.getElementById("plots").textContent);
  const middles = ({ from, to, counts }) => counts.map((_, i) => from + ((to - from || 1) * (i + 0.5)) / counts.length);
  const columns = {
    differences: ({ histogram }) => [middles(histogram), histogram.counts],
    values: ({ championValues, challengerValues }) => [middles(championValues), championValues.counts, challengerValues.counts],
    timeline: ({ timeline }) => [timeline.map((p) => p.time / 1000), timeline.map((p) => p.mean), timeline.map((p) => p.meanAbsolute)],
  };
  const labels = { differences: ["values"], values: ["champion", "challenger"], timeline: ["mean", "absolute"] };
  let drawn = [];
  const draw = () => {
    for (const plot of drawn) plot.destroy();
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue("--" + name).trim();
    const inks = [color("champion"), color("challenger")];
    const axis = { stroke: color("faint"), grid: { stroke: color("line"), width: 1 }, ticks: { stroke: color("line"), width: 1 } };
    drawn = [...document.querySelectorAll(".plot")].map((place) => {
      const kind = place.dataset.kind;
      const time = kind === "timeline";
      const series = labels[kind].map((label, i) => ({
        label,
        stroke: kind === "differences" ? inks[1] : inks[i],
        fill: time ? undefined : (kind === "differences" ? inks[1] : inks[i]) + "40",
        width: 1.5,
        paths: time ? undefined : uPlot.paths.bars({ size: [1, 100] }),
        points: { show: time },
      }));
      const options = { width: place.clientWidth, height: 220, scales: { x: { time } }, axes: [axis, { ...axis, size: 64 }], series: [{}, ...series] };
      return new uPlot(options, columns[kind](data[Number(place.dataset.plot)]), place);
    });
  };
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let waiting;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 100); });
})();
`;
