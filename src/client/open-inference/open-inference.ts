import { parseConnectOptions, parseServerOptions } from "./options.js";
import type { ConnectedTo, ConnectOptions, OpenInference, OpenInferenceOptions } from "./public-types.js";

/**
 * A server that speaks the Open Inference protocol, version 2: `shapeline serve`, Triton, MLServer, KServe. Needs
 * nothing but `fetch`, so that it works in Node, browsers, workers, Deno and Bun.
 *
 * @param options `url`: where the protocol starts, without `/v2`; `token` or `headers`: credentials; `encoding`:
 * "json" (default) or "binary"
 * @throws TargetError SL6011 for an option that is not valid
 * @example
 * const live = await openInference({ url: "http://localhost:8080" }).connect(ccfraud);
 * const [row] = await live.infer([{ dense_input: values }]);
 */
export function openInference(options: OpenInferenceOptions): OpenInference {
  const settings = parseServerOptions(options);
  const connect = async (handle: unknown, given: ConnectOptions = {}): Promise<unknown> => {
    const parsed = parseConnectOptions(given);
    // An app that only creates the server does not load the rest.
    const { connectModel } = await import("./connect-model.js");
    return connectModel(settings, handle, parsed);
  };
  return Object.freeze({
    kind: "open-inference" as const,
    url: settings.server.url,
    connect: connect as <H>(handle: H, options?: ConnectOptions) => Promise<ConnectedTo<H>>,
  });
}
