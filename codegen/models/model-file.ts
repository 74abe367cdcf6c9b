import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { ModelError } from "../../dsl/errors.js";
import { errorMessage } from "../../src/util/error-message.js";
import { hashContent } from "../../src/util/onnx/model-digest.js";

/**
 * Opens a model file, passes the handle and the size in bytes to `use`, and closes it.
 *
 * @throws ModelError SL3000 for a missing, unreadable or special file, SL3010 for an empty one
 */
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
        `'${file}' is not an ONNX model: at byte 0 the file ends; it is empty. Export it or download it again.`,
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
    // Opening a pipe blocks until it has a writer, so check the file type first.
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
        ? `there is no such file, but '${file.replaceAll("\\", "/")}' exists. Write the path with '/'.`
        : "there is no such file. Check the path.";
    case "ELOOP":
      return "its symbolic links form a loop. Give the path of the file itself.";
    case "EACCES":
    case "EPERM":
      return "this user has no permission to read it. Check its permissions.";
    default:
      return `${errorMessage(cause)}. Check the path.`;
  }
}

/** SHA-256 of all `size` bytes, in constant memory. */
export async function hashFile(handle: FileHandle, size: number, file: string): Promise<string> {
  const hash = createHash("sha256");
  await hashContent(hash, handle, size, file);
  return hash.digest("hex");
}
