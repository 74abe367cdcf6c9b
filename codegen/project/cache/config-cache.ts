import { readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { ownPackage } from "../../../src/util/own-package.js";
import { writeFileAtomic } from "../../../src/util/write-file-atomic.js";
import { digest, type Inputs, inputsUnchanged } from "./inputs.js";

/** What a compilation gave, kept for the next one of the same options. */
export interface CachedConfig {
  readonly file: string;
  /** Where the config belongs, and its text. */
  readonly path: string;
  readonly text: string;
}

/** The options of a compilation, and with them where its results are kept. */
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

/** What was kept for these options, when every input is as it was; null in every other case. */
export function readCachedConfigs(key: CacheKey): readonly CachedConfig[] | null {
  try {
    const text = readFileSync(cacheFileOf(key), "utf8");
    const cut = text.indexOf("\n");
    const body = text.slice(cut + 1);
    // A file that is cut off or was edited is none.
    if (digest(body) !== text.slice(0, cut)) return null;
    const { inputs, configs } = JSON.parse(body) as CacheFile;
    return inputsUnchanged(inputs) ? configs : null;
  } catch {
    return null;
  }
}

/** Keeps results. A folder that cannot be written costs only the time of the next compilation. */
export async function writeCachedConfigs(
  key: CacheKey,
  inputs: Inputs,
  configs: readonly CachedConfig[],
): Promise<void> {
  const body = JSON.stringify({ inputs, configs } satisfies CacheFile);
  await writeFileAtomic(cacheFileOf(key), `${digest(body)}\n${body}`).catch(() => undefined);
}

function cacheFileOf(key: CacheKey): string {
  const name = digest(JSON.stringify([shapelineFingerprint(), process.version, process.execArgv, key])).slice(0, 32);
  return join(key.cwd, ".shapeline", "cache", `compile-${name}.json`);
}

/** Which Shapeline compiles: its version, and where it is under development, when it was built. */
function shapelineFingerprint(): string {
  const { version, root } = ownPackage();
  if (root === null || root.includes(`${sep}node_modules${sep}`)) return version;
  const built = ["dist/codegen/compiler.js", "dist/src/expression/compile.js", "dist/pipeline.schema.json"].map(
    (file) => statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return `${version} ${root} ${built.join(" ")}`;
}
