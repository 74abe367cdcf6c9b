// How long programs take from their start to their end, beside a Node that does nothing: imports of the package and
// commands of the CLI with one small model. Cases take turns; printed are medians.
// Usage: node bench/cli.mjs [--runs 15] [--check]: `--check` fails if a goal is missed, which needs a quiet machine.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build, pipeline } from "shapeline";
import { readSignature } from "shapeline/codegen";
import { machineLoad, median } from "./blocks.mjs";
import { handleOf } from "./handle.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { runs: { type: "string", default: "15" }, check: { type: "boolean", default: false } },
});

const folder = mkdtempSync(join(tmpdir(), "shapeline-bench-cli-"));
try {
  process.exitCode = await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const models = join(root, "examples", "fraud", "models");
  const model = handleOf(await readSignature(join(models, "a.onnx")));
  writeFileSync(join(folder, "small.pipeline.json"), JSON.stringify(await build(pipeline("small").model(model))));
  writeFileSync(join(folder, "rows.json"), JSON.stringify([{ pixels: new Array(64).fill(0) }]));

  const cli = (...args) => [join(root, "dist", "cli.js"), ...args];
  const imports = (entry) => {
    const url = pathToFileURL(join(root, "dist", `${entry}.js`)).href;
    return ["--input-type=module", "-e", `import ${JSON.stringify(url)};`];
  };
  // Goals in milliseconds: of imports above Node's own start, of commands in all.
  const cases = {
    node: { args: ["--input-type=module", "-e", ""] },
    'import "shapeline"': { args: imports("index"), above: 150 },
    'import "shapeline/local"': { args: imports("local"), above: 150 },
    'import "shapeline/server"': { args: imports("server") },
    "shapeline --help": { args: cli("--help"), goal: 150 },
    "shapeline deploy": { args: cli("deploy", "small.pipeline.json", "--models", models, "--data", "new"), goal: 700 },
    "shapeline infer": { args: cli("infer", "small", "rows.json", "--data", "used"), goal: 700 },
  };

  run(cli("deploy", "small.pipeline.json", "--models", models, "--data", "used"));
  for (const { args } of Object.values(cases)) run(args);
  const times = new Map(Object.keys(cases).map((name) => [name, []]));
  for (let i = 0; i < Number(values.runs); i++) {
    rmSync(join(folder, "new"), { recursive: true, force: true });
    for (const [name, { args }] of Object.entries(cases)) times.get(name).push(run(args));
  }

  const bare = median(times.get("node"));
  console.log(`milliseconds, medians of ${values.runs} runs; Node ${process.version}`);
  console.log(["", "in all", "above node", "goal"].map(cell).join(""));
  let missed = 0;
  for (const [name, { goal, above }] of Object.entries(cases)) {
    const ms = median(times.get(name));
    if ((goal ?? Infinity) < ms || (above ?? Infinity) < ms - bare) missed++;
    const text = goal !== undefined ? `${goal} in all` : above !== undefined ? `${above} above node` : "";
    console.log([name, ms.toFixed(0), (ms - bare).toFixed(0), text].map(cell).join(""));
  }
  console.log(machineLoad());
  return values.check && missed > 0 ? 1 : 0;
}

function cell(text, i) {
  return text.padEnd(i === 0 ? 28 : 14);
}

/** Milliseconds from the start of a process to its end. */
function run(args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new TypeError(`node ${args.join(" ")} failed:\n${stderr}`);
  return performance.now() - start;
}
