// Measures what pipelines cost the compilers:
// node scripts/bench-types.mjs [--check | --write] [--compilers 5.9,6.0,7.0]
// `--check` exits with 2 if a figure rose; `--write` updates type-tests/cost.json.
import { parseArgs } from "node:util";
import { importTypeScript } from "./import-typescript.mjs";

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    compilers: { type: "string", default: "5.9,6.0,7.0" },
  },
});
const { bench } = await importTypeScript("type-tests", 'export { bench } from "./cost/bench.js";');
const risen = await bench({ ...values, compilers: values.compilers.split(","), say: (line) => console.log(line) });
for (const line of risen) console.error(line);
process.exit(risen.length > 0 ? 2 : 0);
