import type { Config } from "../../../config/schema.js";
import { type AlertConfiguration, runnableDefinition, type UploadedModel } from "../../../wallaroo/index.js";
import { PlatformError } from "../errors.js";
import type { ModelVersion } from "../state/rows.js";

/** An uploaded version with the names that its configuration gives to the request's columns. */
export interface ConfiguredModel {
  readonly model: ModelVersion;
  readonly tensorFields: readonly string[] | null;
}

/**
 * The config that runs a definition.
 *
 * @param name the pipeline's name in the data folder
 * @param models the uploaded versions of the definition's models
 * @param alerts the conditions of the pipeline's alerts
 * @throws PlatformError 400 with everything that cannot be run, and where it is
 */
export function configOfDefinition(
  definition: unknown,
  name: string,
  models: readonly ConfiguredModel[],
  alerts: readonly AlertConfiguration[],
): Config {
  const { config, problems } = runnableDefinition(definition, { name, models: models.map(uploadedModel), alerts });
  if (config === null) {
    const lines = problems.map(({ path, message }) => `${path}: ${message}`);
    throw new PlatformError(400, `the pipeline cannot be deployed here: ${lines.join("; ")}`);
  }
  return config;
}

/** A column that a configuration renames has its new name in the definition's expressions, too. */
function uploadedModel({ model, tensorFields }: ConfiguredModel): UploadedModel {
  const { model_id, model_version, sha, inputs, outputs } = model;
  const renamed = inputs.flatMap(({ name }, i): [string, string][] => {
    const column = tensorFields?.[i];
    return column === undefined || column === name ? [] : [[column, name]];
  });
  return {
    name: model_id,
    version: model_version,
    sha256: sha,
    inputs: inputs.map((port, i) => ({ ...port, name: tensorFields?.[i] ?? port.name })),
    outputs,
    ...(renamed.length > 0 && { renamed: { inputs: Object.fromEntries(renamed) } }),
  };
}
