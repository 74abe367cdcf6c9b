import { InputError, ShapelineError } from "../../../dsl/errors.js";
import { errorSummary } from "../../util/error-message.js";
import type { WantedRows } from "../wanted-rows.js";
import { checkTextSize, decodePart, decodeText } from "../decode-text.js";
import { takenFormats } from "../file-format.js";
import { DamagedDataError } from "../packing/unpack-errors.js";
import type { ReadingPace } from "../reading-pace.js";
import { listParts } from "./list-parts.js";
import { parseJsonExact } from "../../util/json/parse-json-exact.js";
import { toRecords } from "./json-records.js";
import { type PickedRecords, pickInputs } from "./pick-inputs.js";

const lineFeed = 0x0a;
/** A longer list is parsed in parts, so that the event loop is free in between. */
const atOnce = 2 ** 22;
const partBytes = 2 ** 20;

/** The records of a JSON text, and whether it is one value or one value per line. */
export interface JsonRows extends PickedRecords {
  readonly format: "json" | "json lines";
}

/**
 * Reads JSON or JSON lines. The text decides which; where it can be both, `stated` does.
 *
 * @throws InputError SL5030 for text that is neither, SL5003, SL5004 and SL5034 for its members
 */
export async function readJson(
  bytes: Uint8Array,
  stated: "json" | "json lines",
  wanted: WantedRows,
  file: string,
): Promise<JsonRows> {
  const exact = wanted.inputs.some(({ dtype }) => dtype === "int64" || dtype === "uint64");
  const isList = firstByte(bytes) === "[".charCodeAt(0);
  const lines = stated === "json lines" ? !isList : !isList && hasManyObjects(bytes);
  if (lines) {
    const rows = await readLines(bytes, exact, wanted.pace, file);
    return { format: "json lines", ...(await pickInputs(rows, wanted, file)) };
  }
  let value: unknown;
  try {
    value =
      isList && bytes.length > atOnce
        ? await readList(bytes, exact, wanted.pace, file)
        : parseJsonExact(decodeText(bytes, file), exact);
  } catch (cause) {
    if (cause instanceof ShapelineError) throw cause;
    const hint = /NaN|Infinity/.test(String(cause)) ? `; JSON has no NaN: write "NaN" or null` : "";
    throw new InputError(
      "SL5030",
      `'${file}' is not complete JSON: ${errorSummary(cause)}${hint}; taken are ${takenFormats}`,
      { file },
      { cause },
    );
  }
  return { format: "json", ...(await pickInputs(toRecords(value, wanted.inputs), wanted, file)) };
}

function firstByte(bytes: Uint8Array): number | undefined {
  return bytes.find((byte) => byte > 0x20 && byte < 0x80);
}

/** Whether the first line is a complete JSON object and another line follows. */
function hasManyObjects(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(lineFeed);
  if (end < 0 || bytes.subarray(end).every((byte) => byte <= 0x20)) return false;
  try {
    const first: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
    return typeof first === "object" && first !== null;
  } catch {
    return false;
  }
}

/** The elements of a long list, parsed part by part. */
async function readList(bytes: Uint8Array, exact: boolean, pace: ReadingPace, file: string): Promise<unknown[]> {
  checkTextSize(bytes, file);
  const start = bytes.indexOf("[".charCodeAt(0));
  const before = decodePart(bytes.subarray(0, start), file).trim();
  if (before !== "")
    throw new DamagedDataError(`the text ${JSON.stringify(before.slice(0, 20))} stands before the list`);
  const values: unknown[] = [];
  for (const part of listParts(bytes, start, partBytes)) {
    await pace.rest();
    const found = parseJsonExact(`[${decodePart(part, file)}]`, exact) as readonly unknown[];
    for (const value of found) values.push(value);
  }
  return values;
}

async function readLines(bytes: Uint8Array, exact: boolean, pace: ReadingPace, file: string): Promise<unknown[]> {
  checkTextSize(bytes, file);
  const rows: unknown[] = [];
  for (let at = 0, line = 1; at < bytes.length; line++) {
    if (pace.isDue()) await pace.rest();
    const found = bytes.indexOf(lineFeed, at);
    const end = found < 0 ? bytes.length : found;
    const text = decodePart(bytes.subarray(at, end), file).trim();
    at = end + 1;
    if (text === "") continue;
    try {
      rows.push(parseJsonExact(text, exact));
    } catch (cause) {
      throw new InputError(
        "SL5030",
        `'${file}', line ${line}: this is not a complete JSON object: ${errorSummary(cause)}`,
        { file, line },
        { cause },
      );
    }
  }
  return rows;
}
