import { ModelError } from "../../../dsl/errors.js";
import { escapeUnsafe } from "../../../src/util/escape-text.js";
import { errorMessage } from "../../../src/util/error-message.js";

const maxResponseBytes = 4 * 1024 * 1024;
/** Limits for the body of an error response in bytes, and for its message in characters. */
const maxErrorBytes = 64 * 1024;
const maxReasonLength = 200;

/**
 * Fetches JSON with a single `GET`. Redirects and credentials are refused.
 *
 * @param timeoutMs milliseconds for the complete response
 * @throws ModelError SL3055
 */
export async function fetchJson(url: string, timeoutMs: number): Promise<unknown> {
  requireUsableUrl(url);
  const timeoutMessage = `no complete response within ${timeoutMs / 1000} seconds`;
  let response: Response;
  try {
    response = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "manual",
      headers: { accept: "application/json" },
    });
  } catch (error) {
    throw fetchError(url, isTimeout(error) ? timeoutMessage : connectionFailure(error), error);
  }
  if (!response.ok)
    throw fetchError(url, `the server responded with ${response.status}${await serverReason(response)}`);
  let text: string | undefined;
  try {
    text = await readLimited(response, maxResponseBytes);
  } catch (error) {
    throw fetchError(url, isTimeout(error) ? timeoutMessage : "the response was cut off", error);
  }
  if (text === undefined) throw fetchError(url, `the response is larger than ${maxResponseBytes / 2 ** 20} MB`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw fetchError(url, notJson(text, response, error), error);
  }
}

function fetchError(url: string, what: string, cause?: unknown): ModelError {
  return new ModelError(
    "SL3055",
    `cannot read metadata from '${url}': ${what}. Check the URL; it must end in /v2/models/<model>.`,
    { url },
    { cause },
  );
}

function requireUsableUrl(url: string): void {
  if (!URL.canParse(url)) throw fetchError(url, "it is not a valid URL");
  const { protocol, username, password, host, pathname } = new URL(url);
  if (username === "" && password === "") return;
  // The error message must not contain the password.
  throw fetchError(
    `${protocol}//…@${host}${pathname}`,
    "a URL with a user name or password is not supported; save the response as metadata.json instead",
  );
}

function connectionFailure(error: unknown): string {
  const message = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  if (/wrong version number|packet length too long|record too large/.test(message))
    return "the server does not use TLS, so the URL must start with http:";
  return oneLine(message);
}

/** The message of an error response: `{ "error": … }` as the protocol defines, or `{ "detail": … }`. */
async function serverReason(response: Response): Promise<string> {
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    return ", a redirect; redirects are not followed";
  }
  try {
    const body = JSON.parse((await readLimited(response, maxErrorBytes)) ?? "") as {
      readonly error?: unknown;
      readonly detail?: unknown;
    } | null;
    const reason = body?.error ?? body?.detail;
    return typeof reason === "string" && reason.trim() !== "" ? `: ${oneLine(reason)}` : "";
  } catch {
    return "";
  }
}

function notJson(text: string, response: Response, error: unknown): string {
  if (text.trim() === "") return "the response is empty";
  if (/^\s*</.test(text))
    return `the response is ${text.trimStart().startsWith("<?xml") ? "XML" : "an HTML page"}, not JSON`;
  const type = response.headers.get("content-type");
  return `the response${type === null ? "" : ` (${oneLine(type)})`} is not JSON: ${oneLine(errorMessage(error))}`;
}

function oneLine(text: string): string {
  const line = escapeUnsafe(text.replace(/\s+/g, " ").trim());
  return line.length > maxReasonLength ? `${line.slice(0, maxReasonLength)}…` : line;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** The text of a response, or undefined if it is longer than `maxBytes` bytes. */
async function readLimited(response: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/^\ufeff/, "");
}
