import type { DeployOptions } from "../../../dsl/pipeline/any-pipeline.js";
import type { AnyPipeline } from "../../../dsl/pipeline/pipeline.js";
import type { Config } from "../../config/schema.js";
import type { LocalTargetImpl } from "./local-target.js";
import type { LocalSettings } from "./options/local-options.js";
import type { DeployedModel, DeployedPipeline, LocalDeployment, LocalTarget, PipelineOptions } from "./public-types.js";

/** A target that loads the engine with its first call: a service that only imports `shapeline/local` starts sooner. */
export class DeferredLocalTarget implements LocalTarget {
  readonly kind = "local";
  readonly #settings: LocalSettings;
  #target: Promise<LocalTargetImpl> | null = null;

  constructor(settings: LocalSettings) {
    this.#settings = settings;
  }

  async deploy(pipeline: AnyPipeline | Config, options?: DeployOptions): Promise<LocalDeployment> {
    return (await this.#load()).deploy(pipeline, options);
  }

  async connect(pipeline: AnyPipeline): Promise<LocalDeployment> {
    return (await this.#load()).connect(pipeline);
  }

  async pipeline(name: string, options?: PipelineOptions): Promise<LocalDeployment> {
    return (await this.#load()).pipeline(name, options);
  }

  async pipelines(): Promise<DeployedPipeline[]> {
    return (await this.#load()).pipelines();
  }

  async models(): Promise<DeployedModel[]> {
    return (await this.#load()).models();
  }

  async close(): Promise<void> {
    await (await this.#target)?.close();
  }

  #load(): Promise<LocalTargetImpl> {
    this.#target ??= import("./local-target.js").then(({ LocalTargetImpl }) => new LocalTargetImpl(this.#settings));
    return this.#target;
  }
}
