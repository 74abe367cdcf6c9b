import { describeValue, formatValue } from "../../util/format-value.js";
import { isDictionary } from "../../util/objects.js";
import type { Fetch } from "./fetch.js";
import { invalid } from "./invalid-option.js";

/** A server and how requests reach it. */
export interface Connection {
  /** Without the API's path and without a slash at the end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasToken: boolean;
  readonly fetch: Fetch;
}

/** The options that say where a server is and who calls it, unchecked. */
interface ConnectionOptions {
  readonly url?: unknown;
  readonly token?: string;
  readonly headers?: unknown;
  readonly fetch?: Fetch;
}

/**
 * Checks the options of a connection.
 *
 * @param method the start of every message
 * @param path the API's path, which a URL may end with
 * @param credentials what to do in place of a user name and password in the URL
 * @throws TargetError SL6011
 */
export function parseConnection(
  method: string,
  { url, token, headers: given, fetch = globalFetch }: ConnectionOptions,
  { path, credentials }: { readonly path: RegExp; readonly credentials: string },
): Connection {
  const headers = parseHeaders(method, given);
  if (token !== undefined && (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)))
    throw invalid(method, "token", "is not a token; give the text that the server expects after 'Bearer'");
  if (token !== undefined && Object.keys(headers).some((name) => name.toLowerCase() === "authorization"))
    throw invalid(method, "token", "and the header Authorization are both given; give one of them");
  if (typeof fetch !== "function")
    throw invalid(method, "fetch", `is a function like the global fetch, got ${describeValue(fetch)}`);
  return {
    url: parseUrl(method, url, credentials).replace(path, ""),
    headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
    hasToken: token !== undefined,
    fetch,
  };
}

/** Read at each call: tests and frameworks replace the global one. */
const globalFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** The URL without slashes at its end. Messages must not contain a password. */
function parseUrl(method: string, given: unknown, credentials: string): string {
  const flaw = (text: string) => invalid(method, "url", `${text}; give one such as "http://localhost:8080"`);
  if (typeof given !== "string" || !URL.canParse(given)) throw flaw(`is ${formatValue(given)}, which is no URL`);
  const { protocol, username, password, search, hash, origin, pathname } = new URL(given);
  if (protocol !== "http:" && protocol !== "https:") throw flaw(`must start with http: or https:, not ${protocol}`);
  if (username !== "" || password !== "") throw flaw(`has a user name or password; ${credentials}`);
  if (search !== "" || hash !== "") throw flaw("must have no '?' and no '#'");
  return origin + pathname.replace(/\/+$/, "");
}

function parseHeaders(method: string, given: unknown): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  if (!isDictionary(given))
    throw invalid(method, "headers", `is an object { name: text }, got ${describeValue(given)}`);
  for (const [name, value] of Object.entries(given))
    // The value is not shown: it may be a secret.
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || typeof value !== "string" || /[\r\n\0]/.test(value))
      throw invalid(method, "headers", `has ${formatValue(name)}, which is no header with a text`);
  return { ...given };
}
