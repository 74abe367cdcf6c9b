import { parseServerTargetOptions } from "./options.js";
import type { ServerTarget, ServerTargetOptions } from "./public-types.js";
import { openServerTarget } from "./server-target.js";

/**
 * A server that `shapeline serve` or `createServer()` runs, as a target. Needs nothing but `fetch`, so that it works in
 * Node, browsers, workers, Deno and Bun; files are for Node.
 *
 * @param options `url`: where the server listens; `token` or `headers`: credentials; `log`: what a deploy leaves out of
 * the log
 * @throws TargetError SL6011 for an option that is not valid
 * @example
 * const live = await fraud.connect(server({ url: "http://localhost:8080" }));
 * const [row] = await live.infer([{ dense_input: values }]);
 */
export function server(options: ServerTargetOptions): ServerTarget {
  const settings = parseServerTargetOptions(options);
  return Object.freeze({ kind: "server", url: settings.url, ...openServerTarget(settings) });
}
