import type { Config } from "../../config/schema.js";
import { returnedTupleModels } from "../../config/step-models.js";
import { awaitedModels } from "../../engine/awaited-models.js";
import { metadataColumns } from "../../tensors/metadata-columns.js";
import { logLayout } from "./log-layout.js";

/** The flat names of all columns that an answer can have, in order. */
export function answerColumns(config: Config, awaitAll: boolean): string[] {
  const { inputs, outputs, challengers, validations } = logLayout(config, 0);
  const read = awaitedModels(config);
  const beside = [
    ...returnedTupleModels(config.steps),
    ...challengers.map(({ name }) => name).filter((name) => awaitAll || read.has(name)),
  ];
  const outputsOf = (name: string) => config.models.find((model) => model.name === name)?.outputs ?? [];
  return [
    "time",
    ...inputs.map(({ name }) => `in.${name}`),
    ...outputs.map(({ name }) => `out.${name}`),
    ...beside.flatMap((model) => outputsOf(model).map(({ name }) => `out_${model}.${name}`)),
    "anomaly.count",
    ...validations.map((name) => `anomaly.${name}`),
    "check_failures",
    ...Array.from(metadataColumns.keys(), (name) => `metadata.${name}`),
  ];
}
