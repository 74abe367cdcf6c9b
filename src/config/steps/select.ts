import * as z from "zod";
import { configStepKind } from "./step-kind.js";

/** Which output of the tuple becomes the step's output. */
const schema = z.strictObject({ kind: z.literal("select"), index: z.number().int().nonnegative() });

export const selectKind = configStepKind(schema, {
  fromBuilder: ({ kind, index }) => ({ kind, index }),
  addTo: (pipeline, { index }) => pipeline.select(index),
  callText: ({ index }) => `select(${index})`,
});
