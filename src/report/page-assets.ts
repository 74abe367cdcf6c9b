/** The report's styles, for light and dark color schemes. */
export const pageCss = `
:root { --paper: #ffffff; --ink: #1d2330; --faint: #5b6472; --line: #d9dee6; --champion: #1f6feb; --challenger: #c2410c; --difference: #7c3aed; --absolute: #0f766e; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171d; --ink: #e6e9ef; --faint: #9aa4b2; --line: #323a47; --champion: #6cb0ff; --challenger: #ff9a62; --difference: #c4a7ff; --absolute: #5ad1c0; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 24px; } h2 { font-size: 20px; margin-top: 40px; padding-top: 16px; border-top: 1px solid var(--line); } h3 { font-size: 16px; }
h1, h2, h3, td, figcaption { overflow-wrap: anywhere; }
a { color: inherit; }
.overview { display: block; overflow-x: auto; margin-top: 24px; } .overview th, .overview td { padding: 4px 24px 4px 0; text-align: right; }
.overview tr > :first-child { text-align: left; min-width: 9em; max-width: 420px; white-space: normal; overflow-wrap: anywhere; } .overview tr + tr > * { border-top: 1px solid var(--line); }
table { border-collapse: collapse; }
th { text-align: left; font-weight: 500; color: var(--faint); padding: 2px 24px 2px 0; vertical-align: top; white-space: nowrap; }
td { padding: 2px 0; font-variant-numeric: tabular-nums; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px; margin-top: 12px; }
figure { margin: 0; } figcaption, .note { color: var(--faint); font-size: 13px; }
.u-legend { color: var(--faint); font-size: 12px; }
footer { margin-top: 48px; color: var(--faint); font-size: 13px; }
`;

/** Draws the plots from the data in the page; redraws when the color scheme or the width changes. Times are in UTC. */
export const plotScript = `
(() => {
  const data = JSON.parse(document.getElementById("plots").textContent);
  // A histogram of a single value has its bar in the middle, at that value.
  const middles = ({ from, to, counts }) => counts.map((_, i) => from === to ? from + (i - counts.length / 2) / counts.length : from + ((to - from) * (i + 0.5)) / counts.length);
  const columns = {
    differences: ({ histogram }) => [middles(histogram), histogram.counts],
    values: ({ championValues, challengerValues }) => [middles(championValues), championValues.counts, challengerValues.counts],
    timeline: ({ timeline }) => {
      // A single point is centered in a range of two minutes.
      const around = (each, aside) => timeline.length === 1 ? [aside(each(timeline[0]), -1), each(timeline[0]), aside(each(timeline[0]), 1)] : timeline.map(each);
      return [around((p) => p.time / 1000, (time, by) => time + 60 * by), around((p) => p.mean, () => null), around((p) => p.meanAbsolute, () => null)];
    },
  };
  const series = {
    differences: [["count", "difference"]],
    values: [["champion", "champion"], ["challenger", "challenger"]],
    timeline: [["mean", "difference"], ["absolute", "absolute"]],
  };
  const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
  const brief = (value) => value === 0 ? "0" : Math.abs(value) >= 1000 && Math.abs(value) < 1e15 ? compact.format(value) : String(Number(value.toPrecision(4)));
  const numbers = (plot, ticks) => ticks.map((value) => value === null ? null : brief(value));
  const iso = (seconds) => new Date(seconds * 1000).toISOString();
  const times = (plot, ticks, axis, space, step) => {
    let day = "";
    return ticks.map((seconds) => {
      const [date, time] = iso(seconds).split("T");
      const clock = step >= 86400 ? "" : time.slice(0, step >= 60 ? 5 : step >= 1 ? 8 : 12);
      const label = date === day ? clock : clock === "" ? date : clock + "\\n" + date;
      day = date;
      return label;
    });
  };
  let drawn = [];
  const draw = () => {
    for (const plot of drawn) plot.destroy();
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue("--" + name).trim();
    const axis = { stroke: color("faint"), grid: { stroke: color("line"), width: 1 }, ticks: { stroke: color("line"), width: 1 } };
    drawn = [...document.querySelectorAll(".plot")].map((place) => {
      const kind = place.dataset.kind;
      const time = kind === "timeline";
      const lines = series[kind].map(([label, ink]) => ({
        label,
        stroke: color(ink),
        fill: time ? undefined : color(ink) + "40",
        width: 1.5,
        paths: time ? undefined : uPlot.paths.bars({ size: [1, 100] }),
        points: { show: time, size: 4 },
        value: (plot, value) => value == null ? "--" : time ? brief(value) : value.toLocaleString("en-US"),
      }));
      const at = { label: time ? "time" : "at", value: (plot, value) => value == null ? "--" : time ? iso(value).slice(0, 19).replace("T", " ") : brief(value) };
      const options = {
        width: place.clientWidth,
        height: 220,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        scales: { x: { time } },
        axes: [{ ...axis, values: time ? times : numbers, space: time ? 70 : 50 }, { ...axis, values: numbers, size: 64 }],
        series: [at, ...lines],
      };
      return new uPlot(options, columns[kind](data[Number(place.dataset.plot)]), place);
    });
  };
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let waiting;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 100); });
})();
`;
