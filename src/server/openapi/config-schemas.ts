import type { Config } from "../../config/schema.js";
import { outputModel, returnedTupleModels } from "../../config/step-models.js";
import { type PipelineJSONSchema, portsJSONSchema } from "../../schema/json-schema.js";

/** The JSON Schemas of a config's requests and answers as records: those that `toJSONSchema` gives its pipeline. */
export function configSchemas({ name, inputs, missing = [], models, steps }: Config): PipelineJSONSchema {
  const outputsOf = (model: string) => models.find((each) => each.name === model)?.outputs ?? [];
  const prefixed = (names: readonly string[]) =>
    Object.fromEntries(names.map((model) => [`out_${model}`, outputsOf(model)]));
  const last = outputModel(steps);
  const returned = last === null ? returnedTupleModels(steps) : [];
  return portsJSONSchema({
    name,
    inputs,
    missing,
    outputs: last === null ? [] : outputsOf(last),
    models: prefixed(returned),
    challengers: prefixed(models.map((model) => model.name).filter((model) => !returned.includes(model))),
    validations: steps.flatMap((step) => (step.kind === "validation" ? [step.name] : [])),
  });
}
