import { lambdaMethodName } from "../lambda/lambda-methods.js";
import { isHelperFile, type ResolvedOptions } from "./options.js";

/** The files that can contain lambdas, by their names. */
export const sourceFile = /\.(?:[cm]?[jt]sx?|vue|svelte)(?:$|\?)/;

/** Packages are built by their authors. */
export const packageFile = /[\\/]node_modules[\\/]/;

/**
 * The text that every file with a pipeline contains: an import of a module that exports `pipeline`, or of a
 * `*.pipeline` file.
 */
export function importOfPipeline({
  moduleNames,
  moduleFiles,
}: Pick<ResolvedOptions, "moduleNames" | "moduleFiles">): RegExp {
  const names = moduleNames.map(escaped);
  const files = moduleFiles.map((stem) => escaped(stem.slice(stem.lastIndexOf("/") + 1)));
  // A file of this folder may also be imported as `.` or `./index.js`, whatever the folder's name.
  const paths = files.length === 0 ? [] : [`[^"'\`\\n]*(?:${files.join("|")}|/index|/|\\.)(?:\\.[cm]?[jt]sx?)?`];
  const all = [...names, ...paths, "[^\"'`\\n]*\\.pipeline(?:\\.[cm]?[jt]sx?)?"];
  return new RegExp(`["'\`](?:${all.join("|")})["'\`]`);
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Whether a file may pass a lambda to a pipeline, or has functions that other files' lambdas call. */
export function createPrefilter(options: ResolvedOptions): (code: string, path: string) => boolean {
  const imports = importOfPipeline(options);
  return (code, path) => (lambdaMethodName.test(code) && imports.test(code)) || isHelperFile(path, options);
}
