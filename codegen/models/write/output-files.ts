import { readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ModelError, StorageError } from "../../../dsl/errors.js";
import { systemErrorMessage } from "../../../src/util/error-message.js";
import { writeFileAtomic } from "../../../src/util/files/write-file-atomic.js";
import { generatedHeader } from "./render-models.js";

/** A generated file: its wanted and its current content. */
export interface OutputFile {
  /** Absolute path. */
  readonly path: string;
  /** The wanted content; undefined if the file is left over from an earlier run and must be deleted. */
  readonly text: string | undefined;
  /** The current content; undefined if the file does not exist. */
  readonly existing: string | undefined;
}

/** The folder for the files of `--split`: `models.gen` for `models.gen.ts`. */
export function splitFolder(out: string): string {
  return join(dirname(out), basename(out).replace(/\.[cm]?ts$/, ""));
}

/** The files of this run, and the files to delete that an earlier run with `--split` left. */
export async function planOutputs(out: string, texts: ReadonlyMap<string, string>): Promise<readonly OutputFile[]> {
  const wanted = await Promise.all(
    [...texts].map(async ([path, text]) => ({ path, text, existing: await readExisting(path) })),
  );
  const left = (await readdir(splitFolder(out)).catch(() => []))
    .map((name) => join(splitFolder(out), name))
    .filter((path) => path.endsWith(".ts") && !texts.has(path));
  const stale = await Promise.all(
    left.map(async (path) => ({ path, text: undefined, existing: await readExisting(path) })),
  );
  return [
    ...wanted,
    ...stale.filter(({ existing }) => existing !== undefined && existing.trim() !== "" && isGenerated(existing)),
  ];
}

/** Whether a file is out of date. Line ends are ignored, because a Git checkout may convert them. */
export function isChanged({ text, existing }: OutputFile): boolean {
  return existing?.replaceAll("\r\n", "\n") !== text;
}

/**
 * Writes the changed files in order, then deletes leftover ones.
 *
 * @throws ModelError SL3017 if one was written by hand; then nothing is written
 */
export async function writeOutputs(files: readonly OutputFile[]): Promise<void> {
  const changed = files.filter(isChanged);
  for (const { path, existing } of changed) requireGenerated(path, existing);
  for (const { path, text } of changed) if (text !== undefined) await writeFileAtomic(path, text);
  for (const { path, text } of changed) if (text === undefined) await rm(path, { force: true });
}

/** Whether a file may be overwritten: it is empty or was written by an earlier run. */
export function isGenerated(text: string): boolean {
  return text.trim() === "" || text.startsWith(generatedHeader.slice(0, generatedHeader.indexOf(" from")));
}

function requireGenerated(out: string, existing: string | undefined): void {
  if (existing === undefined || isGenerated(existing)) return;
  throw new ModelError(
    "SL3017",
    `'${out}' was not written by \`shapeline generate\`, so it is not overwritten. Move it or choose another path with --out.`,
    {
      path: out,
    },
  );
}

async function readExisting(out: string): Promise<string | undefined> {
  try {
    return await readFile(out, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return undefined;
    throw new StorageError(
      "SL7030",
      `'${out}' cannot be written: ${systemErrorMessage(cause)}; choose another path with --out`,
      { path: out },
      { cause },
    );
  }
}
