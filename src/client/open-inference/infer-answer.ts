import type { ErrorCode } from "../../../dsl/errors.js";
import { TargetError } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import { elementTypes } from "../../engine/input/elements.js";
import { countElements } from "../../engine/input/row-shape.js";
import { elementCount, type TensorData, type TensorElements } from "../../tensors/tensor-data.js";
import { bounds, exceeded } from "../../util/bounds.js";
import { describeValue } from "../../util/format-value.js";
import { joinNames } from "../../util/join-names.js";
import { isRecord } from "../../util/objects.js";
import { datatypeOf, dtypeOf } from "../../util/open-inference-datatypes.js";
import { jsonObjectLength, parseLosslessJson } from "./lossless-json.js";
import { oneLine } from "../http/one-line.js";
import { serverWords } from "../http/server-words.js";
import { fromBytes } from "./tensor-bytes.js";
import type { ServerAnswer } from "./transport.js";

/** An output that a request asked for, by its name on the server. */
export interface ExpectedOutput {
  readonly name: string;
  readonly dtype: DType;
  /** The validation that the server was asked to evaluate. */
  readonly validation?: string;
}

/** The part of the answer's JSON that is read. */
interface OutputEntry {
  readonly name: string;
  readonly datatype: unknown;
  readonly shape: unknown;
  readonly data: unknown;
  /** Where the tensor's bytes are; null: its elements are in `data`. */
  readonly bytes: Uint8Array | null;
}

/**
 * Reads the answer to an inference request, JSON or binary, and checks it.
 *
 * @param id the request's id
 * @returns the outputs in the order of `expected`, with the dimensions that the server gave them
 * @throws TargetError SL6055 for an answer that is not what the protocol says, SL6058 without the asked validations
 */
export function readInferAnswer(
  { bytes, header }: ServerAnswer,
  id: string,
  expected: readonly ExpectedOutput[],
  where: string,
): TensorData[] {
  const fail = (text: string, code: ErrorCode = "SL6055", cause?: unknown): never => {
    throw new TargetError(code, `${where}: ${text}`, {}, { cause });
  };
  const jsonLength = lengthOfJson(bytes, header, fail);
  const text = decodeText(bytes.subarray(0, jsonLength), fail);
  const tensors = bytes.subarray(jsonLength);
  let body = parseJson(text, fail);
  let entries = entriesOf(body, tensors, fail);
  if (hasRoundedIntegers(entries)) {
    body = parseLosslessJson(text);
    entries = entriesOf(body, tensors, fail);
  }
  const answeredId = isRecord(body) ? body["id"] : undefined;
  if (typeof answeredId === "string" && answeredId !== "" && answeredId !== id)
    fail(
      `the answer has the id '${oneLine(answeredId)}' and belongs to another request, not to '${id}'; check the proxies between`,
    );
  return expected.map((output) => {
    const entry = entries.find(({ name }) => name === output.name);
    return entry === undefined ? missing(output, entries, fail) : tensorOf(entry, output, fail);
  });
}

type Fail = (text: string, code?: ErrorCode, cause?: unknown) => never;

/** The length of the JSON: the whole answer, unless tensors follow as bytes. */
function lengthOfJson(bytes: Uint8Array, header: ServerAnswer["header"], fail: Fail): number {
  const stated = header("inference-header-content-length");
  if (stated !== null) {
    const length = /^\d{1,15}$/.test(stated) ? Number(stated) : -1;
    return length >= 0 && length <= bytes.length
      ? length
      : fail(
          `the header Inference-Header-Content-Length says ${oneLine(stated)}, and the answer has ${bytes.length} bytes; it was cut off, or a proxy changed it`,
        );
  }
  const isBinary = header("content-type")?.startsWith("application/octet-stream") === true;
  const length = isBinary ? jsonObjectLength(bytes) : bytes.length;
  return length >= 0 ? length : fail("the answer ends inside its JSON; it was cut off");
}

function decodeText(bytes: Uint8Array, fail: Fail): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    return cause instanceof TypeError
      ? fail("the answer is no UTF-8; check that the url is that of an Open Inference server", "SL6055", cause)
      : fail(
          `the answer of ${bytes.length} bytes is too long for one text; send fewer rows at a time, or use openInference({ encoding: "binary" })`,
          "SL6055",
          cause,
        );
  }
}

function parseJson(text: string, fail: Fail): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Servers may write NaN and infinities, which JSON has not.
    try {
      return parseLosslessJson(text);
    } catch (cause) {
      const what = /^\s*</.test(text)
        ? `is ${serverWords(text)}`
        : text.trim() === ""
          ? "is empty"
          : `is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
      return fail(
        `the answer ${what}; check that the url is that of an Open Inference server, and what is between`,
        "SL6055",
        cause,
      );
    }
  }
}

function entriesOf(body: unknown, tensors: Uint8Array, fail: Fail): readonly OutputEntry[] {
  if (!isRecord(body) || !Array.isArray(body["outputs"])) {
    const says =
      isRecord(body) && body["error"] !== undefined ? `; the server says: ${serverWords(JSON.stringify(body))}` : "";
    return fail(`the answer has no list 'outputs'${says}; check that the url is that of an Open Inference server`);
  }
  let at = 0;
  const entries = body["outputs"].map((output: unknown, index): OutputEntry => {
    if (!isRecord(output) || typeof output["name"] !== "string")
      return fail(`output ${index} of the answer has no name; the server does not follow the protocol`);
    const { name, datatype, shape, data, parameters } = output;
    const size = isRecord(parameters) ? parameters["binary_data_size"] : undefined;
    if (size === undefined) return { name, datatype, shape, data, bytes: null };
    if (!(Number.isSafeInteger(size) && (size as number) >= 0 && at + (size as number) <= tensors.length))
      return fail(
        `output '${oneLine(name)}' has ${describeValue(size)} as its size in bytes, with ${countBytes(tensors.length - at)} left; the answer was cut off`,
      );
    const from = at;
    at += size as number;
    return { name, datatype, shape, data, bytes: tensors.subarray(from, at) };
  });
  if (at !== tensors.length)
    fail(
      `${countBytes(tensors.length - at)} after the outputs of the answer; a proxy changed it, or the server does not follow the protocol`,
    );
  return entries;
}

/** Whether `JSON.parse` may have rounded 64-bit integers. */
function hasRoundedIntegers(entries: readonly OutputEntry[]): boolean {
  const isRounded = (value: unknown): boolean =>
    Array.isArray(value) ? value.some(isRounded) : typeof value === "number" && !Number.isSafeInteger(value);
  return entries.some(({ datatype, data }) => (datatype === "INT64" || datatype === "UINT64") && isRounded(data));
}

function missing({ name, validation }: ExpectedOutput, entries: readonly OutputEntry[], fail: Fail): never {
  const found = joinNames(entries.map((entry) => oneLine(entry.name)));
  if (validation !== undefined)
    return fail(
      `the answer has no '${name}', so that the server did not evaluate the validation '${validation}': only 'shapeline serve' does; connect a pipeline without validations, or the model handle. It has ${found}`,
      "SL6058",
    );
  return fail(`the answer has no output '${name}'; it has ${found}`);
}

function tensorOf(
  { name, datatype, shape, data, bytes }: OutputEntry,
  { dtype }: ExpectedOutput,
  fail: Fail,
): TensorData {
  const place = `output '${oneLine(name)}' of the answer`;
  if (dtypeOf(datatype) !== dtype)
    return fail(`${place} should be ${datatypeOf(dtype)} and is ${describeValue(datatype)}`);
  if (!isShape(shape)) return fail(`${place} has ${describeValue(shape)} as its shape, which must be a list of sizes`);
  if (shape.length > bounds.tensorRank.limit) return fail(`${place}: ${exceeded(bounds.tensorRank, shape.length)}`);
  const count = elementCount(shape);
  const read = bytes === null ? fromJson(dtype, data, shape, count) : fromBytes(dtype, bytes, count);
  if ("flaw" in read) return fail(`${place} ${read.flaw}`);
  return { dtype, dims: shape, data: read };
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

interface Flaw {
  readonly flaw: string;
}

/** The elements of `data`, flat or nested as the shape says. */
function fromJson(dtype: DType, data: unknown, shape: readonly number[], count: number): TensorElements | Flaw {
  if (!Array.isArray(data)) return { flaw: `has ${describeValue(data)} as its data, which must be a list` };
  const values: unknown[] = [];
  const isNested = Array.isArray(data[0]);
  const flaw = isNested ? flatten(data, shape, 0, values) : null;
  if (flaw !== null) return { flaw };
  const flat: readonly unknown[] = isNested ? values : data;
  if (flat.length !== count)
    return { flaw: `has ${countElements(flat.length)} where its shape [${shape.join(", ")}] needs ${count}` };
  if (dtype === "string") {
    const at = flat.findIndex((value) => typeof value !== "string");
    return at < 0 ? (flat as readonly string[]) : { flaw: wrongElement("a string", at, flat[at]) };
  }
  const { allocate, putAll, put, word } = elementTypes[dtype];
  const elements = allocate(count);
  if (putAll(elements, flat, 0, count)) return elements;
  for (let at = 0; at < count; at++) {
    if (put(elements, lenient(dtype, flat[at]), at)) continue;
    return { flaw: wrongElement(`a ${word} (${dtype})`, at, flat[at]) };
  }
  return elements;
}

function wrongElement(expected: string, at: number, value: unknown): string {
  const hint =
    value === null ? '; some servers write NaN and infinities so: use openInference({ encoding: "binary" })' : "";
  return `has ${describeValue(value)} at element ${at}, which is not ${expected}${hint}`;
}

/** Forms that servers use: 0 and 1 for booleans, and long whole numbers for floats. */
function lenient(dtype: DType, value: unknown): unknown {
  if (dtype === "bool") return value === 1 ? true : value === 0 ? false : value;
  return typeof value === "bigint" && dtype.startsWith("float") ? Number(value) : value;
}

/** Adds the elements of nested lists; why they do not have the shape, or null. */
function flatten(list: readonly unknown[], shape: readonly number[], axis: number, into: unknown[]): string | null {
  const size = shape[axis];
  if (size === undefined) return `is nested deeper than its shape [${shape.join(", ")}]`;
  if (list.length !== size) return `has a list of ${list.length} where its shape [${shape.join(", ")}] has ${size}`;
  for (const item of list) {
    if (axis === shape.length - 1) into.push(item);
    else if (!Array.isArray(item)) return `is nested less deeply than its shape [${shape.join(", ")}]`;
    else {
      const flaw = flatten(item, shape, axis + 1, into);
      if (flaw !== null) return flaw;
    }
  }
  return null;
}

function countBytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}
