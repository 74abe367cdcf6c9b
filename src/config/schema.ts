import * as z from "zod";
import { dtypes } from "../../dsl/tensor.js";
import { alertTree, expressionTree } from "../expression/tree/tree.js";

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
  /** The file's names of ports that are called otherwise here, by the names here. */
  renamed: z
    .strictObject({ inputs: z.record(name, name).optional(), outputs: z.record(name, name).optional() })
    .optional(),
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

/** The same input to all; their outputs go on as a tuple. */
export const modelsStepSchema = z.strictObject({ kind: z.literal("models"), models: z.array(name).min(1) });

/** Which outputs of the tuple are logged: from `from` up to, and without, `to`; null is the end. */
export const auditStepSchema = z.strictObject({
  kind: z.literal("audit"),
  from: z.number().int().nonnegative(),
  to: z.number().int().nonnegative().nullable(),
});

/** Which output of the tuple goes on. */
export const selectStepSchema = z.strictObject({ kind: z.literal("select"), index: z.number().int().nonnegative() });

export const keySplitStepSchema = z.strictObject({
  kind: z.literal("keySplit"),
  /** The key of the request's metadata. */
  key: name,
  default: name,
  /** Value of the key -> model. */
  routes: z.record(z.string(), name),
});

export const randomSplitStepSchema = z.strictObject({
  kind: z.literal("randomSplit"),
  /** The key of the request's metadata whose value decides; null: chance alone. */
  hashKey: name.nullable(),
  weights: z.array(z.strictObject({ model: name, weight: z.number().positive() })).min(1),
});

/** Symbols that become sizes from here on. */
export const refineStepSchema = z.strictObject({
  kind: z.literal("refine"),
  sizes: z.record(z.string(), z.number().int().nonnegative()),
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

const days = 86_400;

/** A condition over the rows of the last `overSeconds`, which must hold for `forSeconds` before the alert fires. */
export const alertStepSchema = z.strictObject({
  kind: z.literal("alert"),
  name,
  source: z.string(),
  overSeconds: z
    .number()
    .int()
    .min(1)
    .max(30 * days),
  forSeconds: z
    .number()
    .int()
    .min(0)
    .max(30 * days),
  expression: expressionSchema.extend({ tree: alertTree }),
});

export const stepSchema = z.discriminatedUnion("kind", [
  modelStepSchema,
  modelsStepSchema,
  auditStepSchema,
  selectStepSchema,
  keySplitStepSchema,
  randomSplitStepSchema,
  shadowStepSchema,
  validationStepSchema,
  alertStepSchema,
  refineStepSchema,
]);

/** What the types left open: `input` of `model` at `step` must have `expects` elements along `axis`, or rank `expects` where `axis` is null. A symbol must be one size in all its places. At a refine step `model` is null and `input` a tensor that arrives there. */
export const runtimeCheckSchema = z.strictObject({
  step: z.number().int().nonnegative(),
  model: name.nullable(),
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
type Data<T> = T extends readonly (infer E)[]
  ? readonly Data<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Data<T[K]> }
    : T;

export type ModelConfig = Data<z.infer<typeof modelSchema>>;
export type StepConfig = Data<z.infer<typeof stepSchema>>;
export type StepConfigOf<K extends StepConfig["kind"]> = Extract<StepConfig, { kind: K }>;
export type RuntimeCheck = Data<z.infer<typeof runtimeCheckSchema>>;
/** A pipeline as data: everything a target needs, and nothing of the author's machine. */
export type Config = Data<z.infer<typeof configSchema>>;
