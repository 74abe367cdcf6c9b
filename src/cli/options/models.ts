import type { ReadModelsOptions } from "../../../codegen/models/read-models.js";
import type { LoadedSettings } from "../../../codegen/settings/load.js";
import type { Settings } from "../../../codegen/settings/schema.js";
import type { Io } from "../output/io.js";

/** Which models a command is about, and the settings it found. */
export interface SelectedModels extends ReadModelsOptions {
  /** What their paths are relative to. */
  readonly cwd: string;
  readonly settings: Settings;
}

/** The models that the command line names, or else those of the settings, or else `models/*.onnx`. */
export function selectModels(io: Io, models: readonly string[], { settings, folder }: LoadedSettings): SelectedModels {
  const overrides = settings.overrides ?? {};
  // Who names a few models on the command line has overrides for others too.
  if (models.length > 0) return { models, cwd: io.cwd, overrides, unusedOverrides: "ignore", settings };
  return { models: settings.models ?? ["models/*.onnx"], cwd: folder, overrides, unusedOverrides: "refuse", settings };
}
