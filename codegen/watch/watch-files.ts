import { existsSync, watch, type FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ModelError, ShapelineError } from "../../dsl/errors.js";
import { errorMessage } from "../../src/util/error-message.js";

/** A burst of writes has ended after this long without an event. */
const settleMs = 150;
/** After this long without an event, an unreadable file counts as broken, not as partly written. */
const partialWriteMs = 2_000;

/** What is watched at a moment. */
export interface Watched {
  /** The folders to watch; true: with all below them. */
  readonly folders: ReadonlyMap<string, boolean>;
  /** The state of each source, by its path. Work is done again when one differs. */
  readonly state: ReadonlyMap<string, string>;
}

export interface WatchFilesOptions<T> {
  /** Asked before and after each run, which may find further sources. */
  readonly watched: () => Promise<Watched>;
  /** Runs once at the start, and once after each burst of writes that changed a source. */
  readonly run: () => Promise<T>;
  readonly onResult: (result: T) => void;
  /** Receives each `ShapelineError` of `run`; watching continues. Any other error ends it. */
  readonly onError: (error: ShapelineError) => void;
  /** Whether a file that is only partly written may cause an error: it is then waited for. */
  readonly mayBePartial?: (error: ShapelineError) => boolean;
  /** Ends watching. */
  readonly signal: AbortSignal;
}

/**
 * Runs `run` whenever a source changes, until the signal aborts. It uses file system events and never polls.
 *
 * @throws ModelError SL3053 if a folder cannot be watched
 */
export async function watchFiles<T>(options: WatchFilesOptions<T>): Promise<void> {
  const { signal } = options;
  const changes = new ChangeSignal();
  const watchers: Watchers = new Map();
  signal.addEventListener("abort", changes.notify, { once: true });
  try {
    let processed: ReadonlyMap<string, string> | undefined;
    for (; !signal.aborted; await changes.wait(signal)) {
      await changes.settle(signal);
      if (signal.aborted) return;
      const before = await options.watched();
      syncWatchers(watchers, before.folders, changes.notify);
      if (processed !== undefined && sameState(processed, before.state)) continue;
      const startedAt = Date.now();
      const error = await runOnce(options);
      if (
        error !== undefined &&
        options.mayBePartial?.(error) === true &&
        (await changes.waitFor(partialWriteMs, signal))
      ) {
        changes.notify();
        continue;
      }
      const after = await options.watched();
      syncWatchers(watchers, after.folders, changes.notify);
      processed = await stateAtStart(before.state, after.state, startedAt);
      if (error !== undefined && !signal.aborted) options.onError(error);
    }
  } finally {
    signal.removeEventListener("abort", changes.notify);
    for (const { watcher } of watchers.values()) watcher.close();
  }
}

/**
 * The state that a run has seen. A source that changed or came to be during the run differs from it afterwards, so that
 * it is run again.
 */
async function stateAtStart(
  before: Watched["state"],
  after: Watched["state"],
  startedAt: number,
): Promise<Watched["state"]> {
  const seen = async (path: string, state: string) =>
    before.get(path) ?? ((await changedSince(path, startedAt)) ? "changed during the run" : state);
  return new Map(await Promise.all([...after].map(async ([path, state]) => [path, await seen(path, state)] as const)));
}

/** Times of files may be behind the clock by a tick of the kernel. */
const clockTickMs = 20;

async function changedSince(path: string, time: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.ctimeMs >= time - clockTickMs;
}

function sameState(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([path, state]) => b.get(path) === state);
}

async function runOnce<T>({ run, onResult }: WatchFilesOptions<T>): Promise<ShapelineError | undefined> {
  try {
    onResult(await run());
    return undefined;
  } catch (error) {
    if (error instanceof ShapelineError) return error;
    throw error;
  }
}

/** The state of a file: its size, time and inode. */
export async function fileState(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? "none" : `${found.size} ${found.mtimeNs} ${found.ino}`;
}

export function nearestExistingFolder(path: string): string {
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
