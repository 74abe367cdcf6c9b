import { readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { ownPackage } from "../../../src/util/own-package.js";
import { writeFileAtomic } from "../../../src/util/write-file-atomic.js";
import { digest, type Inputs, unchanged } from "./inputs.js";

/** What a compilation gave, kept for the next one of the same options. */
export interface Kept {
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
  readonly configs: readonly Kept[];
}

/** What was kept for these options, when every input is as it was; null in every other case. */
export function recall(key: CacheKey): readonly Kept[] | null {
  try {
    const text = readFileSync(pathOf(key), "utf8");
    const cut = text.indexOf("\n");
    const body = text.slice(cut + 1);
    // A file that is cut off or was edited is none.
    if (digest(body) !== text.slice(0, cut)) return null;
    const { inputs, configs } = JSON.parse(body) as CacheFile;
    return unchanged(inputs) ? configs : null;
  } catch {
    return null;
  }
}

/** Keeps results. A folder that cannot be written costs only the time of the next compilation. */
export async function keep(key: CacheKey, inputs: Inputs, configs: readonly Kept[]): Promise<void> {
  const body = JSON.stringify({ inputs, configs } satisfies CacheFile);
  await writeFileAtomic(pathOf(key), `${digest(body)}\n${body}`).catch(() => undefined);
}

function pathOf(key: CacheKey): string {
  const name = digest(JSON.stringify([fingerprint(), process.version, process.execArgv, key])).slice(0, 32);
  return join(key.cwd, ".shapeline", "cache", `compile-${name}.json`);
}

/** Which Shapeline compiles: its version, and where it is under development, when it was built. */
function fingerprint(): string {
  const { version, root } = ownPackage();
  if (root === null || root.includes(`${sep}node_modules${sep}`)) return version;
  const built = [
    "dist/codegen/compile/build-config.js",
    "dist/src/expression/compile.js",
    "dist/pipeline.schema.json",
  ].map((file) => statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return `${version} ${root} ${built.join(" ")}`;
}
