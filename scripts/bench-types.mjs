// What pipelines cost the compilers: node scripts/bench-types.mjs [--check | --write] [--compilers 5.9,6.0,7.0]. `--check` exits 2 where a figure rose.
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    compilers: { type: "string", default: "5.9,6.0,7.0" },
  },
});
// Beside its source, so that its paths hold; gone as soon as it is loaded.
const folder = fileURLToPath(new URL("../type-tests/", import.meta.url));
const outfile = `${folder}bench-${process.pid}.mjs`;
await build({
  entryPoints: [`${folder}cost/bench.ts`],
  outfile,
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "error",
});
const { bench } = await import(outfile).finally(() => rm(outfile, { force: true }));
const risen = await bench({ ...values, compilers: values.compilers.split(","), say: (line) => console.log(line) });
for (const line of risen) console.error(line);
process.exit(risen.length > 0 ? 2 : 0);
