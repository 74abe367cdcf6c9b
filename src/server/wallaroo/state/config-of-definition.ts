import type { KnownModel } from "../../../wallaroo/index.js";
import { fromDefinition } from "../../../wallaroo/index.js";
import { sealConfig } from "../../../config/config.js";
import type { Config, ModelConfig } from "../../../config/schema.js";
import { PlatformError } from "../errors.js";
import type { ModelVersion } from "./rows.js";

/** An uploaded version with the names that its configuration gives to the request's columns. */
export interface ConfiguredModel {
  readonly model: ModelVersion;
  readonly tensorFields: readonly string[] | null;
}

/**
 * The config that runs a definition.
 *
 * @param name the pipeline's name in the data folder
 * @param modelsByName the uploaded version of each model of the definition
 * @throws PlatformError 400 with everything that cannot be run, and where it is
 */
export function configOfDefinition(
  definition: unknown,
  name: string,
  modelsByName: ReadonlyMap<string, ConfiguredModel>,
): Config {
  const known = [...modelsByName.values()].map(knownModel);
  const { config, problems } = fromDefinition(definition, { models: known });
  if (config === null || problems.length > 0) {
    const lines = problems.map(({ path, message }) => `${path}: ${message}`);
    throw new PlatformError(400, `the pipeline cannot be deployed here: ${lines.join("; ")}`);
  }
  const { hash: _, ...content } = config;
  return sealConfig({
    ...content,
    name,
    models: content.models.map((model) => withFileNames(model, modelsByName.get(model.name))),
  });
}

/** A column that a configuration renames has its new name in the definition's expressions, too. */
function knownModel({ model, tensorFields }: ConfiguredModel): KnownModel {
  const { model_id, sha, inputs, outputs } = model;
  return {
    name: model_id,
    sha256: sha,
    inputs: inputs.map((port, i) => ({ ...port, name: tensorFields?.[i] ?? port.name })),
    outputs,
  };
}

/** Says which names the file has. */
function withFileNames(config: ModelConfig, configured: ConfiguredModel | undefined): ModelConfig {
  const { tensorFields = null, model } = configured ?? {};
  const renamed = (model?.inputs ?? []).flatMap(({ name }, i): [string, string][] => {
    const column = tensorFields?.[i];
    return column === undefined || column === name ? [] : [[column, name]];
  });
  return renamed.length === 0 ? config : { ...config, renamed: { inputs: Object.fromEntries(renamed) } };
}
