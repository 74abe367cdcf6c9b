import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { HttpError } from "../http/errors.js";
import { connectionSignal } from "../http/connection-signal.js";
import type { ServedModel } from "../models/served-model.js";
import { answerFrom } from "./answer-inference.js";
import { answerEncoding, packed } from "./body.js";
import { readRequest } from "./read-json-request.js";
import { writeAnswer } from "./write-answer.js";

/** The answer to an inference request. */
export interface HttpAnswer {
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string | Buffer;
}

const jsonText = ["content-type", "application/json; charset=utf-8"] as const;
const packedJson = ["content-type", "application/json"] as const;

/**
 * Answers an inference request to a model that was found for it.
 *
 * @param body unpacked
 * @throws HttpError 400 for a length header that does not fit the body, and as `answerFrom`
 */
export async function inferOverHttp(
  served: ServedModel,
  { headers, socket }: Pick<IncomingMessage, "headers" | "socket">,
  body: Buffer,
  timeoutMs: number,
): Promise<HttpAnswer> {
  const request = readRequest(body, jsonLength(headers, body.length), served.config.missing);
  const answer = await answerFrom(served, request, { timeoutMs, signal: connectionSignal(socket) });
  const { body: written, jsonLength: json } = writeAnswer(answer, request.isBinary);
  const encoding = answerEncoding(headers["accept-encoding"], written.length);
  if (json === null && encoding === null) return { headers: jsonText, body: written };
  const type =
    json === null
      ? packedJson
      : ["content-type", "application/octet-stream", "inference-header-content-length", String(json)];
  if (encoding === null) return { headers: type, body: written };
  return {
    headers: [...type, "content-encoding", encoding, "vary", "Accept-Encoding"],
    body: await packed(encoding, written),
  };
}

/** The bytes of the JSON before the tensors' bytes. */
function jsonLength(headers: IncomingHttpHeaders, bodyLength: number): number {
  const text = headers["inference-header-content-length"];
  if (text === undefined) return bodyLength;
  const length = typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (length <= bodyLength) return length;
  throw new HttpError(
    400,
    Number.isNaN(length)
      ? "the header Inference-Header-Content-Length is no number of bytes"
      : `the header Inference-Header-Content-Length is ${length}, and the body has ${bodyLength} bytes`,
  );
}
