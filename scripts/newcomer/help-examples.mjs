// Every example of `--help`, run as it is written.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runQuietly } from "./init-cases.mjs";

/** Commands that end only when they are stopped. */
const endless = /^shapeline serve\b|--follow|--watch/;
/** `plan` and `diff` say with exit code 2 that there is a difference. */
const mayDiffer = /^shapeline (plan|diff)\b/;

/**
 * Runs the examples in a project that has what they name: models, a pipeline, configs, rows, a deployment.
 *
 * @param project a folder in which shapeline and the engine's packages are installed
 * @returns the examples
 */
export async function runHelpExamples(root, project, env) {
  const cli = join(project, "node_modules", "shapeline", "dist", "cli.js");
  const shapeline = (...args) => runQuietly(process.execPath, [cli, ...args], project, env);
  const commands = [...shapeline("--help").matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name);
  const examples = [];
  for (const command of commands.filter((name) => name !== "help")) {
    const lines = [...shapeline(command, "--help").matchAll(/^ {2}\$ (shapeline .*)$/gm)].map(([, line]) => line);
    if (lines.length === 0) throw new Error(`shapeline ${command} --help has no example`);
    examples.push(...lines);
  }
  prepare(root, project, shapeline);
  const failures = [];
  for (const example of examples) {
    const failure = await runExample(example, cli, project, env);
    if (failure !== null) failures.push(failure);
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
  return examples;
}

/** What the examples name. */
function prepare(root, project, shapeline) {
  const fraud = join(root, "examples", "fraud");
  for (const name of ["rows.df.json", "fraud.pipeline.json"]) cpSync(join(fraud, name), join(project, name));
  cpSync(join(fraud, "models"), join(project, "models"), { recursive: true });
  mkdirSync(join(project, "src"), { recursive: true });
  cpSync(join(fraud, "fraud.pipeline.ts"), join(project, "src", "fraud.pipeline.ts"));
  writeFileSync(join(project, "token"), "secret\n");
  shapeline("generate", "models/*.onnx", "--out", "src/models.gen.ts");
  for (let version = 0; version < 3; version += 1) shapeline("deploy", "fraud.pipeline.json", "--models", "models");
  shapeline("infer", "fraud", "rows.df.json", "--out", "answers.json");
}

/** Runs one example; returns what went wrong, or null. */
async function runExample(example, cli, project, env) {
  // Globs and quotes are the shell's.
  const line = example.replace(/^shapeline\b/, `"${process.execPath}" "${cli}"`);
  const child = spawn("bash", ["-c", `exec ${line}`], { cwd: project, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += part));
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  if (endless.test(example)) {
    // It has started when it prints its first line.
    while (!output.includes("\n") && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill("SIGINT");
  }
  const code = await ended;
  const passed = code === 0 || (code === 2 && mayDiffer.test(example));
  return passed ? null : `the example of --help '${example}' ended with ${code}:\n${output}`;
}
