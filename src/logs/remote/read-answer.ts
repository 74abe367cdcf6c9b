import { StorageError, type ErrorCode } from "../../../dsl/errors.js";
import { errorCodes } from "../../../dsl/messages/error-codes.js";
import { escapeUnsafe } from "../../util/escape-text.js";
import type { Answer, SentError } from "./answer-schemas.js";
import type { OwnerMethod } from "./owner-protocol.js";
import { unpackValue } from "./packed-value.js";

const maxMessage = 4000;
const maxDetails = 20;

/** Reads an answer and checks that it is one to this method; null if not. */
export async function readAnswer<Method extends OwnerMethod>(
  method: Method,
  bytes: Buffer,
): Promise<Answer<Method> | null> {
  const { parseAnswer } = await import("./answer-schemas.js");
  try {
    return parseAnswer(method, unpackValue(bytes));
  } catch {
    return null;
  }
}

/** An error of the owner as an error of this process: its text is shown as text, and its code is one of the log's. */
export function receivedError({ code, message, details }: SentError): StorageError {
  const known = /^SL7\d{3}$/.test(code) && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : "SL7010";
  const shownDetails = Object.entries(details)
    .slice(0, maxDetails)
    .map(([name, value]) => [shown(name), typeof value === "string" ? shown(value) : value] as const);
  return new StorageError(known, shown(message), Object.fromEntries(shownDetails));
}

function shown(text: string): string {
  return text.slice(0, maxMessage).split("\n").map(escapeUnsafe).join(" ");
}
