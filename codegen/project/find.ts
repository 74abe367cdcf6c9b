import { dirname, resolve } from "node:path";
import { ts } from "ts-morph";
import { ProjectError } from "./errors.js";

const pipelineFile = /\.pipeline\.(ts|tsx|mts|js|mjs)$/;

/**
 * The pipeline files of a project: every `*.pipeline.ts` (`.tsx`, `.mts`, `.js`, `.mjs`) that its tsconfig, or one that it refers to, takes in.
 *
 * @param project the tsconfig's path
 * @returns absolute paths, sorted
 * @throws ProjectError SL2901 when there is none, SL2902 when a tsconfig cannot be read
 * @example await findPipelineFiles("tsconfig.json")
 */
export function findPipelineFiles(project: string): string[] {
  const path = resolve(project);
  const files = new Set<string>();
  collect(path, files, new Set());
  if (files.size === 0)
    throw new ProjectError(
      "SL2901",
      `'${project}' takes in no pipeline file: name the files that export pipelines *.pipeline.ts, or name the files on the command line`,
      { project: path },
    );
  return [...files].sort();
}

function collect(tsconfig: string, files: Set<string>, seen: Set<string>): void {
  if (seen.has(tsconfig)) return;
  seen.add(tsconfig);
  const read = ts.readConfigFile(tsconfig, (path) => ts.sys.readFile(path));
  if (read.error !== undefined) throw unreadable(tsconfig, read.error);
  const parsed = ts.parseJsonConfigFileContent(read.config, ts.sys, dirname(tsconfig), undefined, tsconfig);
  // An empty project is no mistake here when it refers to others.
  const failed = parsed.errors.find((e) => e.category === ts.DiagnosticCategory.Error && !emptyProject.has(e.code));
  if (failed !== undefined) throw unreadable(tsconfig, failed);
  for (const file of parsed.fileNames) if (pipelineFile.test(file)) files.add(resolve(file));
  for (const reference of parsed.projectReferences ?? []) collect(resolve(ts.resolveProjectReferencePath(reference)), files, seen);
}

/** "The 'files' list is empty" and "No inputs were found". */
const emptyProject = new Set([18002, 18003]);

function unreadable(tsconfig: string, { messageText }: ts.Diagnostic): ProjectError {
  const said = ts.flattenDiagnosticMessageText(messageText, " ");
  return new ProjectError("SL2902", `the tsconfig '${tsconfig}' cannot be read: ${said}`, { project: tsconfig });
}
