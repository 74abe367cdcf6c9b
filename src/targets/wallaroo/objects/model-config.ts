import { LazyObject, type ObjectClient } from "./lazy-object.js";
import type { ModelConfig, ModelVersion } from "./types.js";

export class ModelConfigObject extends LazyObject<"modelConfig"> implements ModelConfig {
  constructor(client: ObjectClient, data: object) {
    super("modelConfig", client, data);
  }

  async modelVersion(): Promise<ModelVersion> {
    return this.client.objects.modelVersion(await this.member("model"));
  }

  runtime(): Promise<string | null> {
    return this.member("runtime");
  }

  tensorFields(): Promise<readonly string[] | null> {
    return this.member("tensor_fields");
  }

  filterThreshold(): Promise<number | null> {
    return this.member("filter_threshold");
  }

  inputSchema(): Promise<string | null> {
    return this.member("input_schema");
  }

  outputSchema(): Promise<string | null> {
    return this.member("output_schema");
  }
}
