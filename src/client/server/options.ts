import { describeValue } from "../../util/format-value.js";
import { isDictionary } from "../../util/objects.js";
import { type Connection, parseConnection } from "../http/connection-options.js";
import { invalid } from "../http/invalid-option.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import type { ServerTargetOptions } from "./public-types.js";

/** The parsed options of `server()`. */
export interface ServerTargetSettings extends Connection {
  readonly log: ServerTargetOptions["log"];
  /** The folder of model files on the server's machine; only for commands of the same user there. */
  readonly models?: string;
}

const method = "server()";

/** @throws TargetError SL6011 */
export function parseServerTargetOptions(options: ServerTargetOptions): ServerTargetSettings {
  requireKnownOptions(method, options, ["url", "token", "headers", "log", "fetch"]);
  const { log } = options;
  const connection = parseConnection(method, options, { path: /\/api\/v1$/, credentials: "give a token instead" });
  if (log !== undefined && !isDictionary(log))
    throw invalid(method, "log", `is an object such as { exclude: ["in.image"] }, got ${describeValue(log)}`);
  return { ...connection, log };
}
