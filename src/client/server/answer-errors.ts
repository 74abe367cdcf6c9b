import { type ErrorCode, type ShapelineError, TargetError } from "../../../dsl/errors.js";
import { readError } from "../../api/errors.js";
import { serverWords } from "../http/server-words.js";

const codes: Readonly<Record<number, ErrorCode>> = { 401: "SL6051", 403: "SL6051", 429: "SL6013", 503: "SL6052" };

/** The error for a status that is no success: the server's own, or one of the transport. */
export function answerError(where: string, status: number, body: string, hadToken: boolean): ShapelineError {
  try {
    const { error } = JSON.parse(body) as { readonly error?: unknown };
    const own = readError(error);
    if (own !== null) return own;
  } catch {
    // Not an answer of the API: a proxy's page, or another server's.
  }
  const words = serverWords(body);
  const code = codes[status] ?? (status >= 500 ? "SL6054" : status === 404 ? "SL6055" : "SL6053");
  return new TargetError(
    code,
    `${where}: ${wayOut(status, hadToken)} (${status})${words === "" ? "" : `; the server says: ${words}`}`,
    { status },
  );
}

function wayOut(status: number, hadToken: boolean): string {
  switch (status) {
    case 401:
      return hadToken
        ? "the server does not accept the token; give a valid one with server({ token })"
        : "the server needs a token; give one with server({ token })";
    case 403:
      return "the server does not allow this; use the token of another role";
    case 404:
      return "there is no API of Shapeline; check that the url is that of `shapeline serve`";
    case 413:
      return "the request is larger than the server takes; send fewer rows at a time";
    case 429:
    case 503:
      return "the server is not ready or is overloaded; retry later";
    default:
      return status >= 500 ? "the server failed; its log has more" : "the server refuses the request";
  }
}
