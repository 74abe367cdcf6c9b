import * as z from "zod";

/** The forms of REST answers: the keys that a client needs, in any object that has them. */

const id = z.int().nonnegative();
const text = z.string();

const pipelineEntry = z.looseObject({
  pipeline: z.looseObject({ id, name: text.optional(), created_at: text.optional(), updated_at: text.optional() }),
  workspace: z.looseObject({ id, name: text }).optional(),
});

export const restAnswers = {
  createWorkspace: z.looseObject({ workspace_id: id }),
  listWorkspaces: z.looseObject({
    workspaces: z.array(
      z.looseObject({
        id,
        name: text,
        created_at: text.optional(),
        created_by: text.nullish(),
        archived: z.boolean().optional(),
      }),
    ),
  }),
  uploadModel: z
    .looseObject({
      insert_models: z.looseObject({
        returning: z.array(z.looseObject({ models: z.array(z.looseObject({ id })).min(1) })).min(1),
      }),
    })
    .transform(({ insert_models: { returning } }) => returning[0]?.models[0]?.id ?? 0),
  modelVersion: z.looseObject({
    model_version: z.looseObject({
      model_version: z.looseObject({ id }),
      // Some releases leave keys without a value out.
      config: z.looseObject({ id, input_schema: text.nullish(), output_schema: text.nullish() }).nullable(),
    }),
  }),
  insertModelConfig: z.looseObject({ model_config: z.looseObject({ id }) }),
  createPipeline: z.looseObject({
    pipeline_pk_id: id,
    pipeline_variant_pk_id: id,
    pipeline_variant_version: text,
  }),
  deployPipeline: z.looseObject({ id }),
  undeployPipeline: z.unknown(),
  pipelineVersion: z.looseObject({ definition: z.json() }),
  listPipelines: z.looseObject({ pipelines: z.array(pipelineEntry) }),
  pipelineByName: pipelineEntry,
  deploymentStatus: z.looseObject({ status: text }),
  topicName: z.looseObject({ topic_name: text }),
  explainabilityConfigs: z.array(z.looseObject({ id: z.union([text, id]), status: z.json().optional() })),
} as const;

/** `GET /v1/api/config`. */
export const platformConfig = z.looseObject({ default_arch: text.optional() });

/** What a token endpoint answers. */
export const tokenAnswer = z.looseObject({
  access_token: text.min(1),
  expires_in: z.number().optional(),
  refresh_token: text.optional(),
});

export type RestAnswers = { readonly [K in keyof typeof restAnswers]: z.infer<(typeof restAnswers)[K]> };
