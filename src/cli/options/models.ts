import type { ReadModelsOptions } from "../../../codegen/models/read-models.js";
import type { LoadedSettings } from "../../../codegen/settings/load.js";
import type { Settings } from "../../../codegen/settings/schema.js";
import type { Io } from "../output/io.js";

/** The models that a command uses, and the settings. */
export interface SelectedModels extends ReadModelsOptions {
  /** The base folder of relative model paths. */
  readonly cwd: string;
  readonly settings: Settings;
}

/** Selects the models: from the command line, else from the settings, else `models/*.onnx`. */
export function selectModels(io: Io, models: readonly string[], { settings, folder }: LoadedSettings): SelectedModels {
  const overrides = settings.overrides ?? {};
  // With models from the command line, overrides for other models are not an error.
  if (models.length > 0) return { models, cwd: io.cwd, overrides, unusedOverrides: "ignore", settings };
  return { models: settings.models ?? ["models/*.onnx"], cwd: folder, overrides, unusedOverrides: "refuse", settings };
}
