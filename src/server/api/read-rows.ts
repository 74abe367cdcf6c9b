import type { Table } from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import { arrowStream } from "../../api/routes.js";
import { isWrittenArray, readTypedArray } from "../../api/typed-arrays.js";
import { floatOf } from "../../api/value-types.js";
import { ReadingPace } from "../../files/reading-pace.js";
import { bounds } from "../../util/bounds.js";
import { errorSummary } from "../../util/error-message.js";
import { parseJsonExact } from "../../util/json/parse-json-exact.js";
import { isDictionary, isRecord, setOwnProperty } from "../../util/objects.js";
import { HttpError } from "../http/errors.js";

/** The name of a body in messages. */
export const bodyName = "the request's body";

/** The kind of a body. Parameters such as a charset are ignored: JSON is UTF-8. */
export function mediaType(header: string | undefined): string {
  return (header ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** @throws HttpError 415 for a body that is no JSON */
export function requireJson(header: string | undefined): void {
  if (mediaType(header) === "application/json") return;
  throw new HttpError(415, "send the body as JSON, with the header 'Content-Type: application/json'");
}

/**
 * Parses a JSON body. Whole numbers that a double would round become bigints.
 *
 * @throws InputError SL5030 for a body that is no JSON in UTF-8
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  try {
    return parseJsonExact(new TextDecoder("utf-8", { fatal: true }).decode(bytes), true);
  } catch (cause) {
    const hint = /NaN|Infinity/.test(String(cause)) ? '; write these numbers as the texts "NaN" and "Infinity"' : "";
    throw new InputError("SL5030", `${bodyName} is not complete JSON: ${errorSummary(cause)}${hint}`, {}, { cause });
  }
}

/** @throws InputError SL5030, SL5033 for a stream that is not complete or too large, SL5018, SL5001 */
export async function parseArrowBody(bytes: Uint8Array): Promise<Table> {
  const { readArrowTable } = await import("../../files/arrow/read-arrow.js");
  return readArrowTable(bytes, { maxBytes: bounds.fileBytes.limit, pace: new ReadingPace() }, bodyName);
}

/** Whether a body is an Arrow stream. */
export function isArrow(header: string | undefined): boolean {
  return mediaType(header) === arrowStream;
}

const floats: readonly string[] = ["float16", "float32", "float64"];
/** Levels of lists around a value: columns of rows of tensors. */
const maxDepth = bounds.tensorRank.limit + 2;

/**
 * Restores what JSON cannot say in the rows of a request: typed arrays, and NaN and infinities of float inputs. Other
 * values are left for the check of the request.
 *
 * @throws InputError SL5006 for a typed array that is written in a wrong way
 */
export function restoreRows(rows: unknown, inputs: readonly Port[]): unknown {
  const isFloat = new Map(inputs.map(({ name, dtype }) => [name, floats.includes(dtype)]));
  const restore = (record: unknown): unknown => {
    if (!isRecord(record)) return record;
    const restored: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(record))
      setOwnProperty(restored, name, restoreValue(name, value, isFloat.get(name) === true, 0));
    return restored;
  };
  return Array.isArray(rows) ? rows.map(restore) : restore(rows);
}

function restoreValue(input: string, value: unknown, isFloat: boolean, depth: number): unknown {
  if (Array.isArray(value)) {
    if (depth >= maxDepth) return value as unknown[];
    for (let i = 0; i < value.length; i++) {
      const element: unknown = value[i];
      // The most frequent element: it stays.
      if (typeof element !== "number") value[i] = restoreValue(input, element, isFloat, depth + 1);
    }
    return value as unknown[];
  }
  if (!isDictionary(value)) return isFloat ? floatOf(value) : value;
  if (isWrittenArray(value)) {
    const array = readTypedArray(value);
    if (array !== null) return array;
    throw new InputError(
      "SL5006",
      `input '${input}': a typed array is written as { "array": "Float32Array", "base64": … }, with the class and the base64 text of whole elements in little-endian order`,
      { input },
    );
  }
  return "data" in value && isWrittenArray(value.data)
    ? { ...value, data: restoreValue(input, value.data, isFloat, depth + 1) }
    : value;
}
