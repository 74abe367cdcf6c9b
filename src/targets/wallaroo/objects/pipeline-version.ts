import { LazyObject, type ObjectClient } from "./lazy-object.js";
import type { Deployment, ModelConfig, Pipeline, PipelineVersion } from "./types.js";

export class PipelineVersionObject extends LazyObject<"pipelineVersion"> implements PipelineVersion {
  constructor(client: ObjectClient, data: object) {
    super("pipelineVersion", client, data);
  }

  name(): Promise<string> {
    return this.member("version");
  }

  createTime(): Promise<Date> {
    return this.time("created_at");
  }

  lastUpdateTime(): Promise<Date> {
    return this.time("updated_at");
  }

  async definition(): Promise<unknown> {
    return this.member("definition");
  }

  async pipeline(): Promise<Pipeline> {
    return this.client.objects.pipeline(await this.member("pipeline"));
  }

  async deployments(): Promise<Deployment[]> {
    const rows = await this.member("deployment_pipeline_versions");
    return rows.map(({ deployment }) => this.client.objects.deployment(deployment));
  }

  async modelConfigs(): Promise<ModelConfig[]> {
    const rows = await this.member("deployment_model_configs");
    return rows.map(({ model_config }) => this.client.objects.modelConfig(model_config));
  }
}
