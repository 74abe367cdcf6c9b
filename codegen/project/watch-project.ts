import { type Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { ShapelineError } from "../../dsl/errors.js";
import { fileState, nearestExistingFolder, type Watched, watchFiles } from "../watch/watch-files.js";
import { pipelineFileName } from "./cache/inputs.js";
import type { CompileResult } from "./compile-result.js";

export interface WatchProjectOptions<T extends CompileResult> {
  readonly cwd: string;
  /** The tsconfig. New files in its folder may be pipeline files, or what an import did not find. */
  readonly project: string;
  /** The pipeline files; if empty, those of the tsconfig. */
  readonly files: readonly string[];
  /** Compiles the project: once at the start, and after each burst of writes that changed an input. */
  readonly run: () => Promise<T>;
  readonly onResult: (result: T) => void;
  /** Receives each `ShapelineError` of `run`; watching continues. */
  readonly onError: (error: ShapelineError) => void;
  readonly signal: AbortSignal;
}

/**
 * Compiles a project whenever one of its inputs changes, until the signal aborts. While there are problems, any change
 * of source code in the project's folder counts.
 *
 * @throws ModelError SL3053 if a folder cannot be watched
 */
export async function watchProject<T extends CompileResult>(options: WatchProjectOptions<T>): Promise<void> {
  const project = resolve(options.cwd, options.project);
  let inputs: readonly string[] = [project, ...options.files.map((file) => resolve(options.cwd, file))];
  let isBroken = false;
  await watchFiles({
    ...options,
    run: async () => {
      isBroken = true;
      const result = await options.run();
      if (result.problems.length === 0) inputs = result.inputs;
      // A file that does not parse hides what it imports.
      else inputs = [...new Set([...inputs, ...result.inputs])];
      isBroken = result.problems.length > 0;
      return result;
    },
    watched: async (): Promise<Watched> => {
      const below = await sourceFolders(dirname(project));
      const folders = new Map(
        [...inputs.map((path) => nearestExistingFolder(dirname(path))), ...below.folders].map((path) => [path, false]),
      );
      const others = below.files.filter((path) => isBroken || pipelineFileName.test(path));
      const paths = [...new Set([...inputs, ...others])];
      return {
        folders,
        state: new Map(await Promise.all(paths.map(async (path) => [path, await fileState(path)] as const))),
      };
    },
  });
}

const sourceFile = /\.[cm]?[jt]sx?$/;
/** In larger projects only the folders of the inputs are watched. */
const maxFolders = 1_000;

/** The folders below a folder, without packages and hidden ones, and the source files in them. */
async function sourceFolders(
  top: string,
): Promise<{ readonly folders: readonly string[]; readonly files: readonly string[] }> {
  const folders = [nearestExistingFolder(top)];
  const files: string[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => [])) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
      else if (sourceFile.test(entry.name)) files.push(join(folder, entry.name));
    }
    if (folders.length > maxFolders) return { folders: [], files: [] };
  }
  return { folders, files };
}
