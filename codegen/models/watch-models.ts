import { existsSync, watch, type FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ModelError, ShapelineError } from "../../dsl/errors.js";
import { expandSources } from "./read-models.js";
import { isUrl } from "../../src/util/file-name.js";
import { errorMessage } from "../../src/util/error-message.js";

/** A burst of writes has ended after this long without an event. */
const settleMs = 150;
/** After this long without an event, an unreadable file counts as broken, not as partly written. */
const partialWriteMs = 2_000;
/** The errors that a partly written file can cause. */
const partialFileCodes: readonly string[] = ["SL3000", "SL3010", "SL3011", "SL3012"];

export interface WatchOptions<T> {
  /** Files to watch in any case, even if they do not exist yet: the settings. */
  readonly files: readonly string[];
  /** The current source patterns, the folder they are relative to, and the further sources of overrides. */
  readonly sources: () => Promise<{
    readonly models: readonly string[];
    readonly cwd: string;
    readonly furtherSources: readonly string[];
  }>;
  /** Runs once at the start, and once after each burst of writes that changed a source. */
  readonly run: () => Promise<T>;
  readonly onResult: (result: T) => void;
  /** Receives each `ShapelineError` of `run`; watching continues. Any other error ends it. */
  readonly onError: (error: ShapelineError) => void;
  /** Ends watching. */
  readonly signal: AbortSignal;
}

/** Runs `run` whenever the sources change, until the signal aborts. It uses file system events and never polls. */
export async function watchModels<T>(options: WatchOptions<T>): Promise<void> {
  const { signal } = options;
  const changes = new ChangeSignal();
  const watchers: Watchers = new Map();
  signal.addEventListener("abort", changes.notify, { once: true });
  try {
    for (let processed = ""; !signal.aborted; await changes.wait(signal)) {
      await changes.settle(signal);
      if (signal.aborted) return;
      const { folders, state } = await snapshot(options);
      syncWatchers(watchers, folders, changes.notify);
      if (state === processed) continue;
      const error = await runOnce(options);
      if (
        error !== undefined &&
        partialFileCodes.includes(error.code) &&
        (await changes.waitFor(partialWriteMs, signal))
      ) {
        changes.notify();
        continue;
      }
      processed = state;
      if (error !== undefined && !signal.aborted) options.onError(error);
    }
  } finally {
    signal.removeEventListener("abort", changes.notify);
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

/** The folders to watch, and the current state of each source: its path, size, time and inode. */
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
    const { models, cwd, furtherSources } = await sources();
    for (const file of furtherSources) if (!isUrl(file)) addFile(resolve(cwd, file));
    for (const pattern of models)
      if (!isUrl(pattern)) folders.set(nearestExistingFolder(resolve(cwd, fixedPrefix(pattern))), true);
    found.push(
      ...(await expandSources(models, cwd)).filter((source) => !isUrl(source)).map((file) => resolve(cwd, file)),
    );
  } catch (error) {
    // `run` reports the same error.
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

/** The part of a pattern before its first wildcard. */
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

/** Starts and stops watchers so that exactly these folders are watched (true: recursively). */
function syncWatchers(watchers: Watchers, folders: ReadonlyMap<string, boolean>, onChange: () => void): void {
  for (const [folder, { recursive, watcher }] of watchers) {
    if (folders.get(folder) === recursive) continue;
    watcher.close();
    watchers.delete(folder);
  }
  for (const [folder, recursive] of folders) {
    if (watchers.has(folder)) continue;
    try {
      const watcher = watch(folder, { recursive }, onChange);
      watcher.on("error", () => {
        watcher.close();
        watchers.delete(folder);
        onChange();
      });
      watchers.set(folder, { recursive, watcher });
    } catch (cause) {
      throw new ModelError("SL3053", `'${folder}' cannot be watched: ${errorMessage(cause)}`, { folder }, { cause });
    }
  }
}

/** Remembers a change until the next `wait`. */
class ChangeSignal {
  #changed = false;
  #resume: (() => void) | undefined;

  readonly notify = (): void => {
    this.#changed = true;
    this.#resume?.();
  };

  /** Waits for the next change; returns at once if one is pending. */
  async wait(signal: AbortSignal): Promise<void> {
    await this.waitFor(undefined, signal);
  }

  /** Whether a change happens within `ms` milliseconds. Consumes the change. */
  async waitFor(ms: number | undefined, signal: AbortSignal): Promise<boolean> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
        this.#resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#resume = undefined;
    }
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** Waits until no change happened for `settleMs`. */
  async settle(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.waitFor(settleMs, signal)));
  }
}
