// One model from its file to its answers: generate, deploy, infer all rows together and each alone, compare with the
// oracle. Runs in its own process, so that a crash ends one model only.
// Usage: node run-model.mjs <job.json>, with { file, answers, folder, attempts: [{ settings?, named? }] }
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { pipeline } from "shapeline";
import { local } from "shapeline/local";
import { shapelineImports } from "./shapeline-imports.mjs";
import { compare, decode, fromResult, toNested, withoutAxis } from "./tensors.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const oracle = JSON.parse(readFileSync(job.answers, "utf8"));

/** Runs `shapeline generate` on the file and returns the handle, with what the command printed. */
async function generate(settings, folder) {
  const out = join(folder, "models.gen.ts");
  const name = basename(job.file, ".onnx");
  const config = join(folder, "shapeline.config.json");
  writeFileSync(config, JSON.stringify(settings === undefined ? {} : { overrides: { [modelName(name)]: settings } }));
  const cli = join(root, "dist", "src", "cli", "main.js");
  const args = [cli, "generate", job.file, "--out", out, "--config", config, "--no-color"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new GenerateError((stderr || stdout).trim());
  const bundled = join(folder, "models.gen.mjs");
  await build({
    entryPoints: [out],
    outfile: bundled,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
    plugins: [shapelineImports],
  });
  const [handle] = Object.values(await import(pathToFileURL(bundled).href));
  return { handle, printed: stdout.trim() };
}

/** The key of a model in the settings: as `generate` derives it from the file's name. */
const modelName = (stem) =>
  stem
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

class GenerateError extends Error {}

/** The axis to leave out of an item's tensor, or -1: a whole model and a shared input take the tensor as it is. */
const rowAxis = (shape) => shape?.indexOf("batch") ?? 0;

const rows = oracle.rows.map(({ feeds, answers }) => ({
  feeds: Object.entries(feeds).map(([name, tensor]) => [name, decode(tensor)]),
  answers: Object.entries(answers).map(([name, tensor]) => [name, decode(tensor)]),
}));

/** The decision of `generate`, as its handle says it. */
function decisionOf({ inputs, outputs, batchSize }) {
  const ports = Object.entries({ ...inputs, ...outputs });
  const axes = ports.map(([, { shape }]) => rowAxis(shape));
  if (axes.every((axis) => axis < 0)) return "whole";
  const shared = Object.entries(inputs).filter(([, { shape }]) => rowAxis(shape) < 0);
  const parts = [];
  if (axes.some((axis) => axis > 0)) {
    const listed = ports.filter(([name]) => !shared.some(([other]) => other === name));
    parts.push(`rows ${listed.map(([name, { shape }]) => `${name} ${rowAxis(shape)}`).join(", ")}`);
  } else parts.push("axis 0");
  if (shared.length > 0) parts.push(`shared ${shared.map(([name]) => name).join(", ")}`);
  if (batchSize !== undefined) parts.push(`batch size ${batchSize}`);
  return parts.join("; ");
}

/** Deploys the model alone and compares its answers, all rows in one request and each in its own. */
async function answer(handle, folder) {
  const target = local({ models: dirname(job.file), data: join(folder, "data"), durability: "off" });
  try {
    const live = await pipeline("field").model(handle).deploy(target);
    const status = await live.status();
    const rowOf = (name, tensor) => withoutAxis(tensor, rowAxis(handle.inputs[name].shape));
    const nested = ([name, tensor]) => [name, toNested(rowOf(name, tensor))];
    const typed = ([name, tensor]) => {
      const row = rowOf(name, tensor);
      return [name, row.shape.length === 0 ? toNested(row) : { data: row.values, shape: row.shape }];
    };
    const record = (row, form) => Object.fromEntries(row.feeds.map(form));
    const together = await live.infer(rows.map((row) => record(row, nested)));
    const alone = [];
    for (const row of rows) alone.push((await live.infer([record(row, typed)]))[0]);
    const report = { difference: 0, wrong: undefined, status: status.state };
    for (const [way, results] of Object.entries({ together, alone })) {
      for (const [index, row] of rows.entries()) {
        for (const [name, tensor] of row.answers) {
          const axis = rowAxis(handle.outputs[name]?.shape);
          if (axis >= 0 && tensor.shape[axis] !== 1) {
            report.wrong ??= `output ${name} of row ${index} has shape [${tensor.shape.join(", ")}], so its axis ${axis} are not rows`;
            continue;
          }
          const { difference, wrong } = compare(withoutAxis(tensor, axis), fromResult(results[index].out[name]));
          report.difference = Math.max(report.difference, difference);
          if (wrong !== undefined) report.wrong ??= `${way}, row ${index}, ${name}: ${wrong}`;
        }
      }
    }
    return report;
  } finally {
    await target.close();
  }
}

async function attempt(settings, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let generated;
  try {
    generated = await generate(settings, folder);
    const decision = decisionOf(generated.handle);
    return { decision, printed: generated.printed, ...(await answer(generated.handle, folder)) };
  } catch (error) {
    const decision = generated === undefined ? "refused" : decisionOf(generated.handle);
    const text = error instanceof GenerateError ? error.message : `${error.code ?? error.name}: ${error.message}`;
    return { decision, printed: generated?.printed, error: text };
  }
}

const results = [];
for (const [index, { settings }] of job.attempts.entries()) {
  results.push(await attempt(settings, join(job.folder, `attempt-${index}`)));
  if (results.at(-1).error === undefined) break;
}
writeFileSync(job.out, JSON.stringify(results));
