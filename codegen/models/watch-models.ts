import { errorMessage } from "../../src/util/error-message.js";
import { existsSync, watch, type FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ModelError, ShapelineError } from "../../dsl/errors.js";
import { expandSources } from "./read-models.js";
import { isUrl } from "../../src/util/file-name.js";

/** A burst of writes is over when nothing was written for this long. */
const SETTLE_MS = 150;
/** How long a file that cannot be read may lie still before it is no half-written one. */
const PARTIAL_WRITE_MS = 2_000;
/** What a file that is still being written looks like. */
const partialFileCodes: readonly string[] = ["SL3000", "SL3010", "SL3011", "SL3012"];

export interface WatchOptions<T> {
  /** Files whose change always counts: the settings, whether they are there or not. */
  readonly files: readonly string[];
  /** The sources of now, what they are relative to, and other files and URLs that say something of them. */
  readonly sources: () => Promise<{
    readonly models: readonly string[];
    readonly cwd: string;
    readonly also: readonly string[];
  }>;
  /** Does the work: once at the start, and once after every burst of writes that changed a source. */
  readonly run: () => Promise<T>;
  readonly onResult: (result: T) => void;
  /** What is wrong with the sources; watching goes on. Anything that is no `ShapelineError` ends it. */
  readonly onError: (problem: ShapelineError) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Runs `run` whenever the sources change, until the signal. The operating system says when; nothing is polled. */
export async function watchModels<T>(options: WatchOptions<T>): Promise<void> {
  const { signal } = options;
  const bell = new ChangeSignal();
  const watchers: Watchers = new Map();
  signal.addEventListener("abort", bell.notify, { once: true });
  try {
    for (let done = ""; !signal.aborted; await bell.wait(signal)) {
      await bell.settle(signal);
      if (signal.aborted) return;
      const { folders, state } = await snapshot(options);
      syncWatchers(watchers, folders, bell.notify);
      if (state === done) continue;
      const problem = await runOnce(options);
      if (
        problem !== undefined &&
        partialFileCodes.includes(problem.code) &&
        (await bell.waitFor(PARTIAL_WRITE_MS, signal))
      ) {
        bell.notify();
        continue;
      }
      done = state;
      if (problem !== undefined && !signal.aborted) options.onError(problem);
    }
  } finally {
    signal.removeEventListener("abort", bell.notify);
    for (const { watcher } of watchers.values()) watcher.close();
  }
}

async function runOnce<T>({ run, onResult }: WatchOptions<T>): Promise<ShapelineError | undefined> {
  try {
    onResult(await run());
    return undefined;
  } catch (error) {
    if (error instanceof ShapelineError) return error;
    throw error;
  }
}

/** The folders to watch, and the files in them as they are now: path, size and time of each. */
async function snapshot<T>({
  files,
  sources,
}: WatchOptions<T>): Promise<{ readonly folders: ReadonlyMap<string, boolean>; readonly state: string }> {
  const folders = new Map<string, boolean>();
  const found: string[] = [];
  const addFile = (file: string): void => {
    folders.set(nearestExistingFolder(dirname(file)), folders.get(dirname(file)) ?? false);
    found.push(file);
  };
  files.forEach(addFile);
  try {
    const { models, cwd, also } = await sources();
    for (const file of also) if (!isUrl(file)) addFile(resolve(cwd, file));
    for (const pattern of models)
      if (!isUrl(pattern)) folders.set(nearestExistingFolder(resolve(cwd, fixedPrefix(pattern))), true);
    found.push(
      ...(await expandSources(models, cwd)).filter((source) => !isUrl(source)).map((file) => resolve(cwd, file)),
    );
  } catch (error) {
    // What is wrong with them, `run` says.
    if (!(error instanceof ShapelineError)) throw error;
    found.push(error.message);
  }
  const marks = await Promise.all(found.map(async (file) => `${file} ${await fileStamp(file)}`));
  return { folders, state: marks.join("\n") };
}

async function fileStamp(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? "none" : `${found.size} ${found.mtimeNs} ${found.ino}`;
}

/** The part of a pattern before its first wildcard: a folder, or the folder of a plain path. */
function fixedPrefix(pattern: string): string {
  const parts = pattern.split(/[\\/]/);
  const first = parts.findIndex((part) => /[*?]/.test(part));
  return first === -1 ? pattern : parts.slice(0, first).join("/") || (pattern.startsWith("/") ? "/" : ".");
}

function nearestExistingFolder(path: string): string {
  for (let folder = path; ; folder = dirname(folder))
    if (existsSync(folder) || dirname(folder) === folder) return folder;
}

type Watchers = Map<string, { readonly recursive: boolean; readonly watcher: FSWatcher }>;

/** Watches these folders (true: with all below) and no others. */
function syncWatchers(watchers: Watchers, folders: ReadonlyMap<string, boolean>, ring: () => void): void {
  for (const [folder, { recursive, watcher }] of watchers) {
    if (folders.get(folder) === recursive) continue;
    watcher.close();
    watchers.delete(folder);
  }
  for (const [folder, recursive] of folders) {
    if (watchers.has(folder)) continue;
    try {
      const watcher = watch(folder, { recursive }, ring);
      watcher.on("error", () => {
        watcher.close();
        watchers.delete(folder);
        ring();
      });
      watchers.set(folder, { recursive, watcher });
    } catch (cause) {
      throw new ModelError("SL3053", `'${folder}' cannot be watched: ${errorMessage(cause)}`, { folder }, { cause });
    }
  }
}

/** Remembers that something happened until somebody waits for it. */
class ChangeSignal {
  #rung = false;
  #waiting: (() => void) | undefined;

  readonly notify = (): void => {
    this.#rung = true;
    this.#waiting?.();
  };

  /** Waits for the next ring, or takes one that nobody has waited for. */
  async wait(signal: AbortSignal): Promise<void> {
    await this.waitFor(undefined, signal);
  }

  /** Whether it rings within `ms`. */
  async waitFor(ms: number | undefined, signal: AbortSignal): Promise<boolean> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#waiting = undefined;
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }

  /** Waits until it has not rung for a while. */
  async settle(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.waitFor(SETTLE_MS, signal)));
  }
}
