import { type Model, portsOf } from "../../dsl/model.js";
import { withRenamed } from "../../dsl/renamed-ports.js";
import { rowsOf } from "./model-rows.js";
import type { ModelConfig } from "./schema.js";

/** A model's handle as a config stores it. */
export function modelConfig(model: Model): ModelConfig {
  const [inputs, outputs] = [portsOf(model.inputs), portsOf(model.outputs)];
  return {
    name: model.name,
    version: model.version,
    sha256: model.sha256,
    inputs,
    outputs,
    rows: rowsOf({ inputs, outputs }),
    ...(model.batchSize !== undefined && { batchSize: model.batchSize }),
    ...(model.constants !== undefined && { constants: constantsConfig(model.constants) }),
    ...withRenamed(model.renamed),
  };
}

function constantsConfig(constants: NonNullable<Model["constants"]>): NonNullable<ModelConfig["constants"]> {
  return Object.fromEntries(
    Object.entries(constants).map(([input, { dtype, shape, data }]) => [
      input,
      { dtype, shape: [...shape], data: [...data] },
    ]),
  );
}
