import * as z from "zod";
import { configStepKind } from "./step-kind.js";

/** Which outputs of the tuple are logged: `from` (included) to `to` (excluded); null is the end. */
const schema = z.strictObject({
  kind: z.literal("audit"),
  from: z.number().int().nonnegative(),
  to: z.number().int().nonnegative().nullable(),
});

const sliceText = ({ from, to }: { readonly from: number; readonly to: number | null }): string =>
  `${from}:${to ?? ""}`;

export const auditKind = configStepKind(schema, {
  fromBuilder: ({ kind, from, to }) => ({ kind, from, to }),
  addTo: (pipeline, step) => pipeline.audit(sliceText(step)),
  callText: (step) => `audit("${sliceText(step)}")`,
});
