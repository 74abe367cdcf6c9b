import { errorMessage } from "../../../src/util/error-message.js";
import { ModelError } from "../../../dsl/errors.js";
import { escapeUnsafe } from "../../../src/util/escape-text.js";

const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;
/** What is read of an answer that says what is wrong, in bytes, and what is shown of it. */
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_REASON_LENGTH = 200;

/**
 * The JSON that a server answers to one `GET`: no redirect, no credentials.
 *
 * @param timeoutMs milliseconds for the whole answer
 * @throws ModelError SL3055
 */
export async function fetchJson(url: string, timeoutMs: number): Promise<unknown> {
  requireUsableUrl(url);
  const late = `no whole answer within ${timeoutMs / 1000} seconds`;
  let answer: Response;
  try {
    answer = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "manual",
      headers: { accept: "application/json" },
    });
  } catch (error) {
    throw fetchError(url, isTimeout(error) ? late : connectionFailure(error), error);
  }
  if (!answer.ok) throw fetchError(url, `the server answers ${answer.status}${await serverReason(answer)}`);
  let text: string | undefined;
  try {
    text = await readLimited(answer, MAX_RESPONSE_BYTES);
  } catch (error) {
    throw fetchError(url, isTimeout(error) ? late : "the answer breaks off", error);
  }
  if (text === undefined) throw fetchError(url, `the answer is larger than ${MAX_RESPONSE_BYTES / 2 ** 20} MB`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw fetchError(url, notJson(text, answer, error), error);
  }
}

function fetchError(url: string, what: string, cause?: unknown): ModelError {
  return new ModelError(
    "SL3055",
    `'${url}' gives no metadata: ${what}. Check the address; it ends in /v2/models/<model>.`,
    { url },
    { cause },
  );
}

function requireUsableUrl(url: string): void {
  if (!URL.canParse(url)) throw fetchError(url, "it is no address");
  const { protocol, username, password, host, pathname } = new URL(url);
  if (username === "" && password === "") return;
  // The message must not show the password.
  throw fetchError(
    `${protocol}//…@${host}${pathname}`,
    "an address with a user's name or password is not asked; save the answer as metadata.json instead",
  );
}

function connectionFailure(error: unknown): string {
  const message = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  if (/wrong version number|packet length too long|record too large/.test(message))
    return "the server does not speak TLS, so the address begins with http:";
  return oneLine(message);
}

/** What the server says is wrong, as servers of the protocol do: `{ "error": … }`, or `{ "detail": … }`. */
async function serverReason(answer: Response): Promise<string> {
  if (answer.status >= 300 && answer.status < 400) {
    await answer.body?.cancel();
    return ", which leads elsewhere; redirects are not followed";
  }
  try {
    const said = JSON.parse((await readLimited(answer, MAX_ERROR_BYTES)) ?? "") as {
      readonly error?: unknown;
      readonly detail?: unknown;
    } | null;
    const reason = said?.error ?? said?.detail;
    return typeof reason === "string" && reason.trim() !== "" ? `: ${oneLine(reason)}` : "";
  } catch {
    return "";
  }
}

function notJson(text: string, answer: Response, error: unknown): string {
  if (text.trim() === "") return "the answer is empty";
  if (/^\s*</.test(text))
    return `the answer is a page${text.trimStart().startsWith("<?xml") ? " of XML" : ""}, not JSON`;
  const type = answer.headers.get("content-type");
  return `the answer${type === null ? "" : ` (${oneLine(type)})`} is not JSON: ${oneLine(errorMessage(error))}`;
}

function oneLine(text: string): string {
  const line = escapeUnsafe(text.replace(/\s+/g, " ").trim());
  return line.length > MAX_REASON_LENGTH ? `${line.slice(0, MAX_REASON_LENGTH)}…` : line;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** The text of an answer; undefined where it is longer than `most` bytes. */
async function readLimited(answer: Response, most: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/^\ufeff/, "");
}
