import { createHash, type Hash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { ModelError } from "../../../dsl/errors.js";
import { systemErrorMessage } from "../error-message.js";
import { externalLocations, externalPath } from "./external-data.js";
import { ProtobufFile } from "./protobuf-wire.js";

const chunkBytes = 1024 * 1024;

/** A model's digest, and the files that it covers besides the model. */
export interface ModelDigest {
  /**
   * SHA-256 of the model's bytes, then of the bytes of its data files in the order in which the model names them first:
   * `cat model.onnx model.onnx.data | sha256sum`. Without data files it is the file's own digest.
   */
  readonly sha256: string;
  /** Paths of the files with weights outside the model. */
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
  const dataFiles = await findDataFiles(handle.fd, size, file);
  const hash = createHash("sha256");
  await hashContent(hash, handle, size, file);
  await hashDataFiles(hash, dataFiles);
  return { sha256: hash.digest("hex"), dataFiles };
}

/** Like `modelDigest`, of the bytes of a model that was read from `file`. */
export async function digestOfBytes(bytes: Uint8Array, file: string): Promise<ModelDigest> {
  const dataFiles = await findDataFiles(bytes, bytes.length, file);
  const hash = createHash("sha256").update(bytes);
  await hashDataFiles(hash, dataFiles);
  return { sha256: hash.digest("hex"), dataFiles };
}

async function findDataFiles(source: number | Uint8Array, size: number, file: string): Promise<readonly string[]> {
  const locations = externalLocations(new ProtobufFile(source, size, file));
  const paths: string[] = [];
  for (const location of locations) paths.push(await externalPath(file, location));
  return [...new Set(paths)];
}

async function hashDataFiles(hash: Hash, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const handle = await open(path, "r").catch((cause: unknown) => {
      throw new ModelError(
        "SL3000",
        `cannot read '${path}', which holds weights of a model: ${systemErrorMessage(cause)}. Check its permissions.`,
        { file: path },
        { cause },
      );
    });
    try {
      const { size } = await handle.stat();
      await hashContent(hash, handle, size, path);
    } finally {
      await handle.close();
    }
  }
}

/** Updates a hash with all `size` bytes of a file, in constant memory. */
export async function hashContent(hash: Hash, handle: FileHandle, size: number, file: string): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size));
  for (let at = 0; at < size;) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, size - at), at);
    if (bytesRead === 0) {
      throw new ModelError(
        "SL3011",
        `model file '${file}' is cut off: at byte ${at} the file ended during reading. Try again when no process is writing to it.`,
        { file, offset: at },
      );
    }
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
}
