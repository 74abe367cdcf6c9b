import * as z from "zod";
import { nameSchema } from "../schema-parts.js";
import { configStepKind } from "./step-kind.js";

const schema = z.strictObject({
  kind: z.literal("shadow"),
  champion: nameSchema,
  challengers: z.array(nameSchema).min(1),
});

export const shadowKind = configStepKind(schema, {
  models: ({ champion, challengers }) => ({ serving: [champion], challengers }),
  fromBuilder: ({ kind, champion, challengers }) => ({
    kind,
    champion: champion.name,
    challengers: challengers.map(({ name }) => name),
  }),
  addTo: (pipeline, step, model) => pipeline.shadow(model(step.champion), step.challengers.map(model)),
  callText: ({ champion, challengers }, handle) =>
    `shadow(${handle(champion)}, [${challengers.map(handle).join(", ")}])`,
});
