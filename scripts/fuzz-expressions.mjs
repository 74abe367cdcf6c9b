// Compares generated lambdas and alert conditions with every back-end's real engine:
// node scripts/fuzz-expressions.mjs --count 10000 [--alerts 1000] [--seed 1] [--depth 6] [--minutes 30]
// With --minutes it stops after the batch in which the time is over and prints the totals. Alerts get a tenth of the
// time.
import { parseArgs } from "node:util";
import { importTypeScript } from "./import-typescript.mjs";

const options = {
  count: { type: "string" },
  alerts: { type: "string" },
  seed: { type: "string", default: "1" },
  depth: { type: "string", default: "6" },
  minutes: { type: "string" },
};
const { values } = parseArgs({ options });
const most = String(values.minutes === undefined ? 1000 : Number.MAX_SAFE_INTEGER);
const { count = most, alerts = values.minutes === undefined ? String(Math.ceil(Number(count) / 10)) : most } = values;
const [lambdas, conditions, seed, depth] = [count, alerts, values.seed, values.depth].map(Number);
const minutes = values.minutes === undefined ? Infinity : Number(values.minutes);
if (![lambdas, conditions, seed, depth].every((n) => Number.isSafeInteger(n) && n > 0) || !(minutes > 0)) {
  console.error("--count, --alerts, --seed and --depth take whole numbers from 1 on, --minutes a number above 0");
  process.exit(2);
}

const { fuzz, fuzzAlerts } = await importTypeScript(
  "test/expression/fuzz",
  'export { fuzz } from "./fuzz-lambdas.js"; export { fuzzAlerts } from "./fuzz-alerts.js";',
);
const print = (line) => console.log(line);
const until = (share) => {
  const end = performance.now() + minutes * 60_000 * share;
  return () => performance.now() > end;
};
const inLambdas = await fuzz({ count: lambdas, seed, depth, print, stopped: until(0.9) });
const inAlerts = await fuzzAlerts({ count: conditions, seed, depth, print, stopped: until(0.1) });
process.exit(inLambdas + inAlerts > 0 ? 1 : 0);
