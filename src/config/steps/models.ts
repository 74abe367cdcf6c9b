import * as z from "zod";
import { nameSchema } from "../schema-parts.js";
import { configStepKind, servingModels } from "./step-kind.js";

/** All models get the same input; their outputs form a tuple. */
const schema = z.strictObject({ kind: z.literal("models"), models: z.array(nameSchema).min(1) });

export const modelsKind = configStepKind(schema, {
  models: ({ models }) => servingModels(...models),
  fromBuilder: ({ kind, models }) => ({ kind, models: models.map(({ name }) => name) }),
  addTo: (pipeline, { models }, model) => pipeline.models(models.map(model)),
  callText: ({ models }, handle) => `models([${models.map(handle).join(", ")}])`,
});
