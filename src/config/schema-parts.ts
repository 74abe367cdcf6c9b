import * as z from "zod";
import { expressionTree } from "../expression/tree/schema.js";
import { hasUnsafe } from "../util/escape-text.js";

/**
 * A name, as of a port or a symbol. Names appear in messages, files and terminals, so that they hold
 * nothing invisible.
 */
export const anyNameSchema = z
  .string()
  .refine((name) => !hasUnsafe(name), "expected a name without control characters and invisible letters");

/** A non-empty name, as of a pipeline, model or step. */
export const nameSchema = anyNameSchema.min(1);

/** A key or value of metadata, which callers choose: any text without control characters. */
export const metadataSchema = z
  .string()
  .refine((text) => !/\p{Cc}/u.test(text), "expected a text without control characters");

/**
 * What a lambda compiles to: its typed tree, and per back-end the text or the reason why there is none. The texts
 * follow from the tree, except for the text that `kept` names: it was read from a definition of the platform.
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
