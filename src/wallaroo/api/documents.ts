import * as z from "zod";

/** A GraphQL document and the form of its answer. */
export interface Document<A> {
  readonly text: string;
  readonly answer: z.ZodType<A>;
}

const id = z.int().nonnegative();
const keyed = z.looseObject({ id });
const modelVersions = z.looseObject({
  model: z.array(z.looseObject({ id, model_id: z.string(), model_version: z.string(), sha: z.string().nullable() })),
});

const document = <A>(text: string, answer: z.ZodType<A>): Document<A> => ({ text, answer });

/** The documents that read or write more than members of one object by its key. */
export const documents = {
  defaultWorkspace: document(
    `query UserDefaultWorkspace($user_id: String!) {
      user_default_workspace(where: { user_id: { _eq: $user_id } }) { workspace { id name } }
    }`,
    z.looseObject({
      user_default_workspace: z.array(z.looseObject({ workspace: z.looseObject({ id, name: z.string() }).nullable() })),
    }),
  ),
  /** Of a user who has none yet; the SDK makes it at its first connection too. */
  createDefaultWorkspace: document(
    `mutation CreateDefaultUserWorkspace($user_id: String!, $workspace_name: String!, $user_type: String) {
      insert_workspace_one(
        object: {
          name: $workspace_name, archived: false, users: { data: { user_id: $user_id, user_type: $user_type } },
          user_default_workspaces: { data: { user_id: $user_id } }
        }
        on_conflict: { constraint: workspace_name_key, update_columns: [] }
      ) { id }
    }`,
    z.looseObject({ insert_workspace_one: keyed }),
  ),
  /** All versions of a model name, of all workspaces that the user may see. */
  modelVersions: document(
    `query ModelVersions($model_id: String!) {
      model(where: { model_id: { _eq: $model_id } }) { id model_id model_version sha }
    }`,
    modelVersions,
  ),
  modelVersion: document(
    `query ModelByName($model_id: String!, $model_version: String!) {
      model(where: { _and: [{ model_id: { _eq: $model_id } }, { model_version: { _eq: $model_version } }] }) {
        id model_id model_version sha
      }
    }`,
    modelVersions,
  ),
  /** By name: pipelines of all workspaces. Older platforms have no other way. */
  pipelineByName: document(
    `query PipelineByName($pipeline_name: String!) {
      pipeline(where: { pipeline_id: { _eq: $pipeline_name } }, order_by: { created_at: desc }) { id pipeline_id }
    }`,
    z.looseObject({ pipeline: z.array(z.looseObject({ id, pipeline_id: z.string() })) }),
  ),
  listPipelines: document(
    `query ListPipelines { pipeline(order_by: { id: desc }) { id } }`,
    z.looseObject({ pipeline: z.array(keyed) }),
  ),
  /** Why a deployment does not start, such as a licence that allows no more. */
  limitStatus: document(
    `query QueryLimitStatus($id: bigint!) {
      deployment(where: { id: { _eq: $id } }) { id deployed limit_status }
    }`,
    z.looseObject({ deployment: z.array(z.looseObject({ id, limit_status: z.json().nullish() })) }),
  ),
  createTag: document(
    `mutation CreateTag($tag_text: String!) { insert_tag(objects: { tag: $tag_text }) { returning { id tag } } }`,
    z.looseObject({ insert_tag: z.looseObject({ returning: z.tuple([z.looseObject({ id, tag: z.string() })]) }) }),
  ),
  tagPipeline: document(
    `mutation AddTagToPipeline($pipeline_id: bigint!, $tag_id: bigint!) {
      insert_pipeline_tag(objects: { pipeline_pk_id: $pipeline_id, tag_pk_id: $tag_id }) {
        returning { pipeline_pk_id tag_pk_id }
      }
    }`,
    z.looseObject({ insert_pipeline_tag: z.looseObject({ returning: z.array(z.unknown()) }) }),
  ),
  untagPipeline: document(
    `mutation RemoveTagFromPipeline($pipeline_id: bigint!, $tag_id: bigint!) {
      delete_pipeline_tag(where: { _and: [{ pipeline_pk_id: { _eq: $pipeline_id } }, { tag_pk_id: { _eq: $tag_id } }] }) {
        returning { pipeline_pk_id tag_pk_id }
      }
    }`,
    z.looseObject({ delete_pipeline_tag: z.looseObject({ returning: z.array(z.unknown()) }) }),
  ),
  createAlert: document(
    `mutation CreateAlertConfiguration(
      $pipeline_version_id: bigint, $name: String, $expression: String, $notifications: jsonb
    ) {
      insert_alert_configuration(objects: {
        name: $name, expression: $expression, notifications: $notifications, pipeline_version_pk_id: $pipeline_version_id
      }) { returning { id } }
    }`,
    z.looseObject({ insert_alert_configuration: z.looseObject({ returning: z.array(keyed) }).nullable() }),
  ),
} as const;
