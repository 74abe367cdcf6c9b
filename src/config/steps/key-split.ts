import * as z from "zod";
import { objectText, quote } from "../chain-text.js";
import { metadataSchema, nameSchema } from "../schema-parts.js";
import { configStepKind, servingModels } from "./step-kind.js";

const schema = z.strictObject({
  kind: z.literal("keySplit"),
  /** The key of the request's metadata. */
  key: metadataSchema.min(1),
  default: nameSchema,
  /** Value of the key -> model. */
  routes: z.record(metadataSchema, nameSchema),
});

export const keySplitKind = configStepKind(schema, {
  models: (step) => servingModels(step.default, ...Object.values(step.routes)),
  splitKey: ({ key }) => key,
  fromBuilder: ({ kind, key, default: fallback, routes }) => ({
    kind,
    key,
    default: fallback.name,
    routes: Object.fromEntries(Object.entries(routes).map(([value, model]) => [value, model.name])),
  }),
  addTo: (pipeline, step, model) =>
    pipeline.keySplit(step.key, {
      default: model(step.default),
      routes: Object.fromEntries(Object.entries(step.routes).map(([value, name]) => [value, model(name)])),
    }),
  callText: (step, handle) =>
    `keySplit(${quote(step.key)}, { default: ${handle(step.default)}, routes: ${objectText(step.routes, handle)} })`,
});
