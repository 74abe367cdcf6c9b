import { randomUUID } from "node:crypto";
import type { Config } from "../../../config/schema.js";
import { isRecord } from "../../../util/objects.js";
import { notFound, PlatformError } from "../errors.js";
import type { StoredModel } from "./model-store.js";
import { now } from "./now.js";
import type { ModelName, ModelVersion, Rows } from "./rows.js";
import type { Change, TablesView } from "./tables.js";
import { systemUser, type Workspaces } from "./workspaces.js";

/** What a configuration of a version says. */
export type ModelSettingsGiven = Partial<Omit<Rows["model_config"], "id" | "model_id" | "runtime" | "created_at">>;

/** A version to add. */
interface NewVersion extends Pick<ModelVersion, "sha" | "visibility" | "conversion" | "inputs" | "outputs" | "path"> {
  readonly name: string;
  readonly workspace: number;
  readonly version: string;
  readonly fileName: string;
  /** Bytes, if known. */
  readonly size: number | null;
  readonly user: string;
  /** Of its first configuration. */
  readonly settings?: ModelSettingsGiven;
}

/** Model names, their versions, and the configurations of those. */
export class Models {
  readonly #tables: TablesView;
  readonly #workspaces: Workspaces;

  constructor(tables: TablesView, workspaces: Workspaces) {
    this.#tables = tables;
    this.#workspaces = workspaces;
  }

  /** @throws PlatformError 404 */
  get(id: number): ModelVersion {
    return this.#tables.require("model", id, "model version");
  }

  /** @throws PlatformError 400 for a version that nobody uploaded */
  find(name: string, version: string, sha: string): ModelVersion {
    const found = this.#tables.find("model", isVersion(name, version, sha));
    if (found !== undefined) return found;
    throw new PlatformError(
      400,
      `model '${name}', version '${version}', is not on this server; upload it, and build the pipeline with that version`,
    );
  }

  /** Adds an uploaded file as the newest version of a name. */
  add(
    { sha256: sha, bytes: size, inputs, outputs }: StoredModel,
    about: Pick<NewVersion, "name" | "workspace" | "visibility" | "conversion" | "fileName" | "user" | "settings">,
  ): Promise<ModelVersion> {
    return this.#tables.change(() => {
      this.#workspaces.open(about.workspace);
      const changes: Change[] = [];
      const version = { ...about, version: randomUUID(), sha, size, inputs, outputs, path: null };
      return { changes, answer: this.#newVersion(changes, version) };
    });
  }

  /** Adds the models of a pipeline that was deployed in another way. */
  addOf(
    changes: Change[],
    config: Config,
    files: readonly { readonly sha256: string; readonly path: string }[],
    workspace: number,
  ): void {
    for (const { name, version, sha256, inputs, outputs } of config.models) {
      if (this.#tables.find("model", isVersion(name, version, sha256)) !== undefined) continue;
      this.#newVersion(changes, {
        name,
        workspace,
        version,
        sha: sha256,
        fileName: `${name}.onnx`,
        size: null,
        visibility: "private",
        user: systemUser,
        conversion: { framework: "onnx" },
        inputs,
        outputs,
        path: files.find((file) => file.sha256 === sha256)?.path ?? null,
      });
    }
  }

  #newVersion(changes: Change[], about: NewVersion): ModelVersion {
    const time = now();
    const isNamed = (row: ModelName): boolean => row.name === about.name && row.workspace_id === about.workspace;
    let named = this.#tables.find("models", isNamed);
    if (named === undefined) {
      for (const [table, , row] of changes) if (table === "models" && row !== null && isNamed(row)) named = row;
    }
    if (named === undefined) {
      named = {
        id: this.#tables.nextId("models"),
        name: about.name,
        workspace_id: about.workspace,
        created_at: time,
        owner_id: about.user,
      };
      changes.push(["models", named.id, named]);
    }
    const model: ModelVersion = {
      id: this.#tables.nextId("model"),
      models_pk_id: named.id,
      model_id: about.name,
      model_version: about.version,
      sha: about.sha,
      file_name: about.fileName,
      file_size: about.size,
      status: "ready",
      visibility: about.visibility,
      owner_id: about.user,
      created_at: time,
      updated_at: time,
      conversion: about.conversion,
      inputs: about.inputs,
      outputs: about.outputs,
      path: about.path,
    };
    const config = newConfig(this.#tables.nextId("model_config"), model.id, about.settings ?? {});
    changes.push(["model", model.id, model], ["model_config", config.id, config]);
    return model;
  }

  /** The newest configuration of a version. */
  latestConfig(model: number): Rows["model_config"] {
    const found = this.#tables.filter("model_config", (row) => row.model_id === model).at(-1);
    if (found === undefined) throw notFound(`a configuration of model version ${model}`);
    return found;
  }

  /** @throws PlatformError 404 */
  config(id: number): Rows["model_config"] {
    return this.#tables.require("model_config", id, "model configuration");
  }

  addConfig(model: number, given: ModelSettingsGiven): Promise<Rows["model_config"]> {
    return this.#tables.change(() => {
      const { inputs, model_id } = this.get(model);
      const { tensor_fields: fields = null } = given;
      if (fields !== null && fields.length !== inputs.length)
        throw new PlatformError(
          400,
          `tensor_fields has ${fields.length} names, and model '${model_id}' has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(", ")}): give one name for each`,
        );
      if (given.batch_config !== undefined && given.batch_config !== null && given.batch_config !== "single")
        if (!isRecord(given.batch_config))
          throw new PlatformError(400, "batch_config is neither 'single' nor an object");
      const config = newConfig(this.#tables.nextId("model_config"), model, given);
      return { changes: [["model_config", config.id, config]], answer: config };
    });
  }
}

function isVersion(name: string, version: string, sha: string): (row: ModelVersion) => boolean {
  return (row) => row.model_id === name && row.model_version === version && row.sha === sha;
}

function newConfig(id: number, model: number, given: ModelSettingsGiven): Rows["model_config"] {
  return {
    id,
    model_id: model,
    runtime: "onnx",
    tensor_fields: given.tensor_fields ?? null,
    filter_threshold: given.filter_threshold ?? null,
    input_schema: given.input_schema ?? null,
    output_schema: given.output_schema ?? null,
    batch_config: given.batch_config ?? null,
    created_at: now(),
  };
}
