import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { mutantProcess } from "./run-mutants.js";

/** Whether `strace` is installed and may trace here. */
export const canTrace =
  process.platform === "linux" && spawnSync("strace", ["-qq", "-o", "/dev/null", "true"]).status === 0;

export interface TracedFiles {
  /** Paths that were created, written, renamed or removed. */
  readonly changed: ReadonlySet<string>;
  /** Paths that were opened for reading. */
  readonly read: ReadonlySet<string>;
  /** The judge's own folder, and the working folder, in which `secret.env` lies. */
  readonly own: string;
  readonly working: string;
}

/** Judges mutants under `strace` and lists the files that the process and its threads touched. */
export async function traceFiles(judge: URL, count: number, first = 1): Promise<TracedFiles> {
  const root = mkdtempSync(join(tmpdir(), "traced-"));
  const own = join(root, "own");
  const working = join(root, "working");
  const log = join(root, "strace.txt");
  try {
    for (const folder of [own, working]) mkdirSync(folder);
    writeFileSync(join(working, "secret.env"), "TOKEN=not-for-models\n");
    const node = [process.execPath, mutantProcess, fileURLToPath(judge), own, String(first), String(first + count)];
    const child = spawn("strace", ["-f", "-qq", "-s", "4096", "-e", "trace=%file", "-o", log, ...node], {
      cwd: working,
      env: { ...process.env, TMPDIR: own },
      stdio: ["ignore", "ignore", "inherit", "pipe"],
    });
    (child.stdio[3] as Readable).resume();
    const code = await new Promise((done) => child.on("close", done));
    if (code !== 0) throw new Error(`the traced process ended with exit ${String(code)}`);
    return { ...touched(readFileSync(log, "utf8"), working), own, working };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Calls that change the file system by their path. `openat` changes it if it opens for writing. */
const changing =
  /^(creat|unlink|unlinkat|rename|renameat|renameat2|link|linkat|symlink|symlinkat|mkdir|mkdirat|rmdir|truncate|chmod|fchmodat|chown|mknod|mknodat|utimensat)$/;

function touched(log: string, working: string): { changed: Set<string>; read: Set<string> } {
  const changed = new Set<string>();
  const read = new Set<string>();
  for (const line of log.split("\n")) {
    const [, call = "", rest = ""] = /^\d+ +(?:<\.\.\. )?([a-z0-9_]+)\((.*)$/.exec(line) ?? [];
    if (/ = -1 [A-Z]+ /.test(rest)) continue;
    const paths = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = ""]) => resolve(working, path));
    const opened = call === "open" || call === "openat";
    if (changing.test(call) || (opened && /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(rest))) {
      for (const path of paths) changed.add(path);
    } else if (opened && paths[0] !== undefined) read.add(paths[0]);
  }
  return { changed, read };
}
