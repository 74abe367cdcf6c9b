import { buildSync } from "esbuild";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { compileModelWorker } from "../model-worker.js";

const cache = new URL("../../node_modules/.cache/shapeline-tests/", import.meta.url);

/** A child process on our own sources that tells one line at a time. */
export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  line(): Promise<string>;
  /** All of stderr, once it ended. */
  ended(): Promise<{ code: number | null; signal: string | null; stderr: string }>;
}

let built: string | undefined;

/** Runs `test/logs/child-main.ts` with a job and its arguments. */
export function startChild(job: string, ...args: readonly string[]): Child {
  return start(process.execPath, [script(), job, ...args]);
}

/** The same where no file may grow beyond so many blocks of 1,024 bytes: the nearest thing to a full disk. */
export function startConfinedChild(blocks: number, job: string, ...args: readonly string[]): Child {
  return start("bash", [
    "-c",
    `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`,
    process.execPath,
    script(),
    job,
    ...args,
  ]);
}

/** The same as another user. */
export function startChildAs(uid: number, job: string, ...args: readonly string[]): Child {
  return start(process.execPath, [script(), job, ...args], { uid });
}

function script(): string {
  if (built === undefined) {
    mkdirSync(cache, { recursive: true });
    // One a test process: another one that builds it again must not change it under a child that starts.
    const file = fileURLToPath(new URL(`child-${process.pid}.mjs`, cache));
    process.once("exit", () => rmSync(file, { force: true }));
    built = file;
    const entry = fileURLToPath(new URL("child-main.ts", import.meta.url));
    buildSync({
      entryPoints: [entry],
      outfile: built,
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      logLevel: "error",
    });
    compileModelWorker(fileURLToPath(cache));
  }
  return built;
}

function start(command: string, args: readonly string[], options: { readonly uid?: number } = {}): Child {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let stderr = "";
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const end = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stderr })),
  );
  return {
    pid: child.pid ?? -1,
    process: child,
    line: async () => {
      const next = await lines.next();
      return next.done === true ? "" : next.value;
    },
    ended: () => end,
  };
}
