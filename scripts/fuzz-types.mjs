// Generated pipelines against the compilers: node scripts/fuzz-types.mjs --count 10000 [--seed 1] [--compilers 5.9,6.0,7.0]
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    compilers: { type: "string", default: "5.9,6.0,7.0" },
  },
});
const [count, seed] = [values.count, values.seed].map(Number);
if (![count, seed].every((n) => Number.isSafeInteger(n) && n > 0)) {
  console.error("--count and --seed take whole numbers from 1 on");
  process.exit(2);
}

// Beside its source, so that its paths hold; gone as soon as it is loaded.
const folder = fileURLToPath(new URL("../type-tests/", import.meta.url));
const outfile = `${folder}fuzz-${process.pid}.mjs`;
await build({
  entryPoints: [`${folder}agreement/fuzz.ts`],
  outfile,
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "error",
});
const { fuzz } = await import(outfile).finally(() => rm(outfile, { force: true }));
process.exit(
  fuzz({ count, seed, compilers: values.compilers.split(","), say: (line) => console.log(line) }) > 0 ? 1 : 0,
);
