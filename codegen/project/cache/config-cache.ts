import { readFileSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { ownPackage } from "../../../src/util/own-package.js";
import { ignoreInGit } from "../../../src/util/files/make-directory.js";
import { writeFileAtomic } from "../../../src/util/files/write-file-atomic.js";
import { digest, type Inputs, inputsUnchanged } from "./inputs.js";

/** A compiled config, cached for the next compilation with the same options. */
export interface CachedConfig {
  readonly file: string;
  /** The file the config belongs in. */
  readonly path: string;
  readonly text: string;
}

/** The options of a compilation. Each combination has its own cache file. */
export interface CacheKey {
  readonly cwd: string;
  readonly project: string;
  readonly files: readonly string[];
  readonly out: string | null;
}

interface CacheFile {
  readonly inputs: Inputs;
  readonly configs: readonly CachedConfig[];
}

/** The cached configs for these options, with their inputs; null if there are none or an input has changed. */
export function readCachedConfigs(key: CacheKey): CacheFile | null {
  try {
    const text = readFileSync(cacheFileOf(key), "utf8");
    const newline = text.indexOf("\n");
    const body = text.slice(newline + 1);
    // Ignore a file that is truncated or was edited.
    if (digest(body) !== text.slice(0, newline)) return null;
    const cached = JSON.parse(body) as CacheFile;
    return inputsUnchanged(cached.inputs) ? cached : null;
  } catch {
    return null;
  }
}

/** Writes the cache file. If the folder is read-only, the next compilation just takes longer. */
export async function writeCachedConfigs(
  key: CacheKey,
  inputs: Inputs,
  configs: readonly CachedConfig[],
): Promise<void> {
  const body = JSON.stringify({ inputs, configs } satisfies CacheFile);
  const file = cacheFileOf(key);
  await writeFileAtomic(file, `${digest(body)}\n${body}`).catch(() => undefined);
  await ignoreInGit(dirname(dirname(file)));
}

function cacheFileOf(key: CacheKey): string {
  const name = digest(JSON.stringify([shapelineFingerprint(), process.version, process.execArgv, key])).slice(0, 32);
  return join(key.cwd, ".shapeline", "cache", `compile-${name}.json`);
}

/** Identifies the installed Shapeline: its version, and in a development checkout also its build times. */
function shapelineFingerprint(): string {
  const { version, root } = ownPackage();
  if (root === null || root.includes(`${sep}node_modules${sep}`)) return version;
  const buildTimes = ["dist/codegen.js", "dist/src/expression/compile.js", "dist/pipeline.schema.json"].map(
    (file) => statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return `${version} ${root} ${buildTimes.join(" ")}`;
}
