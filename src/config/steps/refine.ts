import * as z from "zod";
import { objectText } from "../chain-text.js";
import { anyNameSchema } from "../schema-parts.js";
import { configStepKind } from "./step-kind.js";

/** Symbols that become sizes from this step on. */
const schema = z.strictObject({
  kind: z.literal("refine"),
  sizes: z.record(anyNameSchema, z.number().int().nonnegative()),
});

export const refineKind = configStepKind(schema, {
  fromBuilder: ({ kind, sizes }) => ({ kind, sizes: { ...sizes } }),
  addTo: (pipeline, { sizes }) => pipeline.refine(sizes),
  callText: ({ sizes }) => `refine(${objectText(sizes, String)})`,
});
