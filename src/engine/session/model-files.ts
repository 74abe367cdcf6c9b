import { createHash } from "node:crypto";
import { open, readdir, stat, type FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ModelError } from "../../../dsl/errors.js";
import type { ModelConfig } from "../../config/schema.js";
import { systemErrorMessage } from "../../util/error-message.js";
import { hashContent, modelDigest, type ModelDigest } from "../../util/onnx/model-digest.js";
import { readSelfContained, type SelfContainedModel } from "../../util/onnx/self-contained.js";
import { withoutUntakenPorts } from "../../util/onnx/without-untaken-ports.js";
import { fileDifferences } from "./file-differences.js";

/** What finding a model's file needs. */
export type WantedModel = Pick<ModelConfig, "name" | "sha256">;

/** A model's file. */
export interface ModelFile {
  readonly path: string;
  /** What the runtime opens: made of the bytes that were hashed, with the weights of data files inside. */
  readonly bytes: Uint8Array;
}

/** One `.onnx` file of a folder and its digest, or why it has none. */
interface FolderEntry {
  readonly file: string;
  readonly path: string;
  readonly sha256: string | ModelError;
}

/** A digest is valid while the times and sizes of its files are unchanged. */
interface CachedDigest {
  readonly state: string;
  readonly digest: ModelDigest;
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
export async function findModelFiles(folder: string, models: readonly WantedModel[]): Promise<Map<string, ModelFile>> {
  const names = await modelFileNames(folder);
  let entries: Promise<readonly FolderEntry[]> | undefined;
  const found = new Map<string, ModelFile>();
  const bytesOf = new Map<string, ModelFile>();
  for (const model of models) {
    const file =
      bytesOf.get(model.sha256) ??
      (await readNamesake(folder, names, model)) ??
      (await readMatching(folder, await (entries ??= hashFiles(folder, names)), model));
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
  models: readonly WantedModel[],
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
 * The names of a folder's `.onnx` files, in order.
 *
 * @throws ModelError SL3020 no such folder
 */
async function modelFileNames(folder: string): Promise<string[]> {
  const path = resolve(folder);
  try {
    return (await readdir(path)).filter((name) => name.toLowerCase().endsWith(".onnx")).sort();
  } catch (cause) {
    throw new ModelError(
      "SL3020",
      `the models folder '${folder}' cannot be read (${systemErrorMessage(cause)}); give the folder that holds the .onnx files with the option 'models' (--models)`,
      { folder: path },
      { cause },
    );
  }
}

/**
 * The file that has the model's name, if it has its digest too; else null. It spares hashing all files to find the one,
 * which is then read and hashed once more.
 */
async function readNamesake(folder: string, names: readonly string[], model: WantedModel): Promise<ModelFile | null> {
  const name = names.find((file) => isNamesake(file, model));
  if (name === undefined) return null;
  const path = join(resolve(folder), name);
  const read = await readSelfContained(path).catch(() => null);
  return read?.sha256 === model.sha256 ? { path, bytes: withoutUntakenPorts(read.bytes, path) } : null;
}

/**
 * The digests of a folder's files.
 *
 * @throws ModelError SL3000 a file cannot be read
 */
async function hashFiles(folder: string, names: readonly string[]): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = [];
  for (const file of names) {
    const path = join(resolve(folder), file);
    // A damaged file beside the pipeline's models is no reason to refuse them.
    const sha256 = await digest(path).catch((error: unknown) => {
      if (error instanceof ModelError && error.code !== "SL3000") return error;
      throw error;
    });
    entries.push({ file, path, sha256 });
  }
  return entries;
}

async function readMatching(folder: string, entries: readonly FolderEntry[], model: WantedModel): Promise<ModelFile> {
  const entry = entries.find((e) => e.sha256 === model.sha256);
  if (entry === undefined) throw await notFound(folder, entries, model);
  return readVerified(entry.path, entry.file, model);
}

/** Hashes the bytes that are loaded, because the file may have changed since it was listed. */
async function readVerified(path: string, name: string, model: WantedModel): Promise<ModelFile> {
  const read = await readSelfContained(path).catch(async (error: unknown) => {
    // Another file may have taken its place; that says more than what is wrong with it.
    if (isDamaged(error)) {
      digestCache.delete(path);
      const sha256 = await digest(path);
      if (sha256 !== model.sha256) throw otherDigest(model, path, name, sha256, null);
    }
    throw unreadable(path, error);
  });
  if (read.sha256 === model.sha256) return { path, bytes: withoutUntakenPorts(read.bytes, path) };
  digestCache.delete(path);
  throw otherDigest(model, path, name, read.sha256, read);
}

async function notFound(folder: string, entries: readonly FolderEntry[], model: WantedModel): Promise<ModelError> {
  const namesake = entries.find(({ file }) => isNamesake(file, model));
  if (namesake?.sha256 instanceof ModelError) return namesake.sha256;
  if (namesake !== undefined) {
    const read = await readSelfContained(namesake.path).catch(() => null);
    return otherDigest(model, namesake.path, namesake.file, read?.sha256 ?? namesake.sha256, read);
  }
  const there =
    entries.length === 0
      ? "it holds no .onnx file"
      : `it holds ${entries
          .slice(0, 20)
          .map((e) => `${e.file} (${e.sha256 instanceof ModelError ? "unreadable" : shortDigest(e.sha256)})`)
          .join(", ")}${entries.length > 20 ? `, and ${entries.length - 20} more` : ""}`;
  return new ModelError(
    "SL3021",
    `model '${model.name}': no file in '${folder}' has the digest ${shortDigest(model.sha256)}; ${there}; put the model's file there, or generate and compile again from the files that are there`,
    {
      model: model.name,
      folder,
      expected: model.sha256,
    },
  );
}

function isWholeModel(model: WantedModel | ModelConfig): model is ModelConfig {
  return "inputs" in model;
}

/** The error names what changed: the file may have other ports, or only other weights. */
function otherDigest(
  model: WantedModel,
  path: string,
  file: string,
  sha256: string,
  read: SelfContainedModel | null,
): ModelError {
  const differences = read === null || !isWholeModel(model) ? [] : fileDifferences(model, read.bytes, path);
  const what = differences.length === 0 ? "" : ` (${differences.join("; ")})`;
  return new ModelError(
    "SL3022",
    `model '${model.name}': the config was built for the digest ${shortDigest(model.sha256)} but '${file}' is ${shortDigest(sha256)}${what}; put the right file there, or run 'shapeline generate' and build the pipeline again`,
    { model: model.name, file, expected: model.sha256, found: sha256, differences },
  );
}

/** The digest of a model and its data files. */
async function digest(path: string): Promise<string> {
  const cached = digestCache.get(path);
  if (cached !== undefined && cached.state === (await stateOf([path, ...cached.digest.dataFiles])))
    return cached.digest.sha256;
  const handle = await openFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    const { size } = await handle.stat();
    // Fails for a folder, which can be opened.
    await handle.read(Buffer.alloc(1), 0, 1, 0);
    const found = await modelDigest(handle, size, path).catch(async (error: unknown) => {
      if (!isDamaged(error)) throw error;
      return await digestOfFile(handle, size, path);
    });
    const state = await stateOf([path, ...found.dataFiles]);
    if (state !== null) digestCache.set(path, { state, digest: found });
    return found.sha256;
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await handle.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  const found = await stat(path);
  // Opening a pipe waits for a writer.
  if (!found.isFile() && !found.isDirectory()) throw notRegular(path);
  return await open(path, "r");
}

/** A file that is no ONNX model has a digest, too. */
function isDamaged(error: unknown): boolean {
  return error instanceof ModelError && ["SL3010", "SL3011", "SL3012"].includes(error.code);
}

async function digestOfFile(handle: FileHandle, size: number, path: string): Promise<ModelDigest> {
  const hash = createHash("sha256");
  await hashContent(hash, handle, size, path);
  return { sha256: hash.digest("hex"), dataFiles: [] };
}

/** Times and sizes of files; null if one is gone. */
async function stateOf(paths: readonly string[]): Promise<string | null> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => null)));
  return found.includes(null) ? null : JSON.stringify(found.map((file) => [file?.mtimeMs, file?.size]));
}

function notRegular(path: string): ModelError {
  return new ModelError("SL3000", `'${path}' is not a regular file; remove it, or put the model's file there`, {
    file: path,
  });
}

function unreadable(path: string, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause;
  return new ModelError(
    "SL3000",
    `the model file '${path}' cannot be read (${systemErrorMessage(cause)}); put the file back, or deploy again with the folder that holds it`,
    { file: path },
    { cause },
  );
}

function isNamesake(file: string, { name }: WantedModel): boolean {
  return comparableName(file.replace(/\.onnx$/i, "")) === comparableName(name);
}

/** Makes `ccfraud-lstm` and `ccfraud_lstm` equal. */
function comparableName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

function shortDigest(sha256: string): string {
  return `${sha256.slice(0, 12)}…`;
}
