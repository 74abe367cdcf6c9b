import type { AnyPipeline, DeployOptions } from "../../../dsl/pipeline/any-pipeline.js";
import type { Config } from "../../config/schema.js";
import { parseServerTargetOptions } from "./options.js";
import type { ServerTarget, ServerTargetOptions } from "./public-types.js";

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
  // An app that only creates the target does not load the rest.
  const target = async () => (await import("./server-target.js")).openServerTarget(settings);
  let opened: ReturnType<typeof target> | undefined;
  const use = () => (opened ??= target());
  return Object.freeze({
    kind: "server" as const,
    url: settings.url,
    deploy: async (pipeline: AnyPipeline | Config, given?: DeployOptions) => (await use()).deploy(pipeline, given),
    connect: async (pipeline: AnyPipeline) => (await use()).connect(pipeline),
    pipeline: async (name: string) => (await use()).pipeline(name),
    pipelines: async () => (await use()).pipelines(),
    models: async () => (await use()).models(),
    close: async () => (await opened)?.close(),
  });
}
