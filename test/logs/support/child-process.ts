import { buildSync } from "esbuild";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const cache = new URL("../../../node_modules/.cache/shapeline-tests/", import.meta.url);

interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** A child process that runs one job of `child-main.ts` and prints facts for the test as lines. */
export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** The next line of stdout; empty if there is none. */
  line(): Promise<string>;
  /** All remaining lines of stdout. */
  remainingLines(): Promise<string[]>;
  /** Resolves once the process has exited. */
  exited(): Promise<ChildExit>;
  /** Kills the process with SIGKILL and resolves once it has exited. */
  kill(): Promise<ChildExit>;
  /** As `kill`; returns the lines printed until then. */
  killAndReadLines(): Promise<string[]>;
}

let bundle: string | undefined;

/** Runs a job of `child-main.ts` with its arguments. */
export function startChild(job: string, ...args: readonly string[]): Child {
  return start(process.execPath, [bundlePath(), job, ...args]);
}

/** Runs a job that opens a log, and waits until it is open. */
export async function startOwner(job: "own" | "serve", folder: string, ...args: readonly string[]): Promise<Child> {
  const child = startChild(job, folder, ...args);
  expect(await child.line()).toBe("open");
  return child;
}

/** As `startChild`, with a maximum file size in blocks of 1,024 bytes: the closest simulation of a full disk. */
export function startChildWithFileLimit(blocks: number, job: string, ...args: readonly string[]): Child {
  return start("bash", [
    "-c",
    `trap '' XFSZ; ulimit -S -f ${blocks}; exec "$0" "$@"`,
    process.execPath,
    bundlePath(),
    job,
    ...args,
  ]);
}

/** As `startChild`, as another user. */
export function startChildAs(uid: number, job: string, ...args: readonly string[]): Child {
  return start(process.execPath, [bundlePath(), job, ...args], { uid });
}

function bundlePath(): string {
  if (bundle === undefined) {
    mkdirSync(cache, { recursive: true });
    // One bundle per test process: another one that builds it must not change it while a child starts.
    const file = fileURLToPath(new URL(`child-${process.pid}.mjs`, cache));
    process.once("exit", () => rmSync(file, { force: true }));
    bundle = file;
    buildSync({
      entryPoints: [fileURLToPath(new URL("child-main.ts", import.meta.url))],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["@duckdb/node-api"],
      logLevel: "error",
    });
  }
  return bundle;
}

function start(command: string, args: readonly string[], options: { readonly uid?: number } = {}): Child {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let stderr = "";
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const exit = new Promise<ChildExit>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stderr })),
  );
  const line = async () => {
    const next = await lines.next();
    return next.done === true ? "" : next.value;
  };
  const remainingLines = async () => {
    const all: string[] = [];
    for (let next = await line(); next !== ""; next = await line()) all.push(next);
    return all;
  };
  const kill = () => {
    child.kill("SIGKILL");
    return exit;
  };
  return {
    pid: child.pid ?? -1,
    process: child,
    line,
    remainingLines,
    exited: () => exit,
    kill,
    killAndReadLines: async () => {
      const exited = kill();
      const lines = await remainingLines();
      await exited;
      return lines;
    },
  };
}
