import { ConfigError } from "../../../../dsl/errors.js";
import type { Config } from "../../../config/schema.js";
import { writeStep } from "../../../wallaroo/steps.js";
import { toDefinition } from "../../../wallaroo/index.js";

/**
 * The definition that shows a config to the platform's SDK. A part that no definition can say is left out: the stored
 * config is what runs.
 */
export function describeConfig(config: Config, name: string): unknown {
  try {
    return toDefinition({ ...config, name }, { dialect: "polars" });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const models = new Map(
      config.models.map(({ name: own, version, sha256 }) => [own, { name: own, version, sha: sha256 }]),
    );
    return {
      id: name,
      steps: config.steps.flatMap((step) =>
        writeStep(step, (model) => models.get(model) ?? { name: model, version: "", sha: "" }),
      ),
    };
  }
}
