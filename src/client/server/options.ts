import { describeValue, formatValue } from "../../util/format-value.js";
import { isDictionary } from "../../util/objects.js";
import { checkNames, invalid } from "../open-inference/options.js";
import type { Fetch } from "../open-inference/public-types.js";
import type { ServerTargetOptions } from "./public-types.js";

/** The parsed options of `server()`. */
export interface ServerTargetSettings {
  /** Without a slash at its end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasToken: boolean;
  readonly log: ServerTargetOptions["log"];
  readonly fetch: Fetch;
  /** The folder of model files on the server's machine; only for commands of the same user there. */
  readonly models?: string;
}

const method = "server()";

/** @throws TargetError SL6011 */
export function parseServerTargetOptions(options: ServerTargetOptions): ServerTargetSettings {
  checkNames(method, options, ["url", "token", "headers", "log", "fetch"]);
  const { token, log, fetch = globalFetch } = options;
  const headers = parseHeaders(options.headers);
  if (token !== undefined && (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)))
    throw invalid(method, "token", "is not a token; give the text that the server expects after 'Bearer'");
  if (token !== undefined && Object.keys(headers).some((name) => name.toLowerCase() === "authorization"))
    throw invalid(method, "token", "and the header Authorization are both given; give one of them");
  if (log !== undefined && !isDictionary(log))
    throw invalid(method, "log", `is an object such as { exclude: ["in.image"] }, got ${describeValue(log)}`);
  if (typeof fetch !== "function")
    throw invalid(method, "fetch", `is a function like the global fetch, got ${describeValue(fetch)}`);
  return {
    url: parseUrl(options.url),
    headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
    hasToken: token !== undefined,
    log,
    fetch,
  };
}

/** Read at each call: tests and frameworks replace the global one. */
const globalFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** Messages must not contain a password. */
function parseUrl(given: unknown): string {
  const flaw = (text: string) => invalid(method, "url", `${text}; give one such as "http://localhost:8080"`);
  if (typeof given !== "string" || !URL.canParse(given)) throw flaw(`is ${formatValue(given)}, which is no URL`);
  const { protocol, username, password, search, hash, origin, pathname } = new URL(given);
  if (protocol !== "http:" && protocol !== "https:") throw flaw(`must start with http: or https:, not ${protocol}`);
  if (username !== "" || password !== "") throw flaw("has a user name or password; give a token instead");
  if (search !== "" || hash !== "") throw flaw("must have no '?' and no '#'");
  return origin + pathname.replace(/\/+$/, "").replace(/\/api\/v1$/, "");
}

function parseHeaders(given: unknown): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  if (!isDictionary(given))
    throw invalid(method, "headers", `is an object { name: text }, got ${describeValue(given)}`);
  for (const [name, value] of Object.entries(given))
    // The value is not shown: it may be a secret.
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || typeof value !== "string" || /[\r\n\0]/.test(value))
      throw invalid(method, "headers", `has ${formatValue(name)}, which is no header with a text`);
  return { ...given };
}
