// Reads or exports a whole log of a platform, and prints what it cost: argv is the URL; `read`, `export` or
// `export-arrow`; and a folder.
import { wallaroo } from "../../../dist/wallaroo.js";

const [, , url = "", how = "", directory = ""] = process.argv;
const live = await wallaroo({ url, testAuth: true }).pipeline("million");
let rows = 0;
let peak = 0;
/** After the first tenth: what a process takes that has read some pages. */
let early = 0;
const look = () => {
  peak = Math.max(peak, process.memoryUsage.rss());
  if (early === 0 && rows >= 100_000) early = peak;
};
let last = Infinity;
let isOrdered = true;
const began = process.cpuUsage();
if (how === "read")
  for await (const batch of live.logBatches({ dataset: ["time", "in", "out"] })) {
    const times = batch.getChild("time");
    for (const row of [0, batch.numRows - 1]) {
      const time = Number(times?.get(row));
      isOrdered &&= time <= last;
      last = time;
    }
    rows += batch.numRows;
    look();
  }
else {
  const onProgress = ({ rows: written }) => {
    rows = written;
    look();
  };
  const exported = await live.exportLogs({
    directory,
    arrow: how === "export-arrow",
    dataSizeLimit: "10GB",
    onProgress,
  });
  rows = exported.rows;
}
const { user, system } = process.cpuUsage(began);
console.log(JSON.stringify({ rows, isOrdered, early, peak, cpuMs: Math.round((user + system) / 1000) }));
