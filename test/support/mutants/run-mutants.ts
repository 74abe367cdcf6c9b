import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface MutantOptions {
  /**
   * The judge: a module that runs in a process of its own, on the built package. It exports
   *
   * - `judge(random, prepared, seed)`: makes one mutant and gives it to the product; returns if the product accepts it,
   *   throws the product's error if not,
   * - optionally `prepare(folder)`: runs once per process; `folder` is the only one in which the judge may write,
   * - optionally `finish(prepared)`.
   */
  readonly judge: URL;
  readonly count: number;
  /** The seed of the first mutant. Default 1. */
  readonly first?: number;
  /** Milliseconds of CPU time that one mutant may take, and a quarter of its wall time. Default 5000. */
  readonly limitMs?: number;
  /** Bytes that the process may occupy at its peak. Default 1.5 GiB. */
  readonly limitBytes?: number;
}

export interface MutantFault {
  readonly seed: number;
  readonly kind: "crash" | "hang" | "memory" | "uncoded error" | "files";
  readonly what: string;
}

export interface MutantReport {
  readonly accepted: number;
  /** Refused mutants by error code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Bytes, the highest peak of all processes. */
  readonly peak: number;
  readonly faults: readonly MutantFault[];
}

interface Message {
  readonly started?: number;
  readonly cpu?: number;
  readonly seed?: number;
  readonly accepted?: boolean;
  readonly code?: string;
  readonly uncoded?: string;
  readonly peak?: number;
  readonly done?: boolean;
}

export const mutantProcess = fileURLToPath(new URL("mutant-process.mjs", import.meta.url));
const maxFaults = 20;

/**
 * Judges mutants in child processes: no crash, no hang, no memory over a bound, no file touched outside the judge's own
 * folder, and each mutant is accepted or refused with a code.
 */
export async function runMutants(options: MutantOptions): Promise<MutantReport> {
  const root = mkdtempSync(join(tmpdir(), "mutants-"));
  const folders = { own: join(root, "own"), working: join(root, "working"), temporary: join(root, "temporary") };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  writeFileSync(join(folders.working, "secret.env"), "TOKEN=not-for-models\n");
  writeFileSync(join(root, "outside.txt"), "beside every folder\n");
  const before = snapshot(root, folders.own);
  const report = { accepted: 0, refused: {} as Record<string, number>, peak: 0, faults: [] as MutantFault[] };
  const end = (options.first ?? 1) + options.count;
  try {
    for (let first = options.first ?? 1; first < end && report.faults.length < maxFaults;) {
      // A process judges a slice, so that a changed file is found near the mutant that changed it.
      const last = Math.min(end, first + 1000);
      const next = await runProcess(options, folders, first, last, report);
      const after = snapshot(root, folders.own);
      for (const path of changes(before, after))
        report.faults.push({ seed: first, kind: "files", what: `${path} changed by one of ${first} to ${next - 1}` });
      if (report.faults.some(({ kind }) => kind === "files")) break;
      first = next;
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return report;
}

/** Judges mutants until the process ends. Returns the seed to go on with. */
async function runProcess(
  { judge, limitMs = 5000, limitBytes = 1.5 * 2 ** 30 }: MutantOptions,
  folders: { readonly own: string; readonly working: string; readonly temporary: string },
  first: number,
  end: number,
  report: { accepted: number; refused: Record<string, number>; peak: number; faults: MutantFault[] },
): Promise<number> {
  const child = spawn(
    process.execPath,
    [mutantProcess, fileURLToPath(judge), folders.own, String(first), String(end), String(limitBytes)],
    {
      cwd: folders.working,
      env: { ...process.env, TMPDIR: folders.temporary },
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    },
  );
  let stderr = "";
  child.stderr?.on("data", (data: Buffer) => (stderr = (stderr + data.toString()).slice(-4000)));

  let started: { readonly seed: number; readonly cpu: number; readonly at: number } | null = null;
  let next = first;
  let done = false;
  let stopped = false;
  const fault = (seed: number, kind: MutantFault["kind"], what: string) => report.faults.push({ seed, kind, what });
  const stop = (seed: number, kind: MutantFault["kind"], what: string) => {
    if (stopped) return;
    stopped = true;
    fault(seed, kind, what);
    next = seed + 1;
    child.kill("SIGKILL");
  };
  const watch = setInterval(() => {
    if (started === null) return;
    const waited = performance.now() - started.at;
    if (waited < limitMs) return;
    // The machine may be busy: what counts is the time that the process had.
    const used = cpuMilliseconds(child.pid ?? -1);
    const cpu = used === null ? waited : used - started.cpu;
    if (cpu > limitMs || waited > 4 * limitMs) stop(started.seed, "hang", `not done after ${Math.round(waited)} ms`);
  }, 100);

  const lines = createInterface({ input: child.stdio[3] as Readable });
  lines.on("line", (line) => {
    const message = JSON.parse(line) as Message;
    if (message.done === true) done = true;
    if (message.started !== undefined)
      started = { seed: message.started, cpu: message.cpu ?? 0, at: performance.now() };
    if (message.seed === undefined) return;
    started = null;
    if (stopped) return;
    next = message.seed + 1;
    if (message.accepted === true) report.accepted++;
    else if (message.code !== undefined) report.refused[message.code] = (report.refused[message.code] ?? 0) + 1;
    else fault(message.seed, "uncoded error", message.uncoded ?? "");
    report.peak = Math.max(report.peak, message.peak ?? 0);
    if ((message.peak ?? 0) > limitBytes)
      stop(message.seed, "memory", `${Math.round((message.peak ?? 0) / 2 ** 20)} MiB`);
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on("close", (code, signal) => resolve([code, signal])),
  );
  clearInterval(watch);
  if (done) return end;
  if (stopped) return next;
  const exit = `exit ${String(code ?? signal)}: ${stderr.trim()}`;
  if (next === first && started === null) throw new Error(`the judge does not start: ${exit}`);
  fault(next, "crash", exit);
  return next + 1;
}

/** CPU time of a process in milliseconds; null where the system does not tell. */
function cpuMilliseconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    // Clock ticks are 10 ms on every Linux that Node supports.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null;
  }
}

/** Every path below `root` except `own`, with its kind, mode and content. */
function snapshot(root: string, own: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string) => {
    if (path === own || !existsSync(path)) return;
    const { mode, mtimeMs } = lstatSync(path);
    const isFolder = lstatSync(path).isDirectory();
    const content = isFolder ? "" : createHash("sha256").update(readFileSync(path)).digest("hex");
    found.set(path, isFolder ? `${mode}` : `${mode} ${mtimeMs} ${content}`);
    if (isFolder) for (const name of readdirSync(path)) visit(join(path, name));
  };
  visit(root);
  return found;
}

function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
}
