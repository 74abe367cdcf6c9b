import { TargetError } from "../../../../dsl/errors.js";
import type { DefinitionModel } from "../../../wallaroo/platform.js";
import type { RestAnswers } from "../../../wallaroo/api/rest-answers.js";
import { LazyObject, type ObjectClient } from "./lazy-object.js";
import { portsOfSchema } from "./schema-ports.js";
import type { ModelConfig, ModelConfigOptions, ModelVersion, ModelVersionSignature, Tag } from "./types.js";

export class ModelVersionObject extends LazyObject<"modelVersion"> implements ModelVersion {
  #config: Promise<ModelConfig> | null = null;

  constructor(client: ObjectClient, data: object) {
    super("modelVersion", client, data);
  }

  name(): Promise<string> {
    return this.member("model_id");
  }

  version(): Promise<string> {
    return this.member("model_version");
  }

  sha(): Promise<string | null> {
    return this.member("sha");
  }

  status(): Promise<string | null> {
    return this.member("status");
  }

  fileName(): Promise<string | null> {
    return this.member("file_name");
  }

  imagePath(): Promise<string | null> {
    return this.member("image_path");
  }

  arch(): Promise<string | null> {
    return this.member("arch");
  }

  lastUpdateTime(): Promise<Date> {
    return this.time("updated_at");
  }

  async tags(): Promise<readonly Tag[]> {
    return this.member("model_tags");
  }

  config(): Promise<ModelConfig> {
    this.#config ??= this.#readConfig().catch((error: unknown) => {
      this.#config = null;
      throw error;
    });
    return this.#config;
  }

  async #readConfig(): Promise<ModelConfig> {
    const stored = await this.#storedConfig();
    if (stored === null) return this.configure({});
    return this.client.objects.modelConfig({ id: stored.id, model: { id: this.id } });
  }

  async #storedConfig(): Promise<RestAnswers["modelVersion"]["model_version"]["config"]> {
    const { model_version } = await this.client.rest("modelVersion", { model_version_id: this.id });
    return model_version.config;
  }

  async tensorFields(): Promise<readonly string[] | null> {
    const stored = await this.#storedConfig();
    return stored === null ? null : this.client.objects.modelConfig({ id: stored.id }).tensorFields();
  }

  async signature(): Promise<ModelVersionSignature | null> {
    const stored = await this.#storedConfig();
    if (stored === null) return null;
    const config = this.client.objects.modelConfig({ id: stored.id });
    const hasSchemas = stored.input_schema !== undefined && stored.output_schema !== undefined;
    const [input, output] = hasSchemas
      ? [stored.input_schema, stored.output_schema]
      : !(await this.client.isRecent())
        ? [null, null]
        : await Promise.all([config.inputSchema(), config.outputSchema()]);
    // The SDK sends "" where a schema was not given.
    if (!input || !output) return null;
    const [name, version, sha256, tensorFields] = await Promise.all([
      this.name(),
      this.version(),
      this.sha(),
      config.tensorFields(),
    ]);
    const where = `${this.client.url}: version '${version}' of model '${name}'`;
    return {
      name,
      version,
      sha256,
      inputs: portsOfSchema(`${where}: its input schema`, input),
      outputs: portsOfSchema(`${where}: its output schema`, output),
      tensorFields,
    };
  }

  async configure(options: ModelConfigOptions): Promise<ModelConfig> {
    const { tensorFields, filterThreshold, inputSchema, outputSchema, batchConfig } = options;
    const { model_config } = await this.client.rest("insertModelConfig", {
      model_version_id: this.id,
      ...(tensorFields !== undefined && { tensor_fields: tensorFields }),
      ...(filterThreshold !== undefined && { filter_threshold: filterThreshold }),
      ...(inputSchema !== undefined && { input_schema: inputSchema }),
      ...(outputSchema !== undefined && { output_schema: outputSchema }),
      ...(batchConfig !== undefined && { batch_config: batchConfig }),
    });
    const config = this.client.objects.modelConfig({ id: model_config.id, model: { id: this.id } });
    this.#config = Promise.resolve(config);
    return config;
  }

  async asDefinitionModel(): Promise<DefinitionModel> {
    const [name, version, sha] = await Promise.all([this.name(), this.version(), this.sha()]);
    if (sha !== null) return { name, version, sha };
    throw new TargetError("SL6053", `the model '${name}' has no digest: a definition cannot name it`, { model: name });
  }
}
