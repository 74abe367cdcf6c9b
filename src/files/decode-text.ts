import { InputError } from "../../dsl/errors.js";
import { formatBytes } from "./format-bytes.js";

const decoder = new TextDecoder("utf-8", { fatal: true });
/** The longest text that all supported releases of Node hold in one string. */
const maxText = 2 ** 29 - 24;

/**
 * Decodes UTF-8 text, without its byte order mark.
 *
 * @param format the words for the file's format
 * @throws InputError SL5030 for other bytes, SL5033 for more than a string can hold
 */
export function decodeText(bytes: Uint8Array, name: string, format: string): string {
  if (bytes.length > maxText) {
    throw new InputError(
      "SL5033",
      `'${name}' holds ${formatBytes(bytes.length)} of ${format}, more than ${formatBytes(maxText)}; write JSON lines, Arrow or Parquet, which have no such limit`,
      { file: name },
    );
  }
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
