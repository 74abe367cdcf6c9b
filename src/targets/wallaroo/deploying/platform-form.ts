import type { Config } from "../../../config/schema.js";
import type { DefinitionForm } from "../../../wallaroo/definition.js";
import type { Dialect } from "../../../wallaroo/platform.js";
import type { RegisteredModel } from "./registry.js";

/** How definitions are written for a platform: alerts are gauges in those of older ones. */
export const formOf = (dialect: Dialect): DefinitionForm =>
  dialect === "checks" ? { dialect, alerts: "gauges" } : { dialect };

/** Whether a config has steps whose texts depend on the dialect. */
export const hasChecks = ({ steps }: Config): boolean =>
  steps.some(({ kind }) => kind === "validation" || kind === "alert");

/** A config with the versions of its models on the platform, which names versions itself. */
export function withVersions(config: Config, registered: readonly RegisteredModel[]): Config {
  const versions = new Map(registered.map(({ name, version }) => [name, version]));
  const models = config.models.map((model) => ({ ...model, version: versions.get(model.name) ?? model.version }));
  return { ...config, models };
}
