import type { Config } from "../../../config/schema.js";
import { isRecord } from "../../../util/objects.js";
import type { PlaneState } from "../state/plane-state.js";
import type { ModelVersion, PipelineRow, PipelineVersionRow } from "../state/rows.js";
import { configOfDefinition, type ConfiguredModel } from "./config-of-definition.js";

/** What deploying a version takes. */
export interface RunnableVersion {
  readonly config: Config;
  /** The files of its models, by digest. */
  readonly paths: ReadonlyMap<string, string>;
  /** The keys of the model configurations that it uses. */
  readonly configs: readonly number[];
}

/**
 * The config of a version, the files of its models, and the configurations that it uses.
 *
 * @param modelConfigs configurations that the call names; the newest ones of other models
 * @throws PlatformError 400 with everything that cannot be run, and where it is
 */
export async function runnableVersion(
  plane: PlaneState,
  pipeline: PipelineRow,
  version: PipelineVersionRow,
  modelConfigs: readonly number[] | null,
): Promise<RunnableVersion> {
  const { models } = plane;
  const pathsOf = (used: readonly ModelVersion[]): Map<string, string> =>
    new Map(used.map(({ sha, path }) => [sha, path ?? plane.files.pathOf(sha)]));
  if (version.is_config && version.engine_version !== null) {
    const number = version.engine_version;
    const config = await plane.host.using(pipeline.engine_name, (live) => live.configuration(number));
    const found = config.models.map(({ name, version: own, sha256 }) => models.find(name, own, sha256));
    return { config, paths: pathsOf(found), configs: found.map(({ id }) => models.latestConfig(id).id) };
  }
  const given = new Map(
    (modelConfigs ?? []).map((id) => {
      const row = models.config(id);
      return [row.model_id, row];
    }),
  );
  const found = modelsOfDefinition(version.definition).map(({ name, version: own, sha }) =>
    models.find(name, own, sha),
  );
  const used = found.map((model) => ({ model, config: given.get(model.id) ?? models.latestConfig(model.id) }));
  const configured = used.map(({ model, config }): ConfiguredModel => ({ model, tensorFields: config.tensor_fields }));
  const definition = isRecord(version.definition)
    ? { ...version.definition, id: pipeline.pipeline_id }
    : version.definition;
  const config = configOfDefinition(definition, pipeline.engine_name, configured, plane.pipelines.alertsOf(version));
  return { config, paths: pathsOf(found), configs: used.map((each) => each.config.id) };
}

interface NamedModel {
  readonly name: string;
  readonly version: string;
  readonly sha: string;
}

/** The models that a definition names, wherever they stand; its form is checked later. */
function modelsOfDefinition(definition: unknown): NamedModel[] {
  const found = new Map<string, NamedModel>();
  const visit = (value: unknown, depth: number): void => {
    if (depth > 8) return;
    if (Array.isArray(value)) for (const each of value) visit(each, depth + 1);
    if (!isRecord(value)) return;
    const { name, version, sha } = value;
    if (typeof name === "string" && typeof version === "string" && typeof sha === "string")
      found.set(`${name}\n${version}\n${sha}`, { name, version, sha });
    else for (const each of Object.values(value)) visit(each, depth + 1);
  };
  visit(definition, 0);
  return [...found.values()];
}
