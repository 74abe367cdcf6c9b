import { type ChildProcess, execFile, fork } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, onTestFinished } from "vitest";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const main = join(root, "dist", "cli.js");

/** The result of a command line. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command in a process of its own, as a user does. */
export function shapelineProcess(cwd: string, args: readonly string[], input?: string): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { cwd, encoding: "utf8", maxBuffer: 64 << 20 },
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
      },
    );
    child.stdin?.end(input);
  });
}

let commands: ChildProcess | undefined;
let lastId = 0;
const waiting = new Map<number, { resolve: (run: Run) => void; reject: (error: Error) => void }>();

function startCommandProcess(): ChildProcess {
  const child = fork(fileURLToPath(new URL("command-process.mjs", import.meta.url)), { stdio: "inherit" });
  child.on("message", ({ id, ...run }: Run & { readonly id: number }) => {
    waiting.get(id)?.resolve(run);
    waiting.delete(id);
  });
  child.on("exit", (code, signal) => {
    commands = undefined;
    for (const { reject } of waiting.values()) reject(new Error(`the CLI process ended: ${String(signal ?? code)}`));
    waiting.clear();
  });
  return child;
}

afterAll(async () => {
  if (commands === undefined) return;
  // The next test file may run in this thread, and must not send its commands to a process that ends.
  const ended = once(commands, "exit");
  commands.kill();
  await ended;
});

/**
 * Runs a command line of the built CLI in the process that all commands of a test file share.
 *
 * @param environment variables that are set meanwhile
 */
export function shapeline(
  cwd: string,
  args: readonly string[],
  input?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const child = (commands ??= startCommandProcess());
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    child.send({ id, cwd, args, input, environment });
  });
}

/** Creates a user's project in a temporary folder: an example's models and pipeline, with the package linked in. */
export function project(example: "fraud" | "breast-cancer"): string {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const from = join(root, "examples", example);
  cpSync(from, folder, {
    recursive: true,
    filter: (path) => !/\.shapeline|__pycache__|\.pipeline\.json$|models\.gen\.ts$/.test(path),
  });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  cpSync(join(root, "package.json"), join(folder, "node_modules", "shapeline", "package.json"));
  for (const part of ["dist", "node_modules"])
    symlinkSync(join(root, part), join(folder, "node_modules", "shapeline", part), "dir");
  return folder;
}

/** What `generate` and `compile` wrote for an example. They run once for all tests of a worker. */
const written = new Map<string, Promise<ReadonlyMap<string, Buffer>>>();

async function writtenFor(example: "fraud" | "breast-cancer"): Promise<ReadonlyMap<string, Buffer>> {
  const folder = project(example);
  for (const args of [["generate", "models/*.onnx"], ["compile"]])
    expect(await shapeline(folder, args), args.join(" ")).toMatchObject({ code: 0 });
  const names = ["models.gen.ts", `${example}.pipeline.json`];
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Creates a project with generated typings and a compiled pipeline. */
export async function compiledProject(example: "fraud" | "breast-cancer"): Promise<string> {
  const files = written.get(example) ?? writtenFor(example);
  written.set(example, files);
  files.catch(() => written.delete(example));
  const folder = project(example);
  for (const [name, data] of await files) writeFileSync(join(folder, name), data);
  return folder;
}

/** Creates a project with a compiled and deployed pipeline. */
export async function deployedProject(example: "fraud" | "breast-cancer"): Promise<string> {
  const folder = await compiledProject(example);
  expect(await shapeline(folder, ["deploy", `${example}.pipeline.json`])).toMatchObject({ code: 0 });
  return folder;
}
