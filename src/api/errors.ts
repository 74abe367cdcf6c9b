import {
  ConfigError,
  type ErrorCode,
  InputError,
  ModelError,
  PipelineError,
  type Problem,
  type ShapelineError,
  StorageError,
  TargetError,
} from "../../dsl/errors.js";
import { escapeUnsafe } from "../util/escape-text.js";
import { isRecord } from "../util/objects.js";

/** An error as the API answers it: `{ "error": WrittenError }`. */
export interface WrittenError {
  /** Of Shapeline's errors, or "http" for one of the transport: a missing token, a wrong method. */
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  /** Of a PipelineError. */
  readonly problems?: readonly Problem[];
}

/** What an error looks like in an answer. */
export function writeError(error: ShapelineError): WrittenError {
  const { code, message, details } = error;
  return { code, message, details, ...(error instanceof PipelineError && { problems: error.problems }) };
}

const classes: Readonly<
  Record<string, new (code: ErrorCode, message: string, details: Problem["details"]) => ShapelineError>
> = { SL3: ModelError, SL4: ConfigError, SL5: InputError, SL6: TargetError, SL7: StorageError };

/** The error of an answer, of the same class as on the server; null if the value is no error of Shapeline. */
export function readError(value: unknown): ShapelineError | null {
  if (!isRecord(value)) return null;
  const { code, details, problems } = value;
  if (typeof code !== "string" || typeof value["message"] !== "string" || !isErrorCode(code)) return null;
  const message = value["message"].split("\n").map(escapeUnsafe).join("\n");
  const given = isRecord(details) ? details : {};
  if (code.startsWith("SL1") || code.startsWith("SL2")) {
    const list = Array.isArray(problems) ? problems.filter(isProblem) : [];
    const pipeline = typeof given["pipeline"] === "string" ? given["pipeline"] : "";
    return new PipelineError(pipeline, list.length > 0 ? list : [{ code, message }]);
  }
  const Class = classes[code.slice(0, 3)];
  return Class === undefined ? null : new Class(code, message, given);
}

function isProblem(value: unknown): value is Problem {
  return (
    isRecord(value) &&
    typeof value["code"] === "string" &&
    isErrorCode(value["code"]) &&
    typeof value["message"] === "string"
  );
}

/** By its form: the table of all codes is larger than the rest of the client, and a newer server may have more. */
function isErrorCode(code: string): code is ErrorCode {
  return /^SL[1-7]\d{3}$/.test(code);
}
