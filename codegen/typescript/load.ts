import { readFileSync, statSync } from "node:fs";
import module, { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { Script } from "node:vm";
import type { ts } from "ts-morph";
import { writeFileAtomic } from "../../src/util/write-file-atomic.js";

type TypeScript = typeof ts;

/** A script that runs without its compiled code from before, and where that belongs. */
interface Uncached {
  readonly script: Script;
  readonly place: string;
}
let uncached: Uncached | null = null;

/**
 * The TypeScript compiler that ts-morph brings, without the rest of ts-morph. More than half of what it costs to load is compiling its 9 MB; newer Nodes keep
 * the compiled code of all modules, and for others it is kept here, below the `node_modules` that it comes from.
 */
export function loadTypeScript(): TypeScript {
  const file = createRequire(createRequire(import.meta.url).resolve("ts-morph")).resolve(
    "@ts-morph/common/dist/typescript.js",
  );
  return "enableCompileCache" in module ? (createRequire(file)(file) as TypeScript) : runWithCache(file);
}

/** Keeps the compiled code for the next process, where Node does not. Without a folder that can be written, nothing is kept. */
export async function keepCompiled(): Promise<void> {
  if (uncached === null) return;
  const { script, place } = uncached;
  uncached = null;
  await writeFileAtomic(place, script.createCachedData()).catch(() => undefined);
}

/** Runs a CommonJS file. V8 itself turns compiled code down that another version of it made. */
export function runWithCache<T>(file: string): T {
  const { size, mtimeMs } = statSync(file);
  const modules = file.slice(0, file.lastIndexOf(`${sep}node_modules${sep}`));
  const place = join(
    modules,
    "node_modules",
    ".cache",
    "shapeline",
    `typescript-${process.version}-${process.arch}-${size}-${Math.round(mtimeMs)}.bin`,
  );
  const cachedData = contentOf(place);
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "utf8")}\n})`;
  const script = new Script(wrapped, { filename: file, ...(cachedData !== null && { cachedData }) });
  if (cachedData === null || script.cachedDataRejected === true) uncached = { script, place };
  const loaded = { exports: {} };
  const run = script.runInThisContext() as (
    exports: object,
    require: NodeJS.Require,
    module: object,
    file: string,
    folder: string,
  ) => void;
  run(loaded.exports, createRequire(file), loaded, file, dirname(file));
  return loaded.exports as T;
}

function contentOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
