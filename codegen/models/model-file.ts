import { errorMessage } from "../../src/util/error-message.js";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { ModelError } from "../../dsl/errors.js";

const CHUNK = 1024 * 1024;

/** Opens a model file for reading, hands it and its size to `use`, and closes it. Missing, unreadable and special files are SL3000. */
export async function withModelFile<T>(
  file: string,
  use: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const handle = await openRegularFile(file);
  try {
    const { size } = await handle.stat();
    if (size === 0) {
      throw new ModelError(
        "SL3010",
        `'${file}' is not an ONNX model: at byte 0 the file ends, it is empty. Export it or download it again.`,
        {
          file,
          offset: 0,
        },
      );
    }
    return await use(handle, size);
  } finally {
    await handle.close();
  }
}

async function openRegularFile(file: string): Promise<FileHandle> {
  try {
    // Opening a pipe waits for a writer, so what it is comes first.
    const found = await stat(file);
    if (found.isFile()) return await open(file, "r");
    throw new ModelError(
      "SL3000",
      found.isDirectory()
        ? `'${file}' is a folder, not a model file. Name the .onnx files inside it.`
        : `'${file}' is not a regular file. Name an .onnx file.`,
      { file },
    );
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError(
      "SL3000",
      `cannot read model file '${file}': ${openFailure(file, cause)}`,
      { file },
      { cause },
    );
  }
}

function openFailure(file: string, cause: unknown): string {
  switch (cause instanceof Error && "code" in cause ? cause.code : undefined) {
    case "ENOENT":
    case "ENOTDIR":
      return file.includes("\\") && existsSync(file.replaceAll("\\", "/"))
        ? `there is no such file, but there is '${file.replaceAll("\\", "/")}': write it with '/' here.`
        : "there is no such file. Check the path.";
    case "ELOOP":
      return "its symbolic links lead round in a circle. Give the path of the file itself.";
    case "EACCES":
    case "EPERM":
      return "this user may not read it. Check its permissions.";
    default:
      return `${errorMessage(cause)}. Check the path.`;
  }
}

/** SHA-256 of all `size` bytes, in constant memory. */
export async function hashFile(handle: FileHandle, size: number, file: string): Promise<string> {
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size));
  for (let at = 0; at < size;) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, size - at), at);
    if (bytesRead === 0) {
      throw new ModelError(
        "SL3011",
        `model file '${file}' is cut off: at byte ${at} the file ended while it was read. Try again when nothing writes to it.`,
        {
          file,
          offset: at,
        },
      );
    }
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest("hex");
}
