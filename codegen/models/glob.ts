import { lstat, readdir, stat } from "node:fs/promises";
import { join, parse, resolve } from "node:path";
import { ModelError } from "../../dsl/errors.js";

/**
 * The files that `patterns` name: paths, folders (their `.onnx` files), and globs of `*`, `**` and `?`. No file twice; sorted per pattern.
 *
 * @throws ModelError SL3000 for a folder that may not be listed, SL3015 for a glob or folder without a match; a plain path is given back as it is, to be opened or refused by its reader
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
    ? `the folder '${pattern}' holds no .onnx file. Name other files themselves, and folders below it with a glob such as '**/*.onnx'.`
    : `'${pattern}' matches no model file in '${cwd}'. Check the path; a glob may hold *, ** and ?.`;
  return new ModelError("SL3015", what, { pattern, cwd });
}

async function expand(pattern: string, cwd: string): Promise<string[]> {
  const kind = await pathKind(resolve(cwd, pattern));
  // Braces and brackets are globs elsewhere; a path that is not there says no more than that.
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

/** Paths below `base` (as the pattern spells it) that match the remaining parts. */
async function walk(base: string, parts: readonly string[], cwd: string): Promise<string[]> {
  const [part, ...rest] = parts;
  // A link that leads nowhere is given back too: leaving it out in silence would leave out a model.
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

/** `*` is any text, `?` one character; neither takes a leading dot. Linear in both lengths, so no pattern can hang it. */
function compilePart(pattern: string): (name: string) => boolean {
  const want = [...pattern.replace(/\*+/g, "*")];
  return (name) => {
    const have = [...name];
    if (have[0] === "." && want[0] !== ".") return false;
    let reached = new Set([0]);
    for (const char of have) {
      const next = new Set<number>();
      for (const at of withStars(reached, want)) {
        if (want[at] === "*") next.add(at);
        else if (want[at] === "?" || want[at] === char) next.add(at + 1);
      }
      reached = next;
    }
    return withStars(reached, want).has(want.length);
  };
}

/** A `*` may stand for nothing, so the place after it is reached too. */
function withStars(places: ReadonlySet<number>, want: readonly string[]): Set<number> {
  const all = new Set(places);
  for (const at of all) if (want[at] === "*") all.add(at + 1);
  return all;
}

async function listFolder(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "EACCES" || cause.code === "EPERM")) {
      throw new ModelError(
        "SL3000",
        `cannot read the folder '${folder}': this user may not list it. Check its permissions.`,
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
