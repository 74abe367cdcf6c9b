import { constantSchema } from "./constants.js";
import * as z from "zod";
import { dtypes } from "../../dsl/tensor.js";
import { anyNameSchema, type Data, nameSchema } from "./schema-parts.js";
import { stepSchema } from "./steps/steps.js";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits");
const dim = z.union([z.number().int().nonnegative(), nameSchema, z.null()]);

export const portSchema = z.strictObject({
  name: anyNameSchema,
  dtype: z.enum(dtypes),
  shape: z.array(dim).nullable(),
});

export const modelSchema = z.strictObject({
  name: nameSchema,
  version: nameSchema,
  sha256,
  inputs: z.array(portSchema).min(1),
  outputs: z.array(portSchema).min(1),
  /**
   * `batched`: rows are stacked along "batch", where it stands in a shape. `whole`: the model runs once for each row.
   * Absent in configs of earlier versions, where dimension 0 of every port stacks the rows.
   */
  rows: z.enum(["batched", "whole"]).optional(),
  /** The number of rows of one run, if the file fixes it. */
  batchSize: z.number().int().min(1).optional(),
  /** Fixed values of inputs that are not among `inputs`, by their names in the file. */
  constants: z.record(nameSchema, constantSchema).optional(),
  /** Ports that the config renames: name in the config -> name in the model file. */
  renamed: z
    .strictObject({
      inputs: z.record(nameSchema, nameSchema).optional(),
      outputs: z.record(nameSchema, nameSchema).optional(),
    })
    .optional(),
});

/**
 * A shape that the types left open, checked at run time: a row of `input` of `model` at `step` must have `expects`
 * elements along `axis`, or rank `expects` if `axis` is null. `axis` counts from 0 in the row shape, without the row
 * axis. A symbol must have the same size wherever it occurs. At a refine step `model` is null and `input` is a tensor
 * that the step receives.
 */
export const runtimeCheckSchema = z.strictObject({
  step: z.number().int().nonnegative(),
  model: nameSchema.nullable(),
  input: anyNameSchema,
  axis: z.number().int().nonnegative().nullable(),
  expects: z.union([z.number().int().nonnegative(), nameSchema]),
});

export const configSchema = z.strictObject({
  shapeline: z.literal(1),
  name: nameSchema,
  /** The request's columns. */
  inputs: z.array(portSchema).min(1),
  /** Float columns in which null stands for NaN. */
  missing: z.array(anyNameSchema).min(1).optional(),
  models: z.array(modelSchema).min(1),
  steps: z.array(stepSchema).min(1),
  checks: z.array(runtimeCheckSchema),
  hash: sha256,
});

/**
 * The JSON Schema (2020-12) of a config file, for editors and other languages. It ships as
 * `shapeline/pipeline.schema.json`.
 */
export function configJsonSchema(): Record<string, unknown> {
  return { title: "Shapeline pipeline config", ...z.toJSONSchema(configSchema) };
}

export type { StepConfig, StepConfigOf } from "./steps/steps.js";
export type ModelConfig = Data<z.infer<typeof modelSchema>>;
export type RuntimeCheck = Data<z.infer<typeof runtimeCheckSchema>>;
/** A pipeline as data: everything a target needs, and nothing specific to the author's machine. */
export interface Config extends Data<z.infer<typeof configSchema>> {}
/** A config before its hash is known. */
export type UnhashedConfig = Omit<Config, "hash">;
