import { type ErrorCode, TargetError } from "../../../dsl/errors.js";
import { oneLine, serverWords } from "../open-inference/server-errors.js";

const codes: Readonly<Record<number, ErrorCode>> = { 401: "SL6051", 403: "SL6051", 429: "SL6013", 503: "SL6052" };

/** The error for a status that is no success, where the body is no error of Shapeline. */
export function transportError(where: string, status: number, body: Uint8Array, hadToken: boolean): TargetError {
  const words = serverWords(new TextDecoder().decode(body));
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

/** The error of `fetch` itself. */
export function unreachable(where: string, error: unknown): TargetError {
  return new TargetError(
    "SL6050",
    `${where}: the server cannot be reached: ${reasonOf(error)}; check that it runs, and the url; in a browser also that it allows the page's origin (CORS)`,
    {},
    { cause: error },
  );
}

/** Node has the reason in the cause, of several addresses in a list there. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  const { cause } = error;
  if (cause instanceof AggregateError && cause.message === "") return reasonOf(cause.errors[0]);
  return oneLine(cause instanceof Error && cause.message !== "" ? cause.message : error.message);
}
