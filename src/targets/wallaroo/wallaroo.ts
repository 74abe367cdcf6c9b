import type { AnyPipeline } from "../../../dsl/pipeline/any-pipeline.js";
import type { Config } from "../../config/schema.js";
import { parseWallarooOptions } from "./options.js";
import type { ModelHandle } from "./edits/public-types.js";
import type {
  OpenedPlatform,
  UploadOptions,
  WallarooDeployOptions,
  WallarooOptions,
  WallarooPipelineOptions,
  WallarooTarget,
} from "./public-types.js";

/**
 * A Wallaroo platform as a target: uploads models that it lacks, makes a version where the definition differs, deploys
 * and waits until it runs.
 *
 * @param options `url`, and one of `token`, `tokenFile`, `userPassword` and `testAuth`
 * @throws TargetError SL6011 for an option that is not valid
 * @example
 * const live = await fraud.deploy(wallaroo({ url: "https://api.example.com", tokenFile: "credentials.json" }));
 * const [row] = await live.infer([{ dense_input: values }]);
 */
export function wallaroo(options: WallarooOptions): WallarooTarget {
  const settings = parseWallarooOptions(options);
  // An app that only creates the target does not load the rest.
  const open = async (): Promise<OpenedPlatform> => (await import("./wallaroo-target.js")).openPlatform(settings);
  let opened: ReturnType<typeof open> | undefined;
  const use = () => (opened ??= open());
  return Object.freeze({
    kind: "wallaroo" as const,
    url: settings.url,
    deploy: async (pipeline: AnyPipeline | Config, given?: WallarooDeployOptions) =>
      (await use()).deploy(pipeline, given),
    plan: async (pipeline: AnyPipeline | Config) => (await use()).plan(pipeline),
    connect: async (pipeline: AnyPipeline) => (await use()).connect(pipeline),
    uploadModel: async (model: ModelHandle, given?: UploadOptions) => (await use()).uploadModel(model, given),
    pipeline: async (name: string, given?: WallarooPipelineOptions) => (await use()).pipeline(name, given),
    pipelines: async () => (await use()).pipelines(),
    models: async () => (await use()).models(),
    workspaces: async () => (await use()).workspaces(),
    objects: async () => (await use()).objects,
  });
}
