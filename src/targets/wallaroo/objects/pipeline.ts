import { TargetError } from "../../../../dsl/errors.js";
import { isRecord } from "../../../util/objects.js";
import { documents } from "../../../wallaroo/api/documents.js";
import type { Definition } from "../../../wallaroo/definition.js";
import { modelsOf } from "../edits/make-steps.js";
import { isPlatformName, nameRule } from "../../../wallaroo/platform.js";
import type { DefinitionStep } from "../../../wallaroo/steps.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import { definitionModel, findByVersion } from "../deploying/registry.js";
import { learnPorts } from "../deploying/registry-ports.js";
import { runVersion } from "../deploying/run-version.js";
import { findOrCreateVersion } from "../deploying/versions.js";
import { type Edit, type EditedSteps, liveAlerts } from "../edits/edit-steps.js";
import { EditablePipeline } from "../edits/editable-pipeline.js";
import { WallarooDeploymentImpl } from "../wallaroo-deployment.js";
import type { ObjectClient } from "./lazy-object.js";
import type {
  Deployment,
  ExplainabilityConfig,
  ModelConfig,
  Pipeline,
  PipelineDeployOptions,
  PipelineVersion,
  Tag,
  WallarooDeployment,
  Workspace,
} from "./types.js";

export class PipelineObject extends EditablePipeline implements Pipeline {
  readonly #edits: readonly Edit[];
  #applied: Promise<EditedSteps> | null = null;

  constructor(client: ObjectClient, data: object, edits: readonly Edit[] = []) {
    super("pipeline", client, data);
    this.#edits = edits;
  }

  protected edited(edit: Edit): Pipeline {
    const made = new PipelineObject(this.client, { id: this.id }, [...this.#edits, edit]);
    made.learnFrom(this);
    return made;
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

  override refresh(): this {
    this.#applied = null;
    return super.refresh();
  }

  async definition(): Promise<Definition> {
    if (this.#edits.length === 0) return this.#stored();
    const [id, { steps }] = await Promise.all([this.name(), this.#editedSteps()]);
    return { id, steps };
  }

  async steps(): Promise<readonly DefinitionStep[]> {
    return (await this.definition()).steps;
  }

  /** The newest version with steps: `build_pipeline` of the SDK makes one without. */
  async #stored(): Promise<Definition> {
    for (const version of await this.versions()) {
      const definition = await version.definition();
      if (isRecord(definition) && Array.isArray(definition["steps"])) return definition as unknown as Definition;
    }
    return { id: await this.name(), steps: [] };
  }

  /** Applies the edits once. A failure is forgotten, so that the next caller tries again. */
  #editedSteps(): Promise<EditedSteps> {
    return (this.#applied ??= this.#apply().catch((error: unknown) => {
      this.#applied = null;
      throw error;
    }));
  }

  async #apply(): Promise<EditedSteps> {
    const { client } = this;
    const [pipeline, dialect, { steps }] = await Promise.all([this.name(), client.dialect(), this.#stored()]);
    let edited: EditedSteps = { steps, alerts: [] };
    for (const edit of this.#edits)
      edited = await edit(edited, {
        pipeline,
        dialect,
        requireDialect: () => client.requireDialect(pipeline),
        known: async (before) => {
          await learnPorts(client, before);
          return client.signatures.of(before);
        },
        model: (reference) => definitionModel(client, reference),
      });
    return edited;
  }

  async modelConfigs(): Promise<ModelConfig[]> {
    const models = (await this.steps()).flatMap(modelsOf);
    return Promise.all(
      models.map(async (model) => {
        const { id } = await findByVersion(this.client, model);
        return this.client.objects.modelVersion({ id }).config();
      }),
    );
  }

  async explainabilityConfigs(): Promise<ExplainabilityConfig[]> {
    if (await this.client.isRecent())
      throw new TargetError("SL6053", "platforms since 2024.4 have no explainability configs", {});
    const configs = await this.client.rest("explainabilityConfigs", { pipeline_id: this.id });
    return configs.map(({ id, status = null }) => ({ id, status }));
  }

  async addTag(text: string): Promise<Tag> {
    const { insert_tag: made } = await this.client.query(documents.createTag, { tag_text: text });
    const [tag] = made.returning;
    await this.client.query(documents.tagPipeline, { pipeline_id: this.id, tag_id: tag.id });
    this.forget("pipeline_tags");
    return tag;
  }

  async removeTag(text: string): Promise<void> {
    this.forget("pipeline_tags");
    for (const { id, tag } of await this.tags())
      if (tag === text) await this.client.query(documents.untagPipeline, { pipeline_id: this.id, tag_id: id });
    this.forget("pipeline_tags");
  }

  async createVersion(): Promise<PipelineVersion> {
    return this.client.objects.pipelineVersion({ id: await this.#upload() });
  }

  async deploy(options: PipelineDeployOptions = {}): Promise<WallarooDeployment> {
    requireKnownOptions("deploy()", options, ["name", "timeoutMs", "signal", "onProgress"]);
    const { client } = this;
    const { name: given, ...wait } = options;
    if (given !== undefined && !isPlatformName(given))
      throw new TargetError("SL6011", `deploy(): the option 'name' is '${given}', and ${nameRule}`, { option: "name" });
    const name = given ?? (await (await this.deployment())?.name());
    const { steps } = await this.definition();
    const models = await Promise.all(steps.flatMap(modelsOf).map((model) => findByVersion(client, model)));
    const version = await this.#upload();
    const own = client.objects.pipeline({ id: this.id, pipeline_id: await this.name() });
    await runVersion(client, own, version, models, { ...(name !== undefined && { name }), ...wait });
    return new WallarooDeploymentImpl(client, own.refresh(), await this.name(), []);
  }

  /** The key of a version with the edited steps. */
  async #upload(): Promise<number> {
    const definition = await this.definition();
    if (definition.steps.length === 0)
      throw new TargetError(
        "SL6053",
        `pipeline '${definition.id}' has no steps: add a model before it is deployed, with addModelStep(model)`,
        { pipeline: definition.id },
      );
    const alerts = this.#edits.length === 0 ? [] : liveAlerts(await this.#editedSteps());
    return (await findOrCreateVersion(this.client, this.refresh(), definition, alerts)).id;
  }
}
