import { createHash } from "node:crypto";
import { ModelError } from "../../../dsl/errors.js";
import { hashFile, withModelFile } from "../model-file.js";
import { errorMessage } from "../../../src/util/error-message.js";

/** Size limit of a description file in bytes. */
const defaultMaxBytes = 16 * 1024 * 1024;

/** Reads the text of a file that describes a model, and its SHA-256. */
export async function readDescription(
  file: string,
  maxBytes = defaultMaxBytes,
): Promise<{ readonly text: string; readonly sha256: string }> {
  return await withModelFile(file, async (handle, size) => {
    if (size > maxBytes) throw descriptionError(file, `it is larger than ${maxBytes / 2 ** 20} MB`);
    const bytes = Buffer.alloc(size);
    await handle.read(bytes, 0, size, 0);
    return { text: bytes.toString("utf8").replace(/^\ufeff/, ""), sha256: await hashFile(handle, size, file) };
  });
}

/** Parses a description as JSON. */
export function parseDescription(text: string, source: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw descriptionError(source, `it is not JSON: ${errorMessage(cause)}`);
  }
}

/** SHA-256 of a description that is not a file. */
export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** SL3054: a file or response that is not a valid description of a model. */
export function descriptionError(source: string, what: string): ModelError {
  return new ModelError("SL3054", `'${source}' does not describe a model: ${what}`, { source });
}
