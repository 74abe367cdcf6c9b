import { TargetError } from "../../../dsl/errors.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { describeValue, formatValue } from "../../util/format-value.js";
import { joinNames } from "../../util/join-names.js";
import { isDictionary } from "../../util/objects.js";
import type { ConnectOptions, Fetch, OpenInferenceOptions } from "./public-types.js";
import type { Server } from "./transport.js";

/** The parsed options of `openInference()`. */
export interface ServerSettings {
  readonly server: Server;
  readonly encoding: "json" | "binary";
}

const serverOptions = ["url", "token", "headers", "encoding", "maxAnswerBytes", "fetch"];
const connectOptions = ["model", "version", "checkMetadata", "oneRowPerRequest", "timeoutMs", "signal"];

/** @throws TargetError SL6011 */
export function parseServerOptions(options: OpenInferenceOptions): ServerSettings {
  checkNames("openInference()", options, serverOptions);
  const { token, encoding = "json", maxAnswerBytes, fetch = globalFetch } = options;
  const headers = parseHeaders(options.headers);
  if (token !== undefined && (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)))
    throw invalid("openInference()", "token", "is not a token; give the text that the server expects after 'Bearer'");
  if (token !== undefined && Object.keys(headers).some((name) => name.toLowerCase() === "authorization"))
    throw invalid("openInference()", "token", "and the header Authorization are both given; give one of them");
  if (encoding !== "json" && encoding !== "binary")
    throw invalid("openInference()", "encoding", `is "json" or "binary", got ${formatValue(encoding)}`);
  if (maxAnswerBytes !== undefined && !(Number.isSafeInteger(maxAnswerBytes) && maxAnswerBytes >= 1))
    throw invalid(
      "openInference()",
      "maxAnswerBytes",
      `is a whole number of bytes, got ${formatValue(maxAnswerBytes)}`,
    );
  if (typeof fetch !== "function")
    throw invalid("openInference()", "fetch", `is a function like the global fetch, got ${describeValue(fetch)}`);
  return {
    server: {
      url: parseUrl(options.url),
      headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
      hasToken: token !== undefined,
      fetch,
      maxAnswerBytes,
    },
    encoding,
  };
}

/** Read at each call: tests and frameworks replace the global one. */
const globalFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** The URL without `/v2` and slashes at its end. Messages must not contain a password. */
function parseUrl(given: unknown): string {
  const flaw = (text: string) => invalid("openInference()", "url", `${text}; give one such as "http://localhost:8080"`);
  if (typeof given !== "string" || !URL.canParse(given)) throw flaw(`is ${formatValue(given)}, which is no URL`);
  const { protocol, username, password, search, hash, origin, pathname } = new URL(given);
  if (protocol !== "http:" && protocol !== "https:") throw flaw(`must start with http: or https:, not ${protocol}`);
  if (username !== "" || password !== "")
    throw flaw("has a user name or password; give them with the option 'headers' as Authorization");
  if (search !== "" || hash !== "") throw flaw("must have no '?' and no '#'");
  return origin + pathname.replace(/\/+$/, "").replace(/\/v2$/, "");
}

function parseHeaders(given: unknown): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  if (!isDictionary(given))
    throw invalid("openInference()", "headers", `is an object { name: text }, got ${describeValue(given)}`);
  for (const [name, value] of Object.entries(given))
    // The value is not shown: it may be a secret.
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || typeof value !== "string" || /[\r\n\0]/.test(value))
      throw invalid("openInference()", "headers", `has ${formatValue(name)}, which is no header with a text`);
  return { ...given };
}

/** @throws TargetError SL6011 */
export function parseConnectOptions(options: ConnectOptions): ConnectOptions {
  checkNames("connect()", options, connectOptions);
  const { model, version, checkMetadata, oneRowPerRequest } = options;
  for (const [option, value] of Object.entries({ model, version }))
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw invalid("connect()", option, `is a text, got ${formatValue(value)}`);
  for (const [option, value] of Object.entries({ checkMetadata, oneRowPerRequest }))
    if (value !== undefined && typeof value !== "boolean")
      throw invalid("connect()", option, `is true or false, got ${formatValue(value)}`);
  return options;
}

/** @throws TargetError SL6011 for options that are no object, or that do not exist */
export function checkNames(method: string, options: unknown, known: readonly string[]): void {
  if (!isDictionary(options))
    throw new TargetError("SL6011", `${method}: expected an object of options, got ${describeValue(options)}`);
  const name = Object.keys(options).find((each) => !known.includes(each));
  if (name === undefined) return;
  throw new TargetError(
    "SL6011",
    `${method} has no option '${name}'${didYouMean(name, known)}; its options are ${joinNames(known)}`,
    { option: name },
  );
}

export function invalid(method: string, option: string, what: string): TargetError {
  return new TargetError("SL6011", `${method}: the option '${option}' ${what}`, { option });
}
