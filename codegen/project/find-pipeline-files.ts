import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { ts, type TS } from "../typescript.js";
import { ProjectError } from "./errors.js";
import { filesBelow, pipelineFileName } from "./cache/inputs.js";

/** Observes what is read to find pipeline files. `InputRecorder` is one. */
export interface InputObserver {
  file(path: string): void;
  tree(path: string): void;
  /** Called if an import may resolve to another file without any recorded input changing. */
  markUncacheable(): void;
}

const noObserver: InputObserver = { file: () => undefined, tree: () => undefined, markUncacheable: () => undefined };

/** Reports the files that a project's options come from. For compilations of explicitly named files. */
export function recordProjectOptions(project: string, observer: InputObserver): void {
  try {
    collect(resolve(project), new Set(), new Set(), observer);
  } catch (error) {
    // A broken tsconfig is reported by the code that uses its options.
    if (!(error instanceof ProjectError)) throw error;
  }
}

/**
 * The pipeline files of a project: every `*.pipeline.ts` (`.tsx`, `.mts`, `.js`, `.mjs`) that its tsconfig or a
 * referenced tsconfig includes; without a `tsconfig.json`, all below its folder.
 *
 * @param project the tsconfig's path
 * @returns absolute paths, sorted
 * @throws ProjectError SL2901 if there is none, SL2902 if a tsconfig cannot be read
 * @example await findPipelineFiles("tsconfig.json")
 */
export function findPipelineFiles(project: string, observer: InputObserver = noObserver): string[] {
  const path = resolve(project);
  const files = new Set<string>();
  observer.file(path);
  const folder = dirname(path);
  if (basename(path) === "tsconfig.json" && !existsSync(path) && existsSync(folder))
    return filesWithoutProject(folder, observer);
  collect(path, files, new Set(), observer);
  if (files.size === 0)
    throw new ProjectError(
      "SL2901",
      `'${project}' includes no pipeline file: name the files that export pipelines *.pipeline.ts (or .js, with allowJs), or pass the files on the command line`,
      { project: path },
    );
  return [...files].sort();
}

/** A project of JavaScript alone has no tsconfig: all pipeline files below its folder are its own. */
function filesWithoutProject(folder: string, observer: InputObserver): string[] {
  observer.tree(folder);
  const files = [...filesBelow(folder)].filter((file) => pipelineFileName.test(file));
  if (files.length === 0)
    throw new ProjectError(
      "SL2901",
      `'${folder}' holds neither a tsconfig.json nor a file named *.pipeline.ts or *.pipeline.js; pass the files on the command line, or the tsconfig with --project`,
      { project: folder },
    );
  return files.sort();
}

function collect(tsconfig: string, files: Set<string>, seen: Set<string>, observer: InputObserver): void {
  if (seen.has(tsconfig)) return;
  seen.add(tsconfig);
  const host: TS.ParseConfigHost = {
    useCaseSensitiveFileNames: ts.sys.useCaseSensitiveFileNames,
    readDirectory: (...args) => ts.sys.readDirectory(...args),
    readFile: (path) => (observer.file(path), ts.sys.readFile(path)),
    fileExists: (path) => (observer.file(path), ts.sys.fileExists(path)),
  };
  const read = ts.readConfigFile(tsconfig, (path) => host.readFile(path));
  if (read.error !== undefined) throw unreadableTsconfig(tsconfig, read.error);
  const parsed = ts.parseJsonConfigFileContent(read.config, host, dirname(tsconfig), undefined, tsconfig);
  // A project without files is valid if it references others.
  const failed = parsed.errors.find(
    (e) => e.category === ts.DiagnosticCategory.Error && !emptyProjectCodes.has(e.code),
  );
  if (failed !== undefined) throw unreadableTsconfig(tsconfig, failed);
  const { baseUrl, paths, rootDirs } = parsed.options;
  if (
    baseUrl !== undefined ||
    rootDirs !== undefined ||
    Object.entries(paths ?? {}).some(([name, places]) => name === "*" || places.length > 1)
  )
    observer.markUncacheable();
  for (const folder of Object.keys(parsed.wildcardDirectories ?? {})) observer.tree(folder);
  for (const file of parsed.fileNames) if (pipelineFileName.test(file)) files.add(resolve(file));
  for (const reference of parsed.projectReferences ?? [])
    collect(resolve(ts.resolveProjectReferencePath(reference)), files, seen, observer);
}

/** "The 'files' list is empty" and "No inputs were found". */
const emptyProjectCodes = new Set([18002, 18003]);

function unreadableTsconfig(tsconfig: string, { messageText }: TS.Diagnostic): ProjectError {
  const reason = ts.flattenDiagnosticMessageText(messageText, " ");
  return new ProjectError("SL2902", `the tsconfig '${tsconfig}' cannot be read: ${reason}`, { project: tsconfig });
}
