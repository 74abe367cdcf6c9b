import { isRecord } from "../../../util/objects.js";
import type { Definition } from "../../../wallaroo/definition.js";
import type { DefinitionStep } from "../../../wallaroo/steps.js";
import { LazyObject, type ObjectClient } from "./lazy-object.js";
import type { Deployment, Pipeline, PipelineVersion, Tag, Workspace } from "./types.js";

export class PipelineObject extends LazyObject<"pipeline"> implements Pipeline {
  constructor(client: ObjectClient, data: object) {
    super("pipeline", client, data);
  }

  name(): Promise<string> {
    return this.member("pipeline_id");
  }

  createTime(): Promise<Date> {
    return this.time("created_at");
  }

  lastUpdateTime(): Promise<Date> {
    return this.time("updated_at");
  }

  ownerId(): Promise<string | null> {
    return this.member("owner_id");
  }

  async versions(): Promise<PipelineVersion[]> {
    const rows = await this.member("pipeline_versions");
    return rows.map((row) => this.client.objects.pipelineVersion({ ...row, pipeline: { id: this.id } }));
  }

  async tags(): Promise<readonly Tag[]> {
    return this.member("pipeline_tags");
  }

  async workspace(): Promise<Workspace> {
    return this.client.objects.workspace(await this.member("workspace"));
  }

  async deployment(): Promise<Deployment | null> {
    const data = await this.member("deployment");
    return data === null ? null : this.client.objects.deployment(data);
  }

  /** The newest version with steps: `build_pipeline` of the SDK makes one without. */
  async definition(): Promise<Definition> {
    for (const version of await this.versions()) {
      const definition = await version.definition();
      if (isRecord(definition) && Array.isArray(definition["steps"])) return definition as unknown as Definition;
    }
    return { id: await this.name(), steps: [] };
  }

  async steps(): Promise<readonly DefinitionStep[]> {
    return (await this.definition()).steps;
  }
}
