import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ConfigError, StorageError } from "../../../dsl/errors.js";
import { isSystemError, systemErrorMessage } from "../../util/error-message.js";
import { makeDirectory } from "../../util/files/make-directory.js";
import { writeFileAtomic } from "../../util/files/write-file-atomic.js";
import { joinNames } from "../../util/join-names.js";
import type { Layout } from "./layout.js";
import type { StartingModel } from "./starting-model.js";
import { packageJsonText, serviceText, settingsText, testText, tsconfigText } from "./templates.js";

export interface NewFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** The files that a project gets, in the order in which they are listed. */
export function projectFiles(folder: string, layout: Layout, model: StartingModel): readonly NewFile[] {
  const { source, models, extension, tsconfig, settings, rows, joined } = layout;
  const { pipeline, variable, test } = model;
  return [
    ...(joined ? [] : [{ path: "package.json", content: packageJsonText(packageName(folder), layout, pipeline) }]),
    { path: tsconfig, content: tsconfigText(layout) },
    { path: settings, content: settingsText(model.models, model.folder, layout) },
    ...model.files.map(({ name, data }) => ({ path: `${models}/${name}`, content: data })),
    { path: `${source}/${pipeline}.pipeline.${extension}`, content: model.source },
    { path: `${source}/serve.${extension}`, content: serviceText(layout, pipeline, variable, model.folder) },
    ...(test === null
      ? []
      : [{ path: `${source}/${pipeline}.test.${extension}`, content: testText(layout, pipeline, variable, test) }]),
    { path: rows, content: model.rows },
  ];
}

/** A name that npm accepts for the folder's package. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return name === "" || name === "node-modules" || name === "shapeline" ? "pipelines" : name;
}

/**
 * Writes the files of a project, and what git ignores.
 *
 * @returns the paths that were written
 * @throws StorageError SL7030; ConfigError SL4061
 */
export async function writeProject(folder: string, layout: Layout, files: readonly NewFile[]): Promise<string[]> {
  try {
    await makeDirectory(folder);
    const written = [...(await writeNewFiles(folder, files))];
    if (await addToGitignore(folder, layout)) written.push(".gitignore");
    return written;
  } catch (error) {
    const cause = error instanceof StorageError ? error.cause : error;
    if (!isSystemError(cause)) throw error;
    throw new StorageError(
      "SL7030",
      `the project's files cannot be written to '${folder}': ${systemErrorMessage(cause)}; name another folder: shapeline init <folder>`,
      { folder },
      { cause: error },
    );
  }
}

/**
 * Writes files of which none may replace a file of the user. Files with the same content are left as they are, so that
 * the command can be repeated.
 *
 * @returns the paths that were written
 * @throws ConfigError SL4061 if a file with other content is there; nothing is written then
 */
async function writeNewFiles(folder: string, files: readonly NewFile[]): Promise<readonly string[]> {
  const missing: NewFile[] = [];
  const inTheWay: string[] = [];
  for (const file of files) {
    const found = await contentOf(join(folder, file.path));
    if (found === null) missing.push(file);
    else if (!found.equals(Buffer.from(file.content as Uint8Array))) inTheWay.push(file.path);
  }
  if (inTheWay.length > 0)
    throw new ConfigError(
      "SL4061",
      `${joinNames(inTheWay)} in '${folder}' would be overwritten, so nothing was written: move ${inTheWay.length === 1 ? "it" : "them"} away, or name another folder: shapeline init <folder>`,
      { folder, files: inTheWay },
    );
  for (const { path, content } of missing) await writeFileAtomic(join(folder, path), content);
  return missing.map(({ path }) => path);
}

async function contentOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    // A folder of this name, or a file that cannot be read.
    return Buffer.from([0]);
  }
}

const ignored = [".shapeline/"];

/**
 * Adds what a project should not commit to its .gitignore, and leaves its other lines as they are.
 *
 * @returns whether something was added
 */
async function addToGitignore(folder: string, { joined }: Layout): Promise<boolean> {
  const path = join(folder, ".gitignore");
  const text = (await contentOf(path))?.toString("utf8") ?? "";
  const lines = new Set(text.split(/\r?\n/).map((line) => line.trim().replace(/^\/|\/$/g, "")));
  const missing = [...(joined ? [] : ["node_modules/"]), ...ignored].filter(
    (entry) => !lines.has(entry.replace(/\/$/, "")),
  );
  if (missing.length === 0) return false;
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const start = text === "" || text.endsWith("\n") ? text : `${text}${end}`;
  await writeFileAtomic(path, start + missing.map((entry) => entry + end).join(""));
  return true;
}
