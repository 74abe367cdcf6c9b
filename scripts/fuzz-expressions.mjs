// Generated lambdas against every back-end's real engine: node scripts/fuzz-expressions.mjs --count 10000 [--seed 1] [--depth 6]
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({ options: { count: { type: "string", default: "1000" }, seed: { type: "string", default: "1" }, depth: { type: "string", default: "4" } } });
const [count, seed, depth] = [values.count, values.seed, values.depth].map(Number);
if (![count, seed, depth].every((n) => Number.isSafeInteger(n) && n > 0)) {
  console.error("--count, --seed and --depth take whole numbers from 1 on");
  process.exit(2);
}

const folder = fileURLToPath(new URL("../test/expression/", import.meta.url));
// Beside its source, so that it finds the engines; gone as soon as it is loaded.
const outfile = `${folder}fuzz-${process.pid}.mjs`;
await build({ entryPoints: [`${folder}fuzz.ts`], outfile, bundle: true, packages: "external", format: "esm", platform: "node", target: "node20", logLevel: "error" });
const { fuzz } = await import(outfile).finally(() => rm(outfile, { force: true }));
const differences = await fuzz({ count, seed, depth, say: (line) => console.log(line) });
process.exit(differences > 0 ? 1 : 0);
