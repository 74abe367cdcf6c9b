import { dirname, resolve } from "node:path";
import { ShapelineError } from "../../dsl/errors.js";
import { expandSources } from "./read-models.js";
import { isUrl } from "../../src/util/file-name.js";
import { fileState, nearestExistingFolder, type Watched, watchFiles } from "../watch/watch-files.js";

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

/** Runs `run` whenever the sources change, until the signal aborts. */
export async function watchModels<T>(options: WatchOptions<T>): Promise<void> {
  await watchFiles({
    ...options,
    watched: () => watchedSources(options),
    mayBePartial: ({ code }) => partialFileCodes.includes(code),
  });
}

async function watchedSources<T>({ files, sources }: WatchOptions<T>): Promise<Watched> {
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
  return {
    folders,
    state: new Map(await Promise.all(found.map(async (file) => [file, await fileState(file)] as const))),
  };
}

/** The part of a pattern before its first wildcard. */
function fixedPrefix(pattern: string): string {
  const parts = pattern.split(/[\\/]/);
  const first = parts.findIndex((part) => /[*?]/.test(part));
  return first === -1 ? pattern : parts.slice(0, first).join("/") || (pattern.startsWith("/") ? "/" : ".");
}
