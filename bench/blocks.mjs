// Measuring in interleaved blocks: floor and case alternate, so that other load on the machine affects both.
import { loadavg } from "node:os";

export const quantile = (list, share) =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];
export const median = (list) => quantile(list, 0.5);

/** CPU time of the process in milliseconds, all its threads included: other load on the machine adds little to it. */
export function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Microseconds per call, by block. The calls of a block run in sequence. Three blocks warm up.
 *
 * @param clock returns milliseconds: `cpuTime` for a machine that others use
 */
export async function turns(cases, calls, blocks, clock = () => performance.now()) {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let block = -3; block < blocks; block++) {
    for (const [name, run] of Object.entries(cases)) {
      const startedAt = clock();
      for (let i = 0; i < calls; i++) await run();
      if (block >= 0) times[name].push(((clock() - startedAt) / calls) * 1000);
    }
  }
  return times;
}

/** Prints times relative to a floor: the first case, or the result of `floor` for a block's times. */
export function print(title, times, { floor, goals = {}, unit = "µs" } = {}) {
  const cases = Object.keys(times);
  const floors = times[cases[0]].map((first, i) =>
    floor === undefined ? first : floor(Object.fromEntries(cases.map((name) => [name, times[name][i]]))),
  );
  const wide = Math.max(...cases.map((name) => name.length));
  console.log(`\n${title}\n${"".padEnd(wide)}  ${`p50 ${unit}`.padStart(11)}  ${"× floor".padStart(8)}  quartiles`);
  for (const name of cases) {
    const ratios = times[name].map((time, i) => time / floors[i]);
    const goal = goals[name] === undefined ? "" : `  (goal ${goals[name]})`;
    console.log(
      `${name.padEnd(wide)}  ${median(times[name]).toFixed(1).padStart(11)}  ${median(ratios).toFixed(2).padStart(8)}  ${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}${goal}`,
    );
  }
}

/** The load of the machine while a part ran: ratios of a busy machine say little. */
export const machineLoad = () =>
  `load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(", ")}`;
