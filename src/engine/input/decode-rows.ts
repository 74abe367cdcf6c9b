import { type Table, tableFromIPC } from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import { errorSummary } from "../../util/error-message.js";

/**
 * Decodes a request from the bytes of a file: an Arrow table (IPC file or stream) or the value of a JSON text. The
 * content decides which.
 *
 * @param name the file's name in messages
 * @throws InputError SL5030 if it is neither
 */
export function decodeRows(bytes: Uint8Array, name: string): unknown {
  const arrow = isArrow(bytes);
  try {
    return arrow ? readArrow(bytes) : (JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown);
  } catch (cause) {
    const problem = arrow
      ? "is not a complete Arrow IPC file"
      : "is neither a JSON array of records nor an Arrow IPC file";
    const hint =
      !arrow && isJsonLines(bytes)
        ? "; it holds one JSON value per line: make one array of them, for example with: jq -s ."
        : "";
    throw new InputError("SL5030", `'${name}' ${problem}: ${errorSummary(cause)}${hint}`, { file: name }, { cause });
  }
}

/** Whether the first line is a complete JSON object. */
function isJsonLines(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0x0a);
  try {
    return (
      end > 0 &&
      new TextDecoder().decode(bytes.subarray(0, end)).trimStart().startsWith("{") &&
      JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) !== null
    );
  } catch {
    return false;
  }
}

const fileMagic = [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31];
const streamMagic = [0xff, 0xff, 0xff, 0xff];
const hasBytes = (bytes: Uint8Array, expected: readonly number[], at: number): boolean =>
  expected.every((byte, i) => bytes[at + i] === byte);

/** An Arrow file starts with a magic string, a stream with a continuation marker. */
function isArrow(bytes: Uint8Array): boolean {
  return hasBytes(bytes, fileMagic, 0) || hasBytes(bytes, streamMagic, 0);
}

/**
 * apache-arrow accepts a truncated file as a shorter one. A complete file ends with the magic string that it starts
 * with.
 */
function readArrow(bytes: Uint8Array): Table {
  if (hasBytes(bytes, fileMagic, 0) && !hasBytes(bytes, fileMagic, bytes.length - fileMagic.length))
    throw new RangeError("its end is missing");
  return tableFromIPC(bytes);
}
