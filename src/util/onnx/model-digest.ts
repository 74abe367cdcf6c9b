import { createHash, type Hash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { ModelError } from "../../../dsl/errors.js";
import { systemErrorMessage } from "../error-message.js";
import { externalLocations, namingTensors, requireParts } from "./external-data.js";
import { externalPath } from "./external-path.js";
import { ProtobufFile } from "./protobuf-wire.js";

const chunkBytes = 1024 * 1024;

/** A model's digest, and the files that it covers besides the model. */
export interface ModelDigest {
  /**
   * SHA-256 of the model's bytes, then of the bytes of its data files in the order in which the model names them first:
   * `cat model.onnx model.onnx.data | sha256sum`. Without data files it is the file's own digest.
   */
  readonly sha256: string;
  /** Real paths of the files with weights outside the model. */
  readonly dataFiles: readonly string[];
}

/**
 * The digest of an open model file and its data files.
 *
 * @param file the model's path; its data files are beside it
 * @throws ModelError SL3000 a file cannot be read, SL3011 or SL3012 it is cut off or damaged, SL3018 a data file is
 * missing or outside the model's folder
 */
export async function modelDigest(handle: FileHandle, size: number, file: string): Promise<ModelDigest> {
  const tensors = namingTensors(new ProtobufFile(handle.fd, size, file), file);
  const paths = await pathsByLocation(file, externalLocations(tensors));
  const parts = tensors.flatMap(({ data }) => data ?? []);
  const dataFiles = [...new Set(paths.values())];
  const hash = createHash("sha256");
  await hashContent(hash, handle, size, file);
  for (const path of dataFiles)
    await withDataFile(path, async (data, bytes) => {
      requireParts(
        file,
        parts.filter(({ location }) => paths.get(location) === path),
        bytes,
      );
      await hashContent(hash, data, bytes, path);
    });
  return { sha256: hash.digest("hex"), dataFiles };
}

/** The real paths of data files, by their locations, in the order of the locations. */
export async function pathsByLocation(file: string, locations: readonly string[]): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const location of locations) paths.set(location, await externalPath(file, location));
  return paths;
}

/** Opens a data file, passes the handle and the size in bytes to `use`, and closes it. */
export async function withDataFile<T>(path: string, use: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
  const handle = await open(path, "r").catch((cause: unknown) => {
    throw new ModelError(
      "SL3000",
      `cannot read '${path}', which holds weights of a model: ${systemErrorMessage(cause)}. Check its permissions.`,
      { file: path },
      { cause },
    );
  });
  try {
    return await use(handle, (await handle.stat()).size);
  } finally {
    await handle.close();
  }
}

/** Updates a hash with all `size` bytes of a file, in constant memory. */
export async function hashContent(hash: Hash, handle: FileHandle, size: number, file: string): Promise<void> {
  await readChunks(handle, size, file, (chunk) => void hash.update(chunk));
}

/**
 * Reads all `size` bytes of a file in chunks, in constant memory.
 *
 * @param use gets each chunk and its place in the file; the chunk's memory is used again
 * @throws ModelError SL3011 if the file ends earlier
 */
export async function readChunks(
  handle: FileHandle,
  size: number,
  file: string,
  use: (chunk: Uint8Array, at: number) => void,
): Promise<void> {
  const memory = Buffer.allocUnsafe(Math.min(chunkBytes, size));
  for (let at = 0; at < size;) {
    const { bytesRead } = await handle.read(memory, 0, Math.min(memory.length, size - at), at);
    if (bytesRead === 0) throw endedEarly(file, at);
    use(memory.subarray(0, bytesRead), at);
    at += bytesRead;
  }
}

/**
 * Reads a whole file into one buffer.
 *
 * @throws ModelError SL3011 if the file ends before `size` bytes
 */
export async function readWhole(handle: FileHandle, size: number, file: string): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < size;) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(size - at, 2 ** 30), at);
    if (bytesRead === 0) throw endedEarly(file, at);
    at += bytesRead;
  }
  return bytes;
}

function endedEarly(file: string, at: number): ModelError {
  return new ModelError(
    "SL3011",
    `model file '${file}' is cut off: at byte ${at} the file ended during reading. Try again when no process is writing to it.`,
    { file, offset: at },
  );
}
