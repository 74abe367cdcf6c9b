import { readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ModelError, StorageError } from "../../../dsl/errors.js";
import { systemErrorMessage } from "../../../src/util/error-message.js";
import { writeFileAtomic } from "../../../src/util/write-file-atomic.js";
import { HEADER } from "./render-models.js";

/** A generated file: what it should say and what it says. */
export interface OutputFile {
  /** Absolute path. */
  readonly path: string;
  /** What it should say; undefined where it should go, because it is left over from an earlier run. */
  readonly text: string | undefined;
  readonly existing: string | undefined;
}

/** The folder of the files that `--split` writes: `models.gen` for `models.gen.ts`. */
export function splitFolder(out: string): string {
  return join(dirname(out), basename(out).replace(/\.[cm]?ts$/, ""));
}

/** The files of one run, with those that an earlier run left in the folder of split files. */
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

/** Whether a file is otherwise than it should be. A checkout may have turned the line ends; that is no change. */
export function isChanged({ text, existing }: OutputFile): boolean {
  return existing?.replaceAll("\r\n", "\n") !== text;
}

/**
 * Brings the files up to date, the last of `files` that stays last, and touches no other.
 *
 * @throws ModelError SL3017 where somebody wrote one by hand; nothing is written then
 */
export async function writeOutputs(files: readonly OutputFile[]): Promise<void> {
  const changed = files.filter(isChanged);
  for (const { path, existing } of changed) requireGenerated(path, existing);
  for (const { path, text } of changed) if (text !== undefined) await writeFileAtomic(path, text);
  for (const { path, text } of changed) if (text === undefined) await rm(path, { force: true });
}

/** Whether a text is what an earlier run may have written. */
export function isGenerated(text: string): boolean {
  return text.trim() === "" || text.startsWith(HEADER.slice(0, HEADER.indexOf(" from")));
}

function requireGenerated(out: string, existing: string | undefined): void {
  if (existing === undefined || isGenerated(existing)) return;
  throw new ModelError(
    "SL3017",
    `'${out}' was not written by \`shapeline generate\`, so it is left as it is. Move it away or choose another place with --out.`,
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
      `'${out}' cannot be written: ${systemErrorMessage(cause)}; choose another place with --out`,
      { path: out },
      { cause },
    );
  }
}
