import { formatValue } from "../../util/format-value.js";
import { parseConnection } from "../http/connection-options.js";
import { invalid } from "../http/invalid-option.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import type { ConnectOptions, OpenInferenceOptions } from "./public-types.js";
import type { Server } from "./transport.js";

/** The parsed options of `openInference()`. */
export interface ServerSettings {
  readonly server: Server;
  readonly encoding: "json" | "binary";
}

const serverOptions = ["url", "token", "headers", "encoding", "maxAnswerBytes", "fetch"];
const connectOptions = ["model", "version", "checkMetadata", "oneRowPerRequest", "concurrency", "timeoutMs", "signal"];

/** @throws TargetError SL6011 */
export function parseServerOptions(options: OpenInferenceOptions): ServerSettings {
  requireKnownOptions("openInference()", options, serverOptions);
  const { encoding = "json", maxAnswerBytes } = options;
  const connection = parseConnection("openInference()", options, {
    path: /\/v2$/,
    credentials: "give them with the option 'headers' as Authorization",
  });
  if (encoding !== "json" && encoding !== "binary")
    throw invalid("openInference()", "encoding", `is "json" or "binary", got ${formatValue(encoding)}`);
  if (maxAnswerBytes !== undefined && !(Number.isSafeInteger(maxAnswerBytes) && maxAnswerBytes >= 1))
    throw invalid(
      "openInference()",
      "maxAnswerBytes",
      `is a whole number of bytes, got ${formatValue(maxAnswerBytes)}`,
    );
  return {
    server: { ...connection, maxAnswerBytes },
    encoding,
  };
}

/** @throws TargetError SL6011 */
export function parseConnectOptions(options: ConnectOptions): ConnectOptions {
  requireKnownOptions("connect()", options, connectOptions);
  const { model, version, checkMetadata, oneRowPerRequest, concurrency } = options;
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency >= 1))
    throw invalid("connect()", "concurrency", `is a whole number of requests from 1, got ${formatValue(concurrency)}`);
  for (const [option, value] of Object.entries({ model, version }))
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw invalid("connect()", option, `is a text, got ${formatValue(value)}`);
  for (const [option, value] of Object.entries({ checkMetadata, oneRowPerRequest }))
    if (value !== undefined && typeof value !== "boolean")
      throw invalid("connect()", option, `is true or false, got ${formatValue(value)}`);
  return options;
}
