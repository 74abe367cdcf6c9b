import { type Table, tableFromIPC } from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import { errorSummary } from "../../util/error-message.js";

/**
 * A request from the bytes of a file: an Arrow table (IPC file or stream), or what the JSON text holds. The content decides.
 *
 * @param name how messages call it
 * @throws InputError SL5030 when it is neither
 */
export function decodeRows(bytes: Uint8Array, name: string): unknown {
  const arrow = isArrow(bytes);
  try {
    return arrow ? readArrow(bytes) : (JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown);
  } catch (cause) {
    const what = arrow ? "whole Arrow IPC file" : "JSON array of records, and no Arrow IPC file either";
    const hint =
      !arrow && isJsonLines(bytes)
        ? "; it holds a JSON value a line: make one array of them, for example with: jq -s ."
        : "";
    throw new InputError("SL5030", `'${name}' is no ${what}: ${errorSummary(cause)}${hint}`, { file: name }, { cause });
  }
}

/** Whether the first line is a JSON object of its own. */
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

const fileMark = [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31];
const streamMark = [0xff, 0xff, 0xff, 0xff];
const holds = (bytes: Uint8Array, mark: readonly number[], at: number): boolean =>
  mark.every((byte, i) => bytes[at + i] === byte);

/** An Arrow file begins with its name, a stream with a continuation mark. */
function isArrow(bytes: Uint8Array): boolean {
  return holds(bytes, fileMark, 0) || holds(bytes, streamMark, 0);
}

/** The library takes a file that was cut for a shorter one: a whole one ends as it begins. */
function readArrow(bytes: Uint8Array): Table {
  if (holds(bytes, fileMark, 0) && !holds(bytes, fileMark, bytes.length - fileMark.length))
    throw new RangeError("its end is missing");
  return tableFromIPC(bytes);
}
