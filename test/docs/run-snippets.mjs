// Runs the snippets of the docs, each in a folder of its own. Prints what they print, and in the last line the failures
// as JSON. Usage: node run-snippets.mjs <name of a module>...
import { cpSync, readFileSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseConfig } from "shapeline/config";
import { local } from "shapeline/local";

const start = process.cwd();
const base = resolve("base");
const engine = local({ data: join(base, ".shapeline"), models: join(base, "models") });
const deployed = await engine.deploy(parseConfig(readFileSync("fraud.pipeline.json", "utf8")));
await deployed.infer(JSON.parse(readFileSync(join(base, "rows.json"), "utf8")));
await deployed.exportLogs({ directory: base, filePrefix: "rows", format: "parquet" });
renameSync(join(base, "rows-1.parquet"), join(base, "rows.parquet"));
await engine.close();

const failures = [];
for (const name of process.argv.slice(2)) {
  const folder = join(start, `in-${name}`);
  cpSync(base, folder, { recursive: true });
  process.chdir(folder);
  try {
    await import(pathToFileURL(join(start, `${name}.mjs`)).href);
  } catch (error) {
    failures.push(`${name}: ${error.stack}`);
  }
}
console.log(JSON.stringify(failures));
// Deployments that snippets leave open would keep the process alive.
process.exit();
