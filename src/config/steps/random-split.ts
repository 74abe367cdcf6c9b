import * as z from "zod";
import { quote } from "../chain-text.js";
import { metadataSchema, nameSchema } from "../schema-parts.js";
import { configStepKind, servingModels } from "./step-kind.js";

const schema = z.strictObject({
  kind: z.literal("randomSplit"),
  /** The key of the request's metadata whose value decides; null: the choice is random. */
  hashKey: metadataSchema.min(1).nullable(),
  weights: z.array(z.strictObject({ model: nameSchema, weight: z.number().positive() })).min(1),
});

export const randomSplitKind = configStepKind(schema, {
  models: ({ weights }) => servingModels(...weights.map(({ model }) => model)),
  splitKey: ({ hashKey }) => hashKey,
  fromBuilder: ({ kind, hashKey, weights }) => ({
    kind,
    hashKey,
    weights: weights.map(([weight, model]) => ({ model: model.name, weight })),
  }),
  addTo: (pipeline, { weights, hashKey }, model) =>
    pipeline.randomSplit(
      weights.map(({ weight, model: name }) => [weight, model(name)] as const),
      hashKey === null ? {} : { hashKey },
    ),
  callText({ weights, hashKey }, handle) {
    const pairs = weights.map(({ weight, model }) => `[${weight}, ${handle(model)}]`);
    return `randomSplit([${pairs.join(", ")}]${hashKey === null ? "" : `, { hashKey: ${quote(hashKey)} }`})`;
  },
});
