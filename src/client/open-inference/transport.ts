import { TargetError } from "../../../dsl/errors.js";
import { type Bound, exceeded } from "../../util/quantities/bound.js";
import type { CallDeadline } from "../http/call-deadline.js";
import type { Connection } from "../http/connection-options.js";
import type { BodyReader, FetchResponse } from "../http/fetch.js";
import { joinParts, reasonOf, sendRequest } from "../http/send-request.js";
import { httpError } from "./server-errors.js";

/** A server of the protocol. */
export interface Server extends Connection {
  readonly maxAnswerBytes: number | undefined;
}

/** One request to a server. */
export interface ServerRequest {
  /** The start of every message: `model 'ccfraud' on http://localhost:8080`. */
  readonly where: string;
  /** The path after the server's URL: `/v2/models/ccfraud`. */
  readonly path: string;
  /** Absent: a GET. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The largest answer. */
  readonly bound: Bound;
  readonly deadline: CallDeadline;
}

export interface ServerAnswer {
  readonly bytes: Uint8Array;
  readonly header: (name: string) => string | null;
}

/** How much of an error's body is read. */
const maxErrorBytes = 64 * 1024;

/**
 * Sends one request and reads its answer.
 *
 * @throws TargetError SL6050 without an answer, SL6055 for one that is cut off or too large, the codes of `httpError`
 * for a status that is no success, SL6004, SL6005
 */
export async function send(server: Server, request: ServerRequest): Promise<ServerAnswer> {
  const { where, path, body, headers, bound, deadline } = request;
  const init = {
    method: body === undefined ? "GET" : "POST",
    headers: { accept: "application/json", ...headers, ...server.headers },
    ...(body !== undefined && { body }),
  } as const;
  const response = await sendRequest(where, server.fetch, `${server.url}${path}`, init, deadline);
  const { status } = response;
  if (status < 200 || status > 299) {
    const failed = await readBody(response, maxErrorBytes, where, deadline).catch((error: unknown) => {
      if (deadline.signal.aborted) throw error;
      return { bytes: new Uint8Array(0) };
    });
    throw httpError(where, {
      status,
      retryAfter: response.headers.get("retry-after"),
      body: failed.bytes,
      hadToken: server.hasToken,
      wasBinary: body !== undefined && typeof body !== "string",
    });
  }
  const { bytes, isWhole } = await readBody(response, bound.limit, where, deadline);
  if (!isWhole) throw new TargetError("SL6055", `${where}: ${exceeded(bound)}`, { limit: bound.limit });
  return { bytes, header: (name) => response.headers.get(name) };
}

/** Reads a body up to a limit; the rest is canceled. */
async function readBody(
  { body }: FetchResponse,
  limit: number,
  where: string,
  deadline: CallDeadline,
): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  if (reader === undefined) return { bytes: new Uint8Array(0), isWhole: true };
  for (;;) {
    const { done, value } = await readChunk(reader, size, where, deadline);
    if (done || value === undefined) return { bytes: joined(chunks, size), isWhole: true };
    const rest = limit - size;
    size += Math.min(value.length, rest);
    chunks.push(value.length > rest ? value.subarray(0, rest) : value);
    if (value.length > rest) {
      reader.cancel().catch(() => undefined);
      return { bytes: joined(chunks, size), isWhole: false };
    }
  }
}

function readChunk(reader: BodyReader, size: number, where: string, deadline: CallDeadline) {
  return deadline.during(
    where,
    reader.read(),
    (cause) =>
      new TargetError(
        "SL6055",
        `${where}: the answer was cut off after ${size === 1 ? "1 byte" : `${size} bytes`}: ${reasonOf(cause)}; send the request again`,
        { bytes: size },
        { cause },
      ),
  );
}

/** Most answers arrive in one part, which is not copied. */
function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : joinParts(chunks, size);
}
