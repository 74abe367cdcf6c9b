import { readFileSync, statSync } from "node:fs";
import module, { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { Script } from "node:vm";
import type { ts as TS } from "ts-morph";
import { writeFileAtomic } from "../src/util/files/write-file-atomic.js";

/** The types of the TypeScript compiler: `node is TS.ArrowFunction`. */
export type { TS };

/** A script that ran without cached code, and the file its code is to be cached in. */
interface UncachedScript {
  readonly script: Script;
  readonly cacheFile: string;
}
let uncached: UncachedScript | null = null;

/** The TypeScript compiler. Importing this module loads it, so modules that may not need it import theirs lazily. */
export const ts: typeof TS = loadTypeScript();

/**
 * Loads the compiler that ts-morph contains, without the rest of ts-morph. More than half of the time goes into
 * compiling its 9 MB of JavaScript. Node caches compiled code itself where a program has turned that on; otherwise the
 * code is cached here, in the `node_modules` folder that contains ts-morph.
 */
function loadTypeScript(): typeof TS {
  const file = createRequire(createRequire(import.meta.url).resolve("ts-morph")).resolve(
    "@ts-morph/common/dist/typescript.js",
  );
  const { getCompileCacheDir } = module as { readonly getCompileCacheDir?: () => string | undefined };
  return getCompileCacheDir?.() === undefined ? runWithCache(file) : (createRequire(file)(file) as typeof TS);
}

/**
 * Writes the compiled code for later processes, if the script ran without a cache. Does nothing if the folder is
 * read-only.
 */
export async function saveCompiledCode(): Promise<void> {
  if (uncached === null) return;
  const { script, cacheFile } = uncached;
  uncached = null;
  await writeFileAtomic(cacheFile, script.createCachedData()).catch(() => undefined);
}

/** Runs a CommonJS file with its cached code, if there is any. V8 rejects code that another version of V8 compiled. */
export function runWithCache<T>(file: string): T {
  const { size, mtimeMs } = statSync(file);
  const cacheFile = join(
    file.slice(0, file.lastIndexOf(`${sep}node_modules${sep}`)),
    "node_modules",
    ".cache",
    "shapeline",
    `typescript-${process.version}-${process.arch}-${size}-${Math.round(mtimeMs)}.bin`,
  );
  const cachedData = readFileOrNull(cacheFile);
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "utf8")}\n})`;
  const script = new Script(wrapped, { filename: file, ...(cachedData !== null && { cachedData }) });
  if (cachedData === null || script.cachedDataRejected === true) uncached = { script, cacheFile };
  const loaded = { exports: {} };
  const run = script.runInThisContext() as (
    exports: object,
    require: NodeJS.Require,
    module: object,
    filename: string,
    dirname: string,
  ) => void;
  run(loaded.exports, createRequire(file), loaded, file, dirname(file));
  return loaded.exports as T;
}

function readFileOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
