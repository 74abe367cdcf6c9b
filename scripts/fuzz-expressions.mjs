// Generated lambdas, and conditions of alerts, against every back-end's real engine:
// node scripts/fuzz-expressions.mjs --count 10000 [--alerts 1000] [--seed 1] [--depth 6]
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({ options: { count: { type: "string", default: "1000" }, alerts: { type: "string" }, seed: { type: "string", default: "1" }, depth: { type: "string", default: "4" } } });
const [count, alerts, seed, depth] = [values.count, values.alerts ?? String(Math.ceil(Number(values.count) / 10)), values.seed, values.depth].map(Number);
if (![count, alerts, seed, depth].every((n) => Number.isSafeInteger(n) && n > 0)) {
  console.error("--count, --alerts, --seed and --depth take whole numbers from 1 on");
  process.exit(2);
}

const folder = fileURLToPath(new URL("../test/expression/", import.meta.url));
/** Beside its source, so that it finds the engines; gone as soon as it is loaded. */
async function load(name) {
  const outfile = `${folder}${name}-${process.pid}.mjs`;
  await build({ entryPoints: [`${folder}${name}.ts`], outfile, bundle: true, packages: "external", format: "esm", platform: "node", target: "node20", logLevel: "error" });
  return import(outfile).finally(() => rm(outfile, { force: true }));
}
const [{ fuzz }, { fuzzAlerts }] = [await load("fuzz"), await load("fuzz-alerts")];
const say = (line) => console.log(line);
const differences = (await fuzz({ count, seed, depth, say })) + (await fuzzAlerts({ count: alerts, seed, depth, say }));
process.exit(differences > 0 ? 1 : 0);
