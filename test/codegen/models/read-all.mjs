// Reads every file of a folder with the built package, in a process of its own: what memory that takes, and how long the slowest.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [dist, folder] = process.argv.slice(2);
const { readSignature } = await import(pathToFileURL(join(dist, "codegen/models/read-signature.js")).href);
let slowest = 0;
for (const name of readdirSync(folder)) {
  const begun = performance.now();
  await readSignature(join(folder, name)).catch(() => undefined);
  slowest = Math.max(slowest, performance.now() - begun);
}
// `maxRSS` begins with what the parent had, where there is a better figure it is taken.
const peak = existsSync("/proc/self/status") ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) : process.resourceUsage().maxRSS;
console.log(JSON.stringify({ megabytes: peak / 1024, slowest }));
