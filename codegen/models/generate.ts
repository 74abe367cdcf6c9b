import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ModelError, StorageError } from "../../dsl/errors.js";
import { systemReason } from "../../src/files/system-reason.js";
import { writeWhole } from "../../src/files/write-whole.js";
import { differencesOf } from "./differences.js";
import { expandModels } from "./glob.js";
import { readBack } from "./read-back.js";
import { readSignature } from "./read-signature.js";
import type { ModelSignature } from "./signature.js";
import { HEADER, writeModels } from "./writer.js";

export interface GenerateOptions {
  /** Model files, folders, or globs of `*`, `**` and `?`. */
  readonly models: readonly string[];
  /** The file to write; `models.gen.ts` when left out. */
  readonly out?: string;
  /** Write nothing; only say what is out of date. */
  readonly check?: boolean;
  /** What paths are relative to; the working directory when left out. */
  readonly cwd?: string;
  /** The module that the file imports `defineModel` from; `shapeline` when left out. */
  readonly importFrom?: string;
}

export interface GenerateResult {
  /** Absolute path of the generated file. */
  readonly out: string;
  /** In the order of their names. */
  readonly models: readonly ModelSignature[];
  readonly text: string;
  /** Whether the file was (or, with `check`, is) otherwise than `text`. */
  readonly changed: boolean;
  /** What changed, in words, one line each. */
  readonly differences: readonly string[];
}

/**
 * Writes the typed handles of model files: all of the file or, on any error, nothing. A file that is up to date is not touched.
 *
 * @throws ModelError SL3000 and SL3010 to SL3017 (a file that cannot be read or used, two of one name, no match, an output that somebody wrote by hand)
 * @throws StorageError SL7030 where the output cannot be read or written
 * @example
 * await generateModels({ models: ["models/*.onnx"], out: "src/models.gen.ts" });
 */
export async function generateModels(options: GenerateOptions): Promise<GenerateResult> {
  const cwd = resolve(options.cwd ?? ".");
  const out = resolve(cwd, options.out ?? "models.gen.ts");
  const models = await readAll(options.models, cwd);
  const text = writeModels(models, options.importFrom);
  const existing = await readExisting(out);
  // A checkout may have turned the line ends; that is no change.
  const changed = existing?.replaceAll("\r\n", "\n") !== text;
  const differences = changed ? await describeChange(out, existing, models) : [];
  if (changed && options.check !== true) {
    refuseHandWritten(out, existing);
    await writeWhole(out, text);
  }
  return { out, models, text, changed, differences };
}

async function readAll(patterns: readonly string[], cwd: string): Promise<readonly ModelSignature[]> {
  if (patterns.length === 0) throw new ModelError("SL3015", "no model files were named. Give paths, folders or globs, such as 'models/*.onnx'.");
  const byName = new Map<string, ModelSignature>();
  for (const file of await expandModels(patterns, cwd)) {
    const model = { ...(await readSignature(resolve(cwd, file))), file };
    const other = byName.get(model.name);
    if (other !== undefined) {
      throw new ModelError("SL3014", `'${other.file ?? ""}' and '${file}' would both be the model '${model.name}'. Rename one of the files.`, {
        name: model.name,
        files: [other.file, file],
      });
    }
    byName.set(model.name, model);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readExisting(out: string): Promise<string | undefined> {
  try {
    return await readFile(out, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR")) return undefined;
    throw new StorageError("SL7030", `'${out}' cannot be written: ${systemReason(cause)}; choose another place with --out`, { path: out }, { cause });
  }
}

function isGenerated(text: string): boolean {
  return text.trim() === "" || text.startsWith(HEADER.slice(0, HEADER.indexOf(" from")));
}

function refuseHandWritten(out: string, existing: string | undefined): void {
  if (existing === undefined || isGenerated(existing)) return;
  throw new ModelError("SL3017", `'${out}' was not written by \`shapeline generate\`, so it is left as it is. Move it away or choose another place with --out.`, {
    path: out,
  });
}

async function describeChange(out: string, existing: string | undefined, models: readonly ModelSignature[]): Promise<readonly string[]> {
  const file = basename(out);
  if (existing === undefined) return [`${file}: there is no such file yet`, ...differencesOf([], models)];
  if (!isGenerated(existing)) return [`${file}: it was not written by \`shapeline generate\``];
  const differences = differencesOf(await readBack(existing), models);
  return differences.length > 0 ? differences : [`${file}: the same models, but edited, formatted or written by another version`];
}
