import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { ModelError } from "../../../dsl/errors.js";
import type { ModelConfig } from "../../config/schema.js";
import { systemErrorMessage } from "../../util/error-message.js";
import { fileDifferences } from "./file-differences.js";

/** A model's file. `bytes` are the bytes that were hashed. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** One `.onnx` file of a folder and its digest. */
interface FolderEntry {
  readonly file: string;
  readonly path: string;
  readonly sha256: string;
}

/** A digest is valid while the time and size of its file are unchanged. */
interface CachedDigest {
  readonly mtimeMs: number;
  readonly size: number;
  readonly sha256: string;
}

const digestCache = new Map<string, CachedDigest>();

/**
 * Finds the file of each model by its digest. File names do not matter.
 *
 * @param folder the folder of the `.onnx` files; subfolders are not searched
 * @returns by model name
 * @throws ModelError SL3020 no such folder, SL3021 no file with the digest, SL3022 the model's file has another digest,
 * SL3000 a file cannot be read
 */
export async function findModelFiles(folder: string, models: readonly ModelConfig[]): Promise<Map<string, ModelFile>> {
  const entries = await listModelFiles(folder);
  const found = new Map<string, ModelFile>();
  const bytesOf = new Map<string, ModelFile>();
  for (const model of models) {
    const file = bytesOf.get(model.sha256) ?? (await readMatching(folder, entries, model));
    bytesOf.set(model.sha256, file);
    found.set(model.name, file);
  }
  return found;
}

/**
 * Reads the files of models from their paths at deploy.
 *
 * @param paths by digest
 * @returns by model name
 * @throws ModelError SL3000 a file cannot be read, SL3021 no path for a model, SL3022 a file has another digest now
 */
export async function readModelFiles(
  paths: ReadonlyMap<string, string>,
  models: readonly ModelConfig[],
): Promise<Map<string, ModelFile>> {
  const found = new Map<string, ModelFile>();
  for (const model of models) {
    const path = paths.get(model.sha256);
    if (path === undefined)
      throw new ModelError(
        "SL3021",
        `model '${model.name}': the deployed version names no file for it; deploy the pipeline again`,
        { model: model.name },
      );
    found.set(model.name, await readVerified(path, path, model));
  }
  return found;
}

/**
 * The `.onnx` files of a folder with their digests, by name.
 *
 * @throws ModelError SL3020 no such folder, SL3000 a file cannot be read
 */
async function listModelFiles(folder: string): Promise<FolderEntry[]> {
  const path = resolve(folder);
  let names: string[];
  try {
    names = await readdir(path);
  } catch (cause) {
    throw new ModelError(
      "SL3020",
      `the models folder '${folder}' cannot be read (${systemErrorMessage(cause)}); give the folder that holds the .onnx files as the option 'models'`,
      { folder: path },
      { cause },
    );
  }
  const entries: FolderEntry[] = [];
  for (const file of names.filter((n) => n.toLowerCase().endsWith(".onnx")).sort()) {
    entries.push({ file, path: join(path, file), sha256: await digest(join(path, file)) });
  }
  return entries;
}

async function readMatching(folder: string, entries: readonly FolderEntry[], model: ModelConfig): Promise<ModelFile> {
  const entry = entries.find((e) => e.sha256 === model.sha256);
  if (entry === undefined) throw await notFound(folder, entries, model);
  return readVerified(entry.path, entry.file, model);
}

/** Hashes the bytes that are loaded, because the file may have changed since it was listed. */
async function readVerified(path: string, name: string, model: ModelConfig): Promise<ModelFile> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 === model.sha256) return { path, bytes };
  digestCache.delete(path);
  throw await otherDigest(model, path, name, sha256, bytes);
}

async function notFound(folder: string, entries: readonly FolderEntry[], model: ModelConfig): Promise<ModelError> {
  const namesake = entries.find((e) => comparableName(e.file.replace(/\.onnx$/i, "")) === comparableName(model.name));
  if (namesake !== undefined) return await otherDigest(model, namesake.path, namesake.file, namesake.sha256);
  const there =
    entries.length === 0
      ? "it holds no .onnx file"
      : `it holds ${entries
          .slice(0, 20)
          .map((e) => `${e.file} (${shortDigest(e.sha256)})`)
          .join(", ")}${entries.length > 20 ? `, and ${entries.length - 20} more` : ""}`;
  return new ModelError(
    "SL3021",
    `model '${model.name}': no file in '${folder}' has the digest ${shortDigest(model.sha256)}; ${there}`,
    {
      model: model.name,
      folder,
      expected: model.sha256,
    },
  );
}

/** The error names what changed: the file may have other ports, or only other weights. */
async function otherDigest(
  model: ModelConfig,
  path: string,
  file: string,
  sha256: string,
  read?: Uint8Array,
): Promise<ModelError> {
  const bytes = read ?? (await readFile(path).catch(() => undefined));
  const differences = bytes === undefined ? [] : await fileDifferences(model, sha256, bytes, path);
  const what = differences.length === 0 ? "" : ` (${differences.join("; ")})`;
  return new ModelError(
    "SL3022",
    `model '${model.name}': the config was built for the digest ${shortDigest(model.sha256)} but '${file}' is ${shortDigest(sha256)}${what}; put the right file there, or run 'shapeline generate' and build the pipeline again`,
    { model: model.name, file, expected: model.sha256, found: sha256, differences },
  );
}

async function digest(path: string): Promise<string> {
  try {
    const { mtimeMs, size } = await stat(path);
    const cached = digestCache.get(path);
    if (cached !== undefined && cached.mtimeMs === mtimeMs && cached.size === size) return cached.sha256;
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    const sha256 = hash.digest("hex");
    digestCache.set(path, { mtimeMs, size, sha256 });
    return sha256;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): ModelError {
  return new ModelError(
    "SL3000",
    `the model file '${path}' cannot be read (${systemErrorMessage(cause)}); put the file back, or deploy again with the folder that holds it`,
    { file: path },
    { cause },
  );
}

/** Makes `ccfraud-lstm` and `ccfraud_lstm` equal. */
function comparableName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

function shortDigest(sha256: string): string {
  return `${sha256.slice(0, 12)}…`;
}
