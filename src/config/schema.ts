import { z } from "zod";
import { dtypes } from "../../dsl/tensor.js";
import { expressionTree } from "../expression/tree.js";

const name = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits");
const dim = z.union([z.number().int().nonnegative(), z.string().min(1), z.null()]);

export const portSchema = z.strictObject({ name: z.string(), dtype: z.enum(dtypes), shape: z.array(dim).nullable() });

export const modelSchema = z.strictObject({
  name,
  version: name,
  sha256,
  inputs: z.array(portSchema).min(1),
  outputs: z.array(portSchema).min(1),
});

export const modelStepSchema = z.strictObject({
  kind: z.literal("model"),
  model: name,
  /** Model input <- current output or request column. */
  rename: z.record(z.string(), z.string()),
});

export const shadowStepSchema = z.strictObject({
  kind: z.literal("shadow"),
  champion: name,
  challengers: z.array(name).min(1),
});

export const expressionSchema = z.strictObject({
  tree: expressionTree,
  strings: z.record(z.string(), z.string()),
  refused: z.record(z.string(), z.strictObject({ code: z.string(), reason: z.string() })),
});

export const validationStepSchema = z.strictObject({
  kind: z.literal("validation"),
  name,
  source: z.string(),
  expression: expressionSchema,
});

export const stepSchema = z.discriminatedUnion("kind", [modelStepSchema, shadowStepSchema, validationStepSchema]);

/** What the types left open: `input` of `model` at `step` must have `expects` elements along `axis`, or rank `expects` where `axis` is null. A symbol must be one size in all its places. */
export const runtimeCheckSchema = z.strictObject({
  step: z.number().int().nonnegative(),
  model: name,
  input: z.string(),
  axis: z.number().int().nonnegative().nullable(),
  expects: z.union([z.number().int().nonnegative(), z.string().min(1)]),
});

export const configSchema = z.strictObject({
  shapeline: z.literal(1),
  name,
  /** The request's columns. */
  inputs: z.array(portSchema).min(1),
  models: z.array(modelSchema).min(1),
  steps: z.array(stepSchema).min(1),
  checks: z.array(runtimeCheckSchema),
  hash: sha256,
});

/** A config is data that nobody changes: readonly all the way down. */
type Data<T> = T extends readonly (infer E)[] ? readonly Data<E>[] : T extends object ? { readonly [K in keyof T]: Data<T[K]> } : T;

export type ModelConfig = Data<z.infer<typeof modelSchema>>;
export type StepConfig = Data<z.infer<typeof stepSchema>>;
export type RuntimeCheck = Data<z.infer<typeof runtimeCheckSchema>>;
/** A pipeline as data: everything a target needs, and nothing of the author's machine. */
export type Config = Data<z.infer<typeof configSchema>>;
