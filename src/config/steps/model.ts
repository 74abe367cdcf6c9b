import * as z from "zod";
import { objectText, quote } from "../chain-text.js";
import { nameSchema } from "../schema-parts.js";
import { configStepKind, servingModels } from "./step-kind.js";

const schema = z.strictObject({
  kind: z.literal("model"),
  model: nameSchema,
  /** Model input <- current output or request column. */
  rename: z.record(z.string(), z.string()),
});

export const modelKind = configStepKind(schema, {
  models: ({ model }) => servingModels(model),
  fromBuilder: ({ kind, model, rename }) => ({ kind, model: model.name, rename: { ...rename } }),
  addTo: (pipeline, step, model) => pipeline.model(model(step.model), step.rename),
  callText({ model, rename }, handle) {
    const renaming = Object.keys(rename).length === 0 ? "" : `, ${objectText(rename, quote)}`;
    return `model(${handle(model)}${renaming})`;
  },
});
