import { TargetError } from "../../../dsl/errors.js";
import type { CallDeadline } from "./call-deadline.js";
import type { Fetch, FetchInit, FetchResponse } from "./fetch.js";
import { oneLine } from "./one-line.js";

/**
 * Sends one request.
 *
 * @param where the start of every message
 * @returns the answer, of any status but a redirect; its body is still to be read
 * @throws TargetError SL6050 without an answer, SL6055 for a redirect, SL6004, SL6005
 */
export async function sendRequest(
  where: string,
  fetch: Fetch,
  url: string,
  init: Omit<FetchInit, "signal" | "redirect">,
  deadline: CallDeadline,
): Promise<FetchResponse> {
  // A redirected POST would become a GET, and the token would go to another server.
  const sent = (async () => fetch(url, { ...init, signal: deadline.signal, redirect: "manual" }))();
  const response = await deadline.during(where, sent, (error) => unreachable(where, error));
  const { status } = response;
  if (status !== 0 && (status < 300 || status >= 400)) return response;
  await response.body?.getReader().cancel();
  throw redirectError(where, status, response.headers.get("location"));
}

/** Copies the parts of a body into one array. */
export function joinParts(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The error for a redirect. Browsers hide where it leads. */
function redirectError(where: string, status: number, location: string | null): TargetError {
  const to = location === null ? "" : ` to ${oneLine(location)}`;
  return new TargetError(
    "SL6055",
    `${where}: the server redirects${to}, and redirects are not followed; give the url that it leads to`,
    { status },
  );
}

function unreachable(where: string, error: unknown): TargetError {
  return new TargetError(
    "SL6050",
    `${where}: the server cannot be reached: ${reasonOf(error)}; check that it runs, and the url; in a browser also that it allows the page's origin (CORS)`,
    {},
    { cause: error },
  );
}

/** What `fetch` says: Node has the reason in the cause, of several addresses in a list there. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  const { cause } = error;
  if (cause instanceof AggregateError && cause.message === "") return reasonOf(cause.errors[0]);
  return cause instanceof Error && cause.message !== "" ? oneLine(cause.message) : oneLine(error.message);
}
