// Compares the compilers with `build()` on generated pipelines, and their declarations with both (needs dist/):
// node scripts/fuzz-types.mjs --count 10000 [--seed 1] [--compilers 5.9,6.0,7.0]
import { parseArgs } from "node:util";
import { importTypeScript } from "./import-typescript.mjs";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    compilers: { type: "string", default: "5.9,6.0,7.0" },
  },
});
const [count, seed] = [values.count, values.seed].map(Number);
if (![count, seed].every((n) => Number.isSafeInteger(n) && n > 0)) {
  console.error("--count and --seed take whole numbers, 1 or more");
  process.exit(2);
}

const { fuzz } = await importTypeScript("type-tests", 'export { fuzz } from "./agreement/fuzz.js";');
const compilers = values.compilers.split(",");
const disagreements = fuzz({ count, seed, compilers, say: (line) => console.log(line) });
process.exit(disagreements > 0 ? 1 : 0);
