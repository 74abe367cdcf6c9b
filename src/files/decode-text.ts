import { getHeapStatistics } from "node:v8";
import { InputError } from "../../dsl/errors.js";
import { bounds } from "../util/bounds.js";
import { formatBytes } from "./format-bytes.js";

const decoder = new TextDecoder("utf-8", { fatal: true });
/** The most heap that a byte of text becomes, as in `[[],[],…`. The heap's limit ends the process. */
const heapPerByte = 16;

/**
 * Checks that text can be read: its rows take several times its size in the heap.
 *
 * @throws InputError SL5033 if it is too long
 */
export function checkTextSize(bytes: Uint8Array, name: string): void {
  const limit = Math.min(bounds.fileText.limit, Math.floor(getHeapStatistics().heap_size_limit / heapPerByte));
  if (bytes.length <= limit) return;
  throw new InputError(
    "SL5033",
    `'${name}' holds ${formatBytes(bytes.length)} of text, the heap of this process allows ${formatBytes(limit)}; write Arrow or Parquet, send the rows in several files, or enlarge the heap, for example with NODE_OPTIONS=--max-old-space-size=16384`,
    { file: name, limit },
  );
}

/**
 * Decodes UTF-8 text, without its byte order mark.
 *
 * @throws InputError SL5030 for other bytes, SL5033 for more than can be read
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  checkTextSize(bytes, name);
  return decodePart(bytes, name);
}

/** Decodes a part of a file, such as a line. */
export function decodePart(bytes: Uint8Array, name: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new InputError(
      "SL5030",
      `'${name}' is not UTF-8 text; write it as UTF-8, for example with: iconv -f WINDOWS-1252 -t UTF-8`,
      { file: name },
      { cause },
    );
  }
}
