import { rowsFirst } from "../../../dsl/rows.js";
import type { Config, ModelConfig } from "../../config/schema.js";
import { loggedTupleModels, outputModel, stepModels } from "../../config/step-models.js";
import type { LogLayout } from "../../logs/pipeline-log.js";
import type { LogSettings } from "../../logs/store.js";
import { withheldColumns } from "./withheld-columns.js";

type Outputs = ModelConfig["outputs"];

/**
 * The columns that the log of a config's version has. Its ports have the rows first, wherever the models stack them.
 *
 * @param settings what the log leaves out
 */
export function logLayout(config: Config, version: number, settings?: LogSettings): LogLayout {
  const layout = fullLayout(config, version);
  const withheld = settings === undefined ? undefined : withheldColumns(config, layout, settings);
  if (withheld === undefined) return layout;
  const kept = (group: string, ports: LogLayout["inputs"]) =>
    ports.filter(({ name }) => !withheld.excluded.includes(`${group}.${name}`));
  const models = (list: LogLayout["challengers"]) =>
    list.map(({ name, outputs }) => ({ name, outputs: kept(`out_${name}`, outputs) }));
  return {
    ...layout,
    inputs: kept("in", layout.inputs),
    outputs: kept("out", layout.outputs),
    models: models(layout.models ?? []),
    challengers: models(layout.challengers),
    withheld,
  };
}

function fullLayout(config: Config, version: number): LogLayout {
  const outputsOf = (name: string): Outputs =>
    config.models.find((model) => model.name === name)?.outputs.map(rowsFirst) ?? [];
  const named = (names: Iterable<string>) => Array.from(names, (name) => ({ name, outputs: outputsOf(name) }));
  const last = outputModel(config.steps);
  return {
    pipeline: config.name,
    version,
    inputs: config.inputs.map(rowsFirst),
    outputs: last === null ? [] : outputsOf(last),
    models: named(loggedTupleModels(config.steps)),
    challengers: named(new Set(config.steps.flatMap((step) => stepModels(step).challengers))),
    validations: config.steps.flatMap((step) => (step.kind === "validation" ? [step.name] : [])),
  };
}
