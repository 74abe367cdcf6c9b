import { lstat, readdir, stat } from "node:fs/promises";
import { join, parse, resolve } from "node:path";
import { ModelError } from "../../dsl/errors.js";

/**
 * Expands paths, folders (their `.onnx` files) and globs of `*`, `**` and `?` to files. Each file appears once; the
 * files of one pattern are sorted. A plain path is returned unchanged, even if it does not exist: its reader reports
 * that.
 *
 * @throws ModelError SL3000 for a folder without permission to list it, SL3015 for a glob or folder without a match
 */
export async function expandPatterns(patterns: readonly string[], cwd: string): Promise<readonly string[]> {
  const found = new Map<string, string>();
  for (const pattern of patterns) {
    const files = await expand(pattern, cwd);
    if (files.length === 0) throw await noMatchError(pattern, cwd);
    for (const file of files) if (!found.has(resolve(cwd, file))) found.set(resolve(cwd, file), file);
  }
  return [...found.values()];
}

async function noMatchError(pattern: string, cwd: string): Promise<ModelError> {
  const isFolder = (await pathKind(resolve(cwd, pattern))) === "folder";
  const what = isFolder
    ? `the folder '${pattern}' contains no .onnx file. Name other files by their paths; for subfolders use a glob such as '**/*.onnx'.`
    : `'${pattern}' matches no model file in '${cwd}'. Check the path; a glob may contain *, ** and ?.`;
  return new ModelError("SL3015", what, { pattern, cwd });
}

async function expand(pattern: string, cwd: string): Promise<string[]> {
  const kind = await pathKind(resolve(cwd, pattern));
  // Braces and brackets are glob syntax in other tools, so such a missing path is reported as a glob without a match.
  if (kind === "file" || (kind === "none" && !/[*?{[]/.test(pattern))) return [pattern];
  const path = process.platform === "win32" ? pattern.replaceAll("\\", "/") : pattern;
  const { root } = parse(path);
  const parts = (kind === "folder" ? `${path}/*.onnx` : path).slice(root.length).split("/");
  const files = await walk(
    root,
    parts.filter((part) => part !== ""),
    cwd,
  );
  return [...new Set(files)].sort();
}

/** The paths below `base` that match the remaining parts, spelled as in the pattern. */
async function walk(base: string, parts: readonly string[], cwd: string): Promise<string[]> {
  const [part, ...rest] = parts;
  // A broken link is returned too, so that its reader reports it; skipping it would silently drop a model.
  if (part === undefined) return (await pathKind(resolve(cwd, base))) === "folder" ? [] : [base];
  if (part === "**") {
    const here = rest.length === 0 ? ["*"] : rest;
    const below = (await listFolder(resolve(cwd, base))).filter(
      (entry) => entry.isDirectory() && !isSkippedFolder(entry.name),
    );
    const deeper = await Promise.all(below.map((entry) => walk(join(base, entry.name), parts, cwd)));
    return [...(await walk(base, here, cwd)), ...deeper.flat()];
  }
  if (!/[*?]/.test(part))
    return (await exists(resolve(cwd, base, part))) ? await walk(join(base, part), rest, cwd) : [];
  const matches = compilePart(part);
  const names = (await listFolder(resolve(cwd, base))).map(({ name }) => name).filter(matches);
  return (await Promise.all(names.map((name) => walk(join(base, name), rest, cwd)))).flat();
}

function isSkippedFolder(folder: string): boolean {
  return folder.startsWith(".") || folder === "node_modules";
}

/**
 * `*` matches any text, `?` one character; neither matches a leading dot. Time is bounded by the product of both
 * lengths, so no pattern can hang.
 */
function compilePart(pattern: string): (name: string) => boolean {
  const characters = [...pattern.replace(/\*+/g, "*")];
  return (name) => {
    const nameChars = [...name];
    if (nameChars[0] === "." && characters[0] !== ".") return false;
    let reached = new Set([0]);
    for (const char of nameChars) {
      const next = new Set<number>();
      for (const at of withStars(reached, characters)) {
        if (characters[at] === "*") next.add(at);
        else if (characters[at] === "?" || characters[at] === char) next.add(at + 1);
      }
      reached = next;
    }
    return withStars(reached, characters).has(characters.length);
  };
}

/** A `*` may match nothing, so the position after it is reached too. */
function withStars(places: ReadonlySet<number>, characters: readonly string[]): Set<number> {
  const all = new Set(places);
  for (const at of all) if (characters[at] === "*") all.add(at + 1);
  return all;
}

async function listFolder(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "EACCES" || cause.code === "EPERM")) {
      throw new ModelError(
        "SL3000",
        `cannot read the folder '${folder}': this user has no permission to list it. Check its permissions.`,
        { folder },
        { cause },
      );
    }
    return [];
  }
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

async function pathKind(path: string): Promise<"file" | "folder" | "none"> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? "none" : found.isDirectory() ? "folder" : "file";
}
