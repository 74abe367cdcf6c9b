import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";

/** Matches the names of pipeline files. */
export const pipelineFileName = /\.pipeline\.(ts|tsx|mts|js|mjs)$/;

/** Everything a compilation read, with a digest of its content; null if it did not exist. */
export interface Inputs {
  /** Files, by content. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Folders, by the names in them: a new file can change what an import resolves to. */
  readonly folders: Readonly<Record<string, string | null>>;
  /** Folder trees without packages, by the names of their pipeline files: a new one must be compiled. */
  readonly trees: Readonly<Record<string, string | null>>;
  /** Folder trees, by the content of all files: packages of the same workspace. */
  readonly contents: Readonly<Record<string, string | null>>;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | null>>;
}

const emptyInputs: Inputs = { files: {}, folders: {}, trees: {}, contents: {}, env: {} };

/** Files that compiling and deploying write. */
const isOutput = /\.pipeline\.json$|^\.shapeline$/;

/** Reads the content of each kind of input. */
const readers: { readonly [K in keyof Inputs]: (name: string) => string | Buffer | null } = {
  files: readFileOrNull,
  folders: (path) =>
    valueOrNull(() =>
      readdirSync(path)
        .filter((name) => !isOutput.test(name))
        .sort()
        .join("\0"),
    ),
  trees: (path) =>
    valueOrNull(() =>
      [...filesBelow(path)]
        .filter((name) => pipelineFileName.test(name))
        .sort()
        .join("\0"),
    ),
  contents: (path) =>
    valueOrNull(() =>
      [...filesBelow(path)]
        .sort()
        .map((file) => `${file}\0${digest(readFileOrNull(file) ?? "")}`)
        .join("\0"),
    ),
  env: (name) => process.env[name] ?? null,
};

/** The files of the project among recorded inputs that exist, and all files of linked packages; no installed ones. */
export function projectFiles({
  files,
  contents,
}: { readonly [K in "files" | "contents"]: Iterable<string> }): string[] {
  const linked = [...contents].flatMap((folder) => valueOrNull(() => [...filesBelow(folder)]) ?? []);
  const own = [...files].filter((path) => !path.split(sep).includes("node_modules") && isFile(path));
  return [...new Set([...own, ...linked])].sort();
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** The current digests of inputs. */
export function digestInputs(names: { readonly [K in keyof Inputs]: Iterable<string> }): Inputs {
  const all = Object.entries(readers).map(([kind, read]) => [
    kind,
    Object.fromEntries([...names[kind as keyof Inputs]].map((name) => [name, digestOrNull(read(name))])),
  ]);
  return { ...emptyInputs, ...(Object.fromEntries(all) as Partial<Inputs>) };
}

/** Whether every input still has the same content. */
export function inputsUnchanged(inputs: Inputs): boolean {
  return Object.entries(readers).every(([kind, read]) =>
    Object.entries(inputs[kind as keyof Inputs]).every(([name, recorded]) => digestOrNull(read(name)) === recorded),
  );
}

/** The limit of files in one folder tree. */
const maxFiles = 20_000;

/** All files below a folder, without packages and hidden folders. Follows symbolic links; visits each folder once. */
export function* filesBelow(folder: string): Generator<string> {
  const pending = [folder];
  const visited = new Set<string>();
  let count = 0;
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    const real = realpathSync(current);
    if (visited.has(real)) continue;
    visited.add(real);
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      const path = join(current, entry.name);
      if (
        entry.isDirectory() ||
        (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      ) {
        if (!entry.name.startsWith(".") && entry.name !== "node_modules") pending.push(path);
      } else {
        count += 1;
        if (count > maxFiles) throw new RangeError("too many files");
        yield path;
      }
    }
  }
}

function readFileOrNull(path: string): Buffer | null {
  return valueOrNull(() => readFileSync(path));
}

function valueOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

export const digest = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const digestOrNull = (data: string | Buffer | null): string | null => (data === null ? null : digest(data));
