import { TargetError } from "../../../../dsl/errors.js";
import { deploymentName, inferPath } from "../../../wallaroo/api/routes.js";
import { LazyObject, type ObjectClient } from "./lazy-object.js";
import type { Deployment, ModelConfig, PipelineVersion, PlatformStatus } from "./types.js";

export class DeploymentObject extends LazyObject<"deployment"> implements Deployment {
  constructor(client: ObjectClient, data: object) {
    super("deployment", client, data);
  }

  name(): Promise<string> {
    return this.member("deploy_id");
  }

  deployed(): Promise<boolean> {
    return this.member("deployed");
  }

  async engineConfig(): Promise<unknown> {
    return this.member("engine_config");
  }

  async pipelineName(): Promise<string | null> {
    return (await this.member("pipeline"))?.pipeline_id ?? null;
  }

  async modelConfigs(): Promise<ModelConfig[]> {
    const rows = await this.member("deployment_model_configs");
    return rows.map(({ model_config }) => this.client.objects.modelConfig(model_config));
  }

  async pipelineVersions(): Promise<PipelineVersion[]> {
    const rows = await this.member("deployment_pipeline_versions");
    return rows.map(({ pipeline_version }) => this.client.objects.pipelineVersion(pipeline_version));
  }

  async status(options: { readonly signal?: AbortSignal } = {}): Promise<PlatformStatus | null> {
    const name = deploymentName(await this.name(), this.id);
    try {
      return await this.client.rest("deploymentStatus", { name }, options);
    } catch (error) {
      if (error instanceof TargetError && error.details["status"] === 404) return null;
      throw error;
    }
  }

  async url(): Promise<string> {
    const [deployId, pipeline] = await Promise.all([this.name(), this.pipelineName()]);
    return `${this.client.url}${inferPath(deployId, this.id, pipeline ?? deployId)}`;
  }
}
