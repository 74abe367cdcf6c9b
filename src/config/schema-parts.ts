import * as z from "zod";
import { expressionTree } from "../expression/tree/schema.js";

/** A non-empty name, as of a pipeline, model, step or metadata key. */
export const nameSchema = z.string().min(1);

/**
 * What a lambda compiles to: its typed tree, and per back-end the text or the reason why there is none. The texts follow
 * from the tree, except for the text that `kept` names: it was read from a definition of the platform.
 */
export const expressionSchema = z.strictObject({
  tree: expressionTree,
  strings: z.record(z.string(), z.string()),
  refused: z.record(z.string(), z.strictObject({ code: z.string(), reason: z.string() })),
  kept: z.enum(["polars-0.18", "checks"]).optional(),
});

/** Configs are immutable: readonly at every level. */
export type Data<T> = T extends readonly (infer E)[]
  ? readonly Data<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Data<T[K]> }
    : T;
