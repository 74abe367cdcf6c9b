// Judges mutants one after another and reports each over a pipe. `runMutants` starts it, watches its time and its
// memory, and starts it again behind a mutant that ended it.
import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Random } from "./random.mjs";

const [judgeFile, folder, first, end, limitBytes = Infinity] = process.argv.slice(2);
/** Synchronous, so that a report is out before the next mutant can block the event loop. */
const report = (/** @type {object} */ message) => writeSync(3, `${JSON.stringify(message)}\n`);

const judge = await import(pathToFileURL(String(judgeFile)).href);
const prepared = await judge.prepare?.(folder);
for (let seed = Number(first); seed < Number(end); seed++) {
  const { user, system } = process.cpuUsage();
  report({ started: seed, cpu: (user + system) / 1000 });
  const judged = await outcome(seed);
  const peak = peakMemory();
  report({ seed, ...judged, peak });
  // The process that watches would end this one too, but perhaps in the middle of the next mutant.
  if (peak > Number(limitBytes)) process.exit(1);
}
await judge.finish?.(prepared);
report({ done: true });
// What is left open by a mutant must not keep the process.
process.exit(0);

async function outcome(/** @type {number} */ seed) {
  try {
    await judge.judge(new Random(seed), prepared, seed);
    return { accepted: true };
  } catch (error) {
    const { code, message, stack } = /** @type {any} */ (error ?? {});
    if (typeof code === "string" && /^SL\d{4}$/.test(code) && typeof message === "string") return { code };
    return { uncoded: String(stack ?? error).slice(0, 2000) };
  }
}

/** Bytes. On Linux, `resourceUsage()` begins with the memory of the process that started this one. */
function peakMemory() {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}
