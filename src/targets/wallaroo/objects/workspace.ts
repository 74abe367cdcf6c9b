import { LazyObject, type ObjectClient } from "./lazy-object.js";
import type { Model, Pipeline, Workspace } from "./types.js";

export class WorkspaceObject extends LazyObject<"workspace"> implements Workspace {
  constructor(client: ObjectClient, data: object) {
    super("workspace", client, data);
  }

  name(): Promise<string> {
    return this.member("name");
  }

  archived(): Promise<boolean> {
    return this.member("archived");
  }

  createdAt(): Promise<Date> {
    return this.time("created_at");
  }

  createdBy(): Promise<string | null> {
    return this.member("created_by");
  }

  async users(): Promise<readonly string[]> {
    return (await this.member("users")).map(({ user_id }) => user_id);
  }

  async pipelines(): Promise<Pipeline[]> {
    return (await this.member("pipelines")).map((data) => this.client.objects.pipeline(data));
  }

  async models(): Promise<Model[]> {
    return (await this.member("models")).map((data) => this.client.objects.model(data));
  }
}
