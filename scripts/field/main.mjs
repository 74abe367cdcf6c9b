// The field trial: installs public packages that ship ONNX files, generates a handle for each file, deploys it, and
// compares every answer with Python's ONNX Runtime, row by row. Exit code 1 if an answer is wrong, or if fewer than
// 95 % of the models are usable without settings or with the one line of settings that their error names.
// Usage: npm run field [-- --only <pattern of model names>]
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { textTable } from "../quickstart-print.mjs";
import { findModels } from "./find-models.mjs";
import { cache, installPackages, installPython } from "./install.mjs";
import { runChains } from "./run-chains.mjs";
import { mends, variants } from "./settings.mjs";

const { values: flags } = parseArgs({ options: { only: { type: "string" }, verbose: { type: "boolean" } } });
const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..", "..");
const work = join(cache, "run");
const usableGoal = 0.95;

const python = installPython();
const packages = installPackages(python);
const found = findModels(packages).filter(({ name }) => new RegExp(flags.only ?? "").test(name));
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

console.log(`${found.length} different ONNX files in ${packages.length} packages; Python's ONNX Runtime answers first`);
const models = found.map((model, index) => ({ ...model, out: join(work, `${index}.answers.json`) }));
const jobs = join(work, "oracle.json");
writeFileSync(jobs, JSON.stringify(models.map(({ name, file, out }) => ({ name, model: file, out }))));
execFileSync(python, [join(here, "oracle.py"), jobs], { stdio: "inherit" });

/** One run of a model's process: without settings and then with the mend, or with a variant's settings. */
const runs = models.flatMap((model) => {
  const mend = mends.find(({ model: pattern }) => pattern.test(model.name));
  const plain = { model, mend, attempts: [{}, ...(mend === undefined ? [] : [{ settings: mend.settings }])] };
  const others = variants.filter(({ model: pattern }) => pattern.test(model.name));
  return [plain, ...others.map(({ settings }) => ({ model, variant: settings, attempts: [{ settings }] }))];
});

async function runModel({ model, attempts }, index) {
  const folder = join(work, String(index));
  const out = join(work, `${index}.json`);
  const job = join(work, `${index}.job.json`);
  writeFileSync(job, JSON.stringify({ file: model.file, answers: model.out, folder, out, attempts }));
  try {
    await promisify(execFile)(process.execPath, [join(here, "run-model.mjs"), job], { timeout: 300_000 });
    return JSON.parse(readFileSync(out, "utf8"));
  } catch (error) {
    return [{ decision: "crashed", error: (error.stderr || error.message).trim() }];
  }
}

const verdicts = [];
const queue = runs.entries();
await Promise.all(
  Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    for (const [index, run] of queue) {
      const results = await runModel(run, index);
      verdicts[index] = { ...run, results, ...judge(run, results) };
      if (flags.verbose) console.log(index, run.model.name, JSON.stringify(results, null, 1));
    }
  }),
);

/** "wrong": an answer differs. "usable": right, at most with the line that the error without settings names. */
function judge({ mend }, results) {
  const last = results.at(-1);
  const difference = last.difference?.toExponential(1).replace("0.0e+0", "0");
  if (results.some(({ wrong }) => wrong !== undefined)) {
    return { verdict: "wrong", answer: results.find(({ wrong }) => wrong !== undefined).wrong };
  }
  if (last.error !== undefined) return { verdict: "unusable", answer: last.error };
  if (results.length === 1) return { verdict: "usable", answer: `equal (${difference})` };
  if (!results[0].error.includes(mend.named)) {
    return { verdict: "unusable", answer: `the message does not name \`${mend.named}\`: ${results[0].error}` };
  }
  return { verdict: "usable", answer: `equal (${difference}) with \`${mend.named}\`, as the message says` };
}

/** Every generated file, with a strict compiler. */
function typeCheck() {
  const generated = verdicts.flatMap(({ results }, index) =>
    results.map((result, attempt) => ({
      result,
      file: join(work, String(index), `attempt-${attempt}`, "models.gen.ts"),
    })),
  );
  const files = generated.filter(({ result }) => result.printed !== undefined).map(({ file }) => file);
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    paths: { shapeline: [join(root, "dist", "src", "index.d.ts")] },
  };
  const project = join(work, "tsconfig.json");
  writeFileSync(project, JSON.stringify({ compilerOptions, files }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
    return true;
  } catch (error) {
    console.log(error.stdout);
    return false;
  }
}

const clip = (text, length) => {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
};
const formatPort = ({ name, type, shape }) =>
  `${clip(name, 24)} ${type.replace(/^tensor\((.*)\)$/, "$1")}[${shape.map((dim) => clip(String(dim ?? "?"), 24)).join(", ")}]`;

function portsOf({ out }) {
  const { inputs, outputs, error } = JSON.parse(readFileSync(out, "utf8"));
  if (error !== undefined) return `the oracle refuses it: ${clip(error, 80)}`;
  const some = (ports) =>
    ports.length > 4
      ? `${ports.slice(0, 3).map(formatPort).join(", ")} and ${ports.length - 3} more`
      : ports.map(formatPort).join(", ");
  return `${some(inputs)} -> ${some(outputs)}`;
}

/** "@scope/package/path/to/model.onnx" -> "@scope/package: model.onnx" */
const shortName = (name) => name.replace(/^((?:@[^/]+\/)?[^/]+)\/(?:.*\/)?([^/]+)$/, "$1: $2");

console.log(
  textTable(
    ["model", "ports in the file", "decision", "", "answer against Python, row by row"],
    verdicts.map(({ model, variant, results, verdict, answer }) => [
      clip(shortName(model.name), 60) + (variant ? " + settings" : ""),
      clip(portsOf(model), 130),
      clip(results.at(-1).decision, 60),
      verdict,
      clip(answer, flags.verbose ? 2000 : 160),
    ]),
  ),
);

const chains = flags.only === undefined ? await runChains(python, packages, join(work, "chains")) : [];
console.log(chains.map(({ name, wrong }) => `chain ${name}: ${wrong ?? "equal to Python"}`).join("\n"));

const typesHold = typeCheck();
const plain = verdicts.filter(({ variant }) => variant === undefined);
const count = (list, verdict) => list.filter((entry) => entry.verdict === verdict).length;
const bare = plain.filter(({ verdict, results }) => verdict === "usable" && results.length === 1).length;
const wrong = count(verdicts, "wrong");
const usable = count(plain, "usable");
const brokenChains = chains.filter(({ wrong }) => wrong !== undefined).length;
const brokenVariants = verdicts.filter(({ variant, verdict }) => variant !== undefined && verdict !== "usable").length;
const share = usable / plain.length;
console.log(
  `\n${plain.length} models of ${packages.length} packages: ${usable} usable (${(100 * share).toFixed(1)} %), ${bare} of them without settings; ` +
    `${wrong} with a wrong answer; ` +
    `${chains.length - brokenChains} of ${chains.length} chains equal; ` +
    `typings ${typesHold ? "compile" : "do not compile"}`,
);
process.exitCode = wrong > 0 || share < usableGoal || brokenVariants + brokenChains > 0 || !typesHold ? 1 : 0;
