import { type ErrorCode, TargetError } from "../../../../dsl/errors.js";
import { oneLine } from "../../../client/http/one-line.js";
import { serverWords } from "../../../client/http/server-words.js";
import { errorWords } from "../../../wallaroo/api/error-words.js";

const codes: Readonly<Record<number, ErrorCode>> = { 401: "SL6051", 403: "SL6051", 429: "SL6013", 503: "SL6052" };

/** The error for a status that is no success, with the platform's own words. */
export function platformError(
  where: string,
  status: number,
  body: Uint8Array,
  { wayOut, retryAfterMs }: { readonly wayOut: string; readonly retryAfterMs: number | null },
): TargetError {
  const text = new TextDecoder().decode(body);
  const words = wordsOf(text);
  const code = codes[status] ?? (status >= 500 ? "SL6054" : status === 404 ? "SL6007" : "SL6053");
  return new TargetError(
    code,
    `${where}: ${explain(status, wayOut)} (${status})${words === "" ? "" : `; the platform says: ${words}`}`,
    { status, ...(retryAfterMs !== null && { retryAfterMs }) },
  );
}

/** The platform's words in a body: an error in any of its forms, a page's title, or the text itself. */
export function wordsOf(text: string): string {
  try {
    const words = errorWords(JSON.parse(text));
    if (words !== null) return oneLine(words);
  } catch {
    // A page of a proxy, or plain text.
  }
  return serverWords(text);
}

function explain(status: number, wayOut: string): string {
  switch (status) {
    case 401:
      return `the platform does not accept the credentials; ${wayOut}`;
    case 403:
      return "the platform does not allow this user to do this; use the credentials of another role";
    case 404:
      return "the platform does not have it";
    case 413:
      return "the request is larger than the platform takes; send fewer rows at a time";
    case 429:
      return "the platform has too many requests; retry later";
    case 503:
      return "the platform is not ready or is overloaded; retry later";
    default:
      return status >= 500 ? "the platform failed" : "the platform refuses the request";
  }
}

/** The error for an answer of another form than the API has. */
export function unexpectedAnswer(
  where: string,
  what: string,
  cause?: unknown,
  details: Readonly<Record<string, unknown>> = {},
): TargetError {
  return new TargetError(
    "SL6055",
    `${where}: the answer is not understood: ${what}; check that the url is that of a Wallaroo platform, and what is between`,
    details,
    { cause },
  );
}

/** The error for an answer that cannot be read at all, such as a cut file or a proxy's page: another may be whole. */
export function damagedAnswer(where: string, what: string, cause?: unknown): TargetError {
  return unexpectedAnswer(where, what, cause, { isDamaged: true });
}
